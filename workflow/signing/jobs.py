"""The worker's part of the signatures: settle the final text, seal, give back what failed."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _
from procrastinate import JobContext
from procrastinate.contrib.django import app

from contracts.models import Contract, ContractVersion
from signatures import actions as signing
from signatures.errors import SignatureError
from signatures.jobs import in_transaction, when_lost
from signatures.models import SignatureRequest
from workflow.drafting.jobs import keep_the_approved_bytes
from workflow.engine import purposes
from workflow.engine.jobs import (
    PRINT,
    RETRY,
    WorkFailed,
    carry_out,
    defer_go_on,
    defer_in_process,
    failed_after_last_try,
    scheduled,
    task_lost,
)
from workflow.engine.models import SigningRound
from workflow.engine.tasks import Task
from workflow.opinions import rules as opinions_rules
from workflow.record import events, journal
from workflow.record.refusals import Locked
from workflow.signing import holder_acts, preflight


def defer_reopening(request: SignatureRequest, process_id: int) -> None:
    """Queue the return of a signature to its signatory, in the caller's transaction."""
    defer_in_process(reopen_signature, process_id, process_id=process_id, request_id=request.pk)


def request_seal(contract: Contract) -> None:
    """Ask the signatures room to seal the envelope of the contract's last version, unless it has."""
    envelope = SigningRound.objects.select_related("envelope").get(version=contract.latest_version).envelope
    if envelope.sealed_at is not None:
        defer_go_on(contract.circuit.process_id, purposes.SEAL)
    else:
        signing.request_seal(envelope)


def retry_signatures(contract: Contract) -> None:
    """Have every failed signature of the last version tried again; raises Locked when it cannot be."""
    failed = SignatureRequest.objects.filter(
        act__version=contract.latest_version, state=SignatureRequest.State.FAILED
    )
    for request in failed:
        if request.permanent:  # its return to the signatory is what failed
            defer_reopening(request, contract.circuit.process_id)
            continue
        try:
            signing.retry(request)
        except SignatureError as error:
            raise Locked(str(error)) from error


@app.task(name="workflow.settle_final_text", queue=PRINT, retry=RETRY, pass_context=True)
def settle_final_text(context: JobContext, *, task_id: int) -> None:
    """Check that the approved bytes are kept, as they were, and open the envelope of signatures."""
    with failed_after_last_try(context, task := Task.objects.filter(pk=task_id).first()):
        carry_out(task, _check_final_text, _open_envelope)


@when_lost(settle_final_text)
def final_text_lost(task_id: int) -> None:
    """Put the settling of the text in error: it killed every worker that took it."""
    task_lost(Task.objects.filter(pk=task_id).first())


@app.task(name="workflow.give_back", retry=RETRY, pass_context=True)
def reopen_signature(context: JobContext, *, process_id: int, request_id: int) -> None:
    """Open the signature to its signatory again, after one that failed for good; already journaled."""
    task = scheduled(process_id, purposes.MAKE_SIGNATURE)
    if task is None:
        return
    with failed_after_last_try(context, task), task.activation() as activation:
        request = SignatureRequest.objects.get(pk=request_id)
        if activation.error.can_proceed() and signing.abandon(request):
            activation.error(WorkFailed(request.error_text))
            activation.pass_over()
            activation.activate_next()


def defer_telling() -> None:
    """Queue the look for texts that name a former holder, in the caller's transaction."""
    in_transaction(tell_changed_holders, lock="changed-holders").defer(timestamp=0)


@app.periodic(cron="11 * * * *")
@app.task(name="workflow.tell_changed_holders", retry=RETRY)
def tell_changed_holders(timestamp: int) -> None:
    """Tell of the texts that name a former holder: after a change, and once an hour for the calendar's."""
    holder_acts.tell_changed_holders()


@when_lost(reopen_signature)
def return_lost(process_id: int, request_id: int) -> None:
    """Put the signature in error: giving it back killed every worker that took it."""
    task_lost(scheduled(process_id, purposes.MAKE_SIGNATURE))


def _check_final_text(contract: Contract, version: ContractVersion) -> dict[str, str]:
    if not opinions_rules.approved_by_all(contract, version):
        raise WorkFailed(_("Les deux parties n’ont pas approuvé ce document : le texte ne peut être arrêté."))
    keep_the_approved_bytes(contract, version)
    return preflight.rehearse(contract, version)


def _open_envelope(contract: Contract, version: ContractVersion, kinds: dict[str, str]) -> None:
    fields = [signatory.field_name for signatory in contract.signatories.all()]
    envelope = signing.open_envelope(
        title=str(contract),
        document_sha256=version.pdf_sha256,
        fields=fields,
        specimen=settings.DEMONSTRATION,
        idempotency_key=f"version-{version.pk}",
    )
    SigningRound.objects.get_or_create(version=version, defaults={"envelope": envelope})
    preflight.keep(version, kinds)
    facts = {"version": version.number, "pdf_sha256": version.pdf_sha256, "fields": fields}
    journal.record("final_text_settled", contract=contract, actor=None, payload=facts)
    events.publish("final_text_settled", contract, version=version.number)
