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

from contracts.models import Contract, Signatory, Status
from signatures import signals
from signatures.errors import NotEntitled
from signatures.models import Envelope, SignatureRequest
from stakeholders.authority import NoBasis
from stakeholders.models import User
from workflow.engine import purposes
from workflow.engine.jobs import defer_failure, defer_go_on
from workflow.engine.models import SigningRound
from workflow.engine.open_tasks import tasks_for
from workflow.record import events, journal
from workflow.record.jobs import defer_anchor
from workflow.record.models import JournalEntry
from workflow.signing import jobs
from workflow.signing.acts import stamp_of
from workflow.standing.standings import Standings

# as what somebody signed: asked for by their request, proved again before the key served
BASIS_FACTS = frozenset({"organisation", "basis", "source", "office", "authority", "act"})


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
    _go_on(contract, purposes.MAKE_SIGNATURE)


@receiver(signals.signature_failed)
def signature_not_made(request: SignatureRequest, **_kwargs: Any) -> None:
    """Journal the failure; what may pass waits for the pilots, what cannot goes back to the signatory."""
    signing = _round(request.slot.envelope)
    if signing is None:
        return
    contract = signing.version.contract
    if not request.permanent:
        _fail(contract, purposes.MAKE_SIGNATURE, request.error_text)
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
    defer_anchor(entry.number)
    events.publish("contract_sealed", contract, **facts)
    _go_on(contract, purposes.SEAL)


@receiver(signals.seal_failed)
def contract_not_sealed(envelope: Envelope, error: str, **_kwargs: Any) -> None:
    """Journal the failure and tell the pilots."""
    if signing := _round(envelope):
        _fail(signing.version.contract, purposes.SEAL, error)


def _round(envelope: Envelope) -> SigningRound | None:
    return SigningRound.objects.select_related("version__contract__circuit").filter(envelope=envelope).first()


def _go_on(contract: Contract, purpose: str) -> None:
    defer_go_on(contract.circuit.process_id, purpose)


def _fail(contract: Contract, purpose: str, message: str) -> None:
    under_way = [STATUS.SCHEDULED, STATUS.STARTED]
    task = tasks_for(contract.circuit.process, purpose).filter(status__in=under_way).first()
    facts: dict[str, Any] = {"step": purpose, "message": message, "task": task.pk if task else None}
    journal.record("job_failed", contract=contract, actor=None, payload=facts)
    events.publish("job_failed", contract, **facts)
    if task is not None:
        defer_failure(task, message)
