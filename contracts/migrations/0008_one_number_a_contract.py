"""Two commitments of one contract never bear one number, whatever their volets.

A table's own constraint sees the volet, not the contract. What was there before stays until it
is changed: it is refused when the version is frozen, with a sentence (contracts/soundness.py).
"""

from django.db import migrations

FORWARD = r"""
CREATE FUNCTION contracts_number_key(number text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN rtrim(lower(regexp_replace(number, '\s', '', 'g')), '.');

CREATE FUNCTION contracts_one_number_a_contract() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    contract bigint;
BEGIN
    SELECT volet.contract_id INTO contract FROM contracts_volet AS volet WHERE volet.id = NEW.volet_id;
    -- two that come at once wait for each other: neither sees the other's row before it is committed
    PERFORM pg_advisory_xact_lock(hashtext('contracts_one_number_a_contract'), contract::integer);
    IF EXISTS (
        SELECT 1 FROM contracts_commitment AS other
        JOIN contracts_volet AS volet ON volet.id = other.volet_id
        WHERE volet.contract_id = contract AND other.id <> NEW.id
          AND contracts_number_key(other.number) = contracts_number_key(NEW.number)
    ) THEN
        RAISE EXCEPTION 'Le numéro % est déjà celui d’un engagement du contrat.', NEW.number
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'one_number_a_contract';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER contracts_one_number_1 AFTER INSERT ON contracts_commitment
    FOR EACH ROW EXECUTE FUNCTION contracts_one_number_a_contract();
CREATE TRIGGER contracts_one_number_2 AFTER UPDATE OF number, volet_id ON contracts_commitment
    FOR EACH ROW WHEN (OLD.number <> NEW.number OR OLD.volet_id <> NEW.volet_id)
    EXECUTE FUNCTION contracts_one_number_a_contract();
"""
BACKWARD = """
DROP TRIGGER contracts_one_number_2 ON contracts_commitment;
DROP TRIGGER contracts_one_number_1 ON contracts_commitment;
DROP FUNCTION contracts_one_number_a_contract();
DROP FUNCTION contracts_number_key(text);
"""


class Migration(migrations.Migration):
    dependencies = [("contracts", "0007_print_edition")]
    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
