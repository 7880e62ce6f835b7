"""What the signatures room tells, received in one place.

Each runs inside the transaction that makes the news true: it journals, publishes, and
queues the step that closes the flow's task. The task itself is closed by that job, under
the process's lock alone; taking the lock here, with the request's row already locked,
could meet an act that takes them the other way round.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from contracts.models import Contract, Signatory, Status
from signatures import signals
from signatures.errors import NotEntitled
from signatures.models import Envelope, SignatureRequest
from stakeholders.authority import NoBasis
from stakeholders.granting import gives_power
from stakeholders.models import Absence, Mandate, SigningAuthority, User
from stakeholders.signals import absence_changed, authority_changed, rights_changed
from workflow import events, grant_mails, handover, jobs, journal
from workflow.actions.signing import stamp_of
from workflow.models import JournalEntry, SigningRound
from workflow.standing import Standings

# as what somebody signed: asked for by their request, proved again before the key served
BASIS_FACTS = frozenset({"organisation", "basis", "source", "office", "authority", "act"})


LOSSES = frozenset({"mandate_withdrawn", "mandate_ended"})


@receiver(signals.signature_progressed)
def signature_moved_on(request: SignatureRequest, **_kwargs: Any) -> None:
    """Show where the signature stands: prepared, signed, stamped, or waiting and why."""
    if signing := _round(request.slot.envelope):
        events.publish(
            "signature_progressed",
            signing.version.contract,
            state=request.state,
            field=request.slot.field_name,
            message=request.error_text,
        )


@receiver(signals.key_about_to_serve)
def ask_again_who_may_sign(request: SignatureRequest, **_kwargs: Any) -> None:
    """Refuse the key to somebody whose authority ended since they asked; raises NotEntitled."""
    signing = _round(request.slot.envelope)
    if signing is None:
        return
    signatory = Signatory.objects.select_related("office__organisation", "contract").get(
        contract=signing.version.contract_id, order=request.slot.order
    )
    person = User.objects.get(pk=request.user_id)
    basis = Standings(person).basis(signatory)
    if isinstance(basis, NoBasis):
        raise NotEntitled(basis.message)
    if request.stamp_lines != stamp_of(person, signatory, basis):
        raise NotEntitled(
            _(
                "L’acte au titre duquel la signature a été demandée ne vaut plus. Vous pouvez signer à un "
                "autre titre : ouvrez de nouveau la tâche et vérifiez la formule qui sera imprimée."
            )
        )


@receiver(signals.signature_completed)
def signature_made(request: SignatureRequest, **_kwargs: Any) -> None:
    """Journal the signature and have the circuit go on."""
    signing = _round(request.slot.envelope)
    if signing is None:
        return
    contract = signing.version.contract
    signatory = Signatory.objects.get(contract=contract, order=request.slot.order)
    facts = {
        "version": signing.version.number,
        "signatory": signatory.capacity,
        "field": request.slot.field_name,
        "document_sha256": request.document_sha256,
        "final_sha256": request.final_sha256,
        "request": request.pk,
    }
    asked = JournalEntry.objects.get(
        contract=contract, verb="signature_requested", payload__request=request.pk
    )
    basis = {name: fact for name, fact in asked.payload.items() if name in BASIS_FACTS}
    journal.record(
        "signature_made",
        contract=contract,
        actor=request.user,
        quality=asked.quality,
        payload={**facts, **basis},
    )
    events.publish("signature_made", contract, actor=request.user, **facts)
    _go_on(contract, "make_signature")


@receiver(signals.signature_failed)
def signature_not_made(request: SignatureRequest, **_kwargs: Any) -> None:
    """Journal the failure; what may pass waits for the pilots, what cannot goes back to the signatory."""
    signing = _round(request.slot.envelope)
    if signing is None:
        return
    contract = signing.version.contract
    if not request.permanent:
        _fail(contract, "make_signature", request.error_text)
        return
    facts: dict[str, Any] = {
        "version": signing.version.number,
        "signatory": Signatory.objects.get(contract=contract, order=request.slot.order).capacity,
        "request": request.pk,
        "code": request.error_code,
        "message": request.error_text,
    }
    journal.record("signature_failed", contract=contract, actor=None, payload=facts)
    events.publish("signature_failed", contract, **facts)
    jobs.defer_give_back(request, contract.circuit.process_id)


@receiver(signals.envelope_sealed)
def contract_sealed(envelope: Envelope, **_kwargs: Any) -> None:
    """Journal the archived file's hash and have the circuit end."""
    signing = _round(envelope)
    if signing is None:
        return
    contract = signing.version.contract
    Contract.objects.filter(pk=contract.pk).update(status=Status.SIGNED)
    facts = {"version": signing.version.number, "sealed_sha256": envelope.sealed_sha256}
    entry = journal.record("contract_sealed", contract=contract, actor=None, payload=facts)
    jobs.defer_anchor(entry.number)
    events.publish("contract_sealed", contract, **facts)
    _go_on(contract, "seal")


