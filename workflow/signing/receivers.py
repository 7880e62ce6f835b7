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

from contracts.models import Contract, Signatory, Status
from signatures import signals
from signatures.errors import NotEntitled
from signatures.models import Envelope, Renewal, SignatureRequest
from stakeholders.authority import NoBasis
from stakeholders.models import Mandate, SigningAuthority
from stakeholders.signals import authority_changed, rights_changed
from workflow.engine import purposes
from workflow.engine.jobs import defer_failure, defer_go_on
from workflow.engine.models import SigningRound
from workflow.engine.tasks import WITH_THE_SYSTEM, serving, tasks
from workflow.record import events, journal
from workflow.record.jobs import defer_anchor
from workflow.signing import holders, jobs, launch_jobs, specimens
from workflow.signing.acts import signer_of, stamp_of
from workflow.signing.models import SigningAct
from workflow.standing.standings import Standings


@receiver(signals.signature_progressed)
def signature_moved_on(request: SignatureRequest, **_kwargs: Any) -> None:
    """Show where the signature stands: prepared, signed, stamped, or waiting and why."""
    if act := _act(request):
        events.publish(
            "signature_progressed",
            act.version.contract,
            state=request.state,
            field=request.slot.field_name,
            message=request.error_text,
        )


@receiver(signals.key_about_to_serve)
def ask_again_who_may_sign(request: SignatureRequest, **_kwargs: Any) -> None:
    """Refuse the key to somebody whose authority ended since they asked; raises NotEntitled."""
    act = _act(request)
    if act is None:
        return
    basis = Standings(act.author).basis(act.signatory)
    if isinstance(basis, NoBasis):
        raise NotEntitled(basis.message)
    if obstacle := holders.why_not_sign(act.signatory, act.version):
        raise NotEntitled(obstacle)
    if request.stamp_lines != stamp_of(act.author, act.signatory, act.version, basis):
        raise NotEntitled(
            _(
                "L’acte au titre duquel la signature a été demandée ne vaut plus. Vous pouvez signer à un "
                "autre titre : ouvrez de nouveau la tâche et vérifiez la formule qui sera imprimée."
            )
        )


@receiver(signals.signature_completed)
def signature_made(request: SignatureRequest, **_kwargs: Any) -> None:
    """Journal the signature and have the circuit go on."""
    act = _act(request)
    if act is None:
        return
    contract = act.version.contract
    facts = {
        "version": act.version.number,
        "signatory": act.signatory.capacity,
        "signer": signer_of(act.author, request.stamp_lines),
        "field": request.slot.field_name,
        "document_sha256": request.document_sha256,
        "final_sha256": request.final_sha256,
        "request": request.pk,
    }
    journal.record(
        "signature_made",
        contract=contract,
        actor=act.author,
        quality=act.quality,
        payload={**facts, **act.basis_facts()},
    )
    events.publish("signature_made", contract, actor=act.author, **facts)
    _go_on(contract, purposes.MAKE_SIGNATURE)


@receiver(signals.signature_failed)
def signature_not_made(request: SignatureRequest, **_kwargs: Any) -> None:
    """Journal the failure; what may pass waits for the pilots, what cannot goes back to the signatory."""
    act = _act(request)
    if act is None:
        return
    contract = act.version.contract
    if not request.permanent:
        _fail(contract, purposes.MAKE_SIGNATURE, request.error_text)
        return
    facts: dict[str, Any] = {
        "version": act.version.number,
        "signatory": act.signatory.capacity,
        "request": request.pk,
        "code": request.error_code,
        "message": request.error_text,
    }
    journal.record("signature_failed", contract=contract, actor=None, payload=facts)
    events.publish("signature_failed", contract, **facts, person_id=act.author_id)
    jobs.defer_reopening(request, contract.circuit.process_id)


@receiver(signals.envelope_sealed)
def contract_sealed(envelope: Envelope, **_kwargs: Any) -> None:
    """Journal the archived file's hash and have the circuit end."""
    signing = _round(envelope)
    if signing is None:
        return
    contract = signing.version.contract
    Contract.objects.filter(pk=contract.pk).update(status=Status.SIGNED)
    facts = {"version": signing.version.number, "sealed_sha256": envelope.sealed_sha256}
    vouched = {**facts, **journal.summary_of(contract)}
    entry = journal.record("contract_sealed", contract=contract, actor=None, payload=vouched)
    defer_anchor(entry.number)
    events.publish("contract_sealed", contract, **facts)
    _go_on(contract, purposes.SEAL)


