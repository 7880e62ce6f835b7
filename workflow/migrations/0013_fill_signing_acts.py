"""The signatures asked for before acts of signing had a row: theirs, from what the journal says of each.

The confirmation is the last that the person used before the request, on the same document: both
were written in one transaction, under the envelope's lock. The mandate is the delegate's of the
act of the register or, of the office itself, the one that ran that day.
"""

from django.db import migrations

FILL = """
INSERT INTO workflow_signingact (
    task_id, signatory_id, request_id, confirmation_id, version_id, version_sha256, author_id, mandate_id,
    quality, at, reason, basis, authority_id, source, office, document, organisation
)
SELECT
    (entry.payload->>'task')::bigint, signatory.id, request.id, confirmation.id, version.id,
    version.content_sha256, request.user_id, mandate.id, entry.quality, entry.at, '',
    COALESCE(entry.payload->>'basis', 'office_holder'), authority.id,
    COALESCE(entry.payload->>'source', 'titulaire de la fonction'),
    COALESCE(entry.payload->>'office', office.title || ', ' || organisation.short_name),
    COALESCE(entry.payload->>'act', mandate.act),
    COALESCE(entry.payload->>'organisation', organisation.short_name)
FROM workflow_journalentry entry
JOIN signatures_signaturerequest request ON request.id = (entry.payload->>'request')::bigint
JOIN signatures_slot slot ON slot.id = request.slot_id
JOIN workflow_signinground round ON round.envelope_id = slot.envelope_id
JOIN contracts_contractversion version ON version.id = round.version_id
JOIN contracts_signatory signatory
    ON signatory.contract_id = version.contract_id AND signatory."order" = slot."order"
JOIN stakeholders_office office ON office.id = signatory.office_id
JOIN stakeholders_organisation organisation ON organisation.id = office.organisation_id
LEFT JOIN stakeholders_signingauthority authority ON authority.id = (entry.payload->>'authority')::bigint
LEFT JOIN LATERAL (
    SELECT used.id FROM signatures_confirmation used
    WHERE used.user_id = request.user_id AND used.document_sha256 = request.document_sha256
        AND used.used_at <= request.requested_at
    ORDER BY used.used_at DESC LIMIT 1
) confirmation ON true
LEFT JOIN LATERAL (
    SELECT held.id, held.act FROM stakeholders_mandate held
    WHERE held.id = authority.delegate_id
        OR authority.id IS NULL AND held.person_id = request.user_id AND held.office_id = office.id
    ORDER BY held.withdrawn_at IS NULL OR held.withdrawn_at > entry.at DESC,
        held.starts_on <= entry.at::date AND (held.ends_on IS NULL OR held.ends_on >= entry.at::date) DESC,
        held.starts_on DESC
    LIMIT 1
) mandate ON true
WHERE entry.verb = 'signature_requested' AND confirmation.id IS NOT NULL AND mandate.id IS NOT NULL
    AND NOT EXISTS (SELECT FROM workflow_signingact filled WHERE filled.request_id = request.id)
ORDER BY entry.number;

-- a signature without its act would be neither made nor asked for again: better stop, and say which
DO $$
DECLARE left_over text;
BEGIN
    SELECT string_agg(request.id || ' (' || contract.reference || ', ' || slot.field_name || ')', ', '
        ORDER BY request.id) INTO left_over
    FROM signatures_signaturerequest request
    JOIN signatures_slot slot ON slot.id = request.slot_id
    JOIN workflow_signinground round ON round.envelope_id = slot.envelope_id
    JOIN contracts_contractversion version ON version.id = round.version_id
    JOIN contracts_contract contract ON contract.id = version.contract_id
    WHERE request.state <> 'abandoned'
        AND NOT EXISTS (SELECT FROM workflow_signingact act WHERE act.request_id = request.id);
    IF left_over IS NOT NULL THEN
        RAISE EXCEPTION 'Signatures dont l’acte ne se retrouve pas dans le journal : %. Rien n’a été changé.',
            left_over;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("workflow", "0012_signing_acts")]
    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