@receiver(signals.seal_failed)
def contract_not_sealed(envelope: Envelope, error: str, **_kwargs: Any) -> None:
    """Journal the failure and tell the pilots."""
    if signing := _round(envelope):
        _fail(signing.version.contract, "seal", error)


def _round(envelope: Envelope) -> SigningRound | None:
    return SigningRound.objects.select_related("version__contract__circuit").filter(envelope=envelope).first()


def _go_on(contract: Contract, step: str) -> None:
    jobs.defer_go_on(contract.circuit.process_id, step)


def _fail(contract: Contract, step: str, message: str) -> None:
    task = Task.objects.filter(
        process=contract.circuit.process_id,
        flow_task__endswith=f".{step}",
        status__in=[STATUS.SCHEDULED, STATUS.STARTED],
    ).first()
    facts: dict[str, Any] = {"step": step, "message": message, "task": task.pk if task else None}
    journal.record("job_failed", contract=contract, actor=None, payload=facts)
    events.publish("job_failed", contract, **facts)
    if task is not None:
        jobs.defer_failure(task, message)


@receiver(rights_changed)
def rights_moved(
    verb: str, person: User, actor: User | None, mandate: Mandate | None, **_kwargs: Any
) -> None:
    """Journal who gained or lost which office, have their open pages ask again, give back what they held."""
    facts = {"person": person.pk, "office": str(mandate.office) if mandate else ""}
    if mandate is not None and mandate.handover:
        facts["handover"] = mandate.handover
    journal.record(verb, contract=None, actor=actor, payload=facts)
    events.publish("rights_changed", None, actor=actor, recipient=person)
    if mandate is not None and verb in LOSSES and mandate.covers(None) and gives_power(mandate.office):
        what = _("fonction « %(office)s », %(person)s") % {
            "office": mandate.office.title,
            "person": person,
        }
        grant_mails.tell_of_loss(what, mandate.office.organisation, whom=[person], actor=actor)
    held = [mandate] if mandate else person.mandates.in_force().select_related("office")
    for each in held:
        jobs.defer_follow(handover.changes_of_mandate(each))


@receiver(authority_changed)
def register_moved(verb: str, authority: SigningAuthority, actor: User | None, **_kwargs: Any) -> None:
    """Journal an act of the register, tell both sides, and follow it to the open signatures."""
    facts: dict[str, Any] = {
        "authority": authority.pk,
        "basis": authority.kind,
        "office": str(authority.office),
        "person": str(authority.delegate.person),
        "act": authority.act,
        "starts_on": authority.starts_on.isoformat(),
        "ends_on": authority.ends_on.isoformat() if authority.ends_on else None,
        "covers_contract_signature": authority.covers_contract_signature,
        "document_sha256": authority.document_sha256,
    }
    journal.record(verb, contract=None, actor=actor, payload=facts)
    both = {authority.delegate.person, *([authority.grantor.person] if authority.grantor else [])}
    for person in sorted(both, key=lambda p: p.pk):
        events.publish(verb, None, actor=actor, recipient=person, **facts)
    if verb == "authority_ended":
        what = _("%(act)s, au bénéfice de %(person)s") % {"act": authority.act, "person": facts["person"]}
        grant_mails.tell_of_loss(what, authority.office.organisation, whom=list(both), actor=actor)
    jobs.defer_follow(handover.changes_of_authority(authority))


@receiver(absence_changed)
def absence_moved(verb: str, absence: Absence, actor: User, **_kwargs: Any) -> None:
    """Journal an absence, tell both sides, and give back what comes back."""
    facts = {
        "absence": absence.pk,
        "person": str(absence.mandate.person),
        "substitute": str(absence.substitute.person),
        "starts_on": absence.starts_on.isoformat(),
        "ends_on": absence.ends_on.isoformat() if absence.ends_on else None,
        "powers": sorted(absence.powers),
    }
    journal.record(verb, contract=None, actor=actor, payload=facts)
    for person in (absence.mandate.person, absence.substitute.person):
        events.publish(verb, None, actor=actor, recipient=person, **facts)
    jobs.defer_follow(handover.changes_of_absence(absence))