@receiver(signals.archive_renewed)
def archive_renewed(renewal: Renewal, **_kwargs: Any) -> None:
    """Journal the hash of the file that takes the place of the former, and anchor that entry."""
    if (signing := _round(renewal.envelope)) is None:
        return
    facts = {
        "version": signing.version.number,
        "proven_until": renewal.proven_until.isoformat(),
        "sealed_sha256": renewal.document_sha256,
        "replaced_sha256": renewal.replaced_sha256,
    }
    contract = signing.version.contract
    vouched = {**facts, **journal.summary_of(contract)}
    entry = journal.record("archive_renewed", contract=contract, actor=None, payload=vouched)
    defer_anchor(entry.number)
    events.publish("archive_renewed", contract, **facts)


@receiver(signals.seal_delayed)
def seal_waits(envelope: Envelope, is_first: bool, **_kwargs: Any) -> None:
    """Journal an outage once, when it begins; have open pages say each try."""
    if (signing := _round(envelope)) is None:
        return
    contract = signing.version.contract
    facts: dict[str, Any] = {
        "version": signing.version.number,
        "code": envelope.error_code,
        "message": envelope.error_text,
    }
    if is_first:
        journal.record("seal_delayed", contract=contract, actor=None, payload=facts)
        events.publish("seal_delayed", contract, **facts)
    else:
        events.publish("signature_progressed", contract, state=envelope.state, field="", **facts)


@receiver(signals.seal_failed)
def contract_not_sealed(envelope: Envelope, error: str, **_kwargs: Any) -> None:
    """Journal the failure and tell the pilots."""
    if signing := _round(envelope):
        _fail(signing.version.contract, purposes.SEAL, error)


@receiver(rights_changed)
def holder_may_have_changed(mandate: Mandate | None, **_kwargs: Any) -> None:
    """Have the worker look for the texts that name whoever left an office."""
    if mandate is not None and Signatory.objects.filter(office=mandate.office_id).exists():
        jobs.defer_telling()


@receiver(rights_changed)
def somebody_may_sign(verb: str, mandate: Mandate | None, **_kwargs: Any) -> None:
    """Where people train, have a key made for who comes to an office that signs."""
    signs = mandate is not None and mandate.covers(None) and mandate.office.role in specimens.SIGNING
    if mandate is not None and signs and verb in {"mandate_given", "office_widened"}:
        specimens.defer_key(mandate)


@receiver(authority_changed)
def somebody_may_sign_for_another(verb: str, authority: SigningAuthority, **_kwargs: Any) -> None:
    """The same, for who is given a signature by an act of the register."""
    if verb == "authority_recorded":
        specimens.defer_key(authority.delegate)


@receiver(signals.keys_changed)
@receiver(signals.trusted_list_kept)
def means_changed(**_kwargs: Any) -> None:
    """Have the worker look again at the signings that are held, with the keys as they are now."""
    launch_jobs.defer_looks()


@receiver(rights_changed)
@receiver(authority_changed)
def who_signs_changed(**_kwargs: Any) -> None:
    """The same, with whom the offices and the register name now."""
    launch_jobs.defer_looks()


def _act(request: SignatureRequest) -> SigningAct | None:
    """Return the act that asked for it, or None for a signature that is on no contract.

    Raises LookupError for one on a contract that no act asked for: no key serves it, nothing goes on.
    """
    found = SigningAct.objects.filter(request=request).select_related(
        "author", "version__contract__circuit", "signatory__office__organisation", "signatory__contract"
    )
    if (act := found.first()) is None and _round(request.slot.envelope) is not None:
        raise LookupError(f"signature request {request.pk} is on a contract, and no act asked for it")
    return act


def _round(envelope: Envelope) -> SigningRound | None:
    return SigningRound.objects.select_related("version__contract__circuit").filter(envelope=envelope).first()


def _go_on(contract: Contract, purpose: str) -> None:
    defer_go_on(contract.circuit.process_id, purpose)


def _fail(contract: Contract, purpose: str, message: str) -> None:
    task = tasks(serving(contract.circuit.process, purpose), WITH_THE_SYSTEM).first()
    facts: dict[str, Any] = {"step": purpose, "message": message, "task": task.pk if task else None}
    journal.record("job_failed", contract=contract, actor=None, payload=facts)
    events.publish("job_failed", contract, **facts)
    if task is not None:
        defer_failure(task, message)
