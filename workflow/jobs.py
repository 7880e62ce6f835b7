"""What the worker does for the circuit: print a version, settle the final text, go on after a signature.

A job holds neither a lock nor a transaction while it works: it takes the task, works,
then closes the task in one short transaction. Killed in between, it is run again
(:func:`retry_stalled_jobs`) and finds what was already done.
"""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.tasks import Task as DeferredTask
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from contracts.models import Contract, ContractVersion
from contracts.printed import RenderError, render
from signatures import actions as signing
from signatures import blobs
from signatures.backends import backend
from signatures.errors import SignatureError, TimestampUnavailable
from signatures.jobs import IN_TRANSACTION, Backoff
from signatures.models import SignatureRequest
from signatures.roots import NoTrustRoot
from workflow import anchors, events, handover, journal, rules
from workflow.errors import Locked
from workflow.handover import Change
from workflow.models import SigningRound

log = structlog.get_logger(__name__)
ATTEMPTS = 5  # after 3, 9, 27 and 81 seconds: two minutes, then the pilots are told
RETRY = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=3)
STALLED_AFTER = 30.0  # seconds without a heartbeat of the worker

Work = Callable[[Contract, ContractVersion], Any]


class WorkFailed(Exception):
    """The work cannot be done and trying again will not help; the message is for the pilots."""


def defer(job: DeferredTask[..., Any, ...], task: Task) -> None:
    """Queue ``job`` for a flow task, in the caller's transaction."""
    _defer(job, task.process_id, task_id=task.pk)


def defer_go_on(process_id: int, step: str) -> None:
    """Queue the closing of the job task ``step``, in the caller's transaction."""
    _defer(go_on, process_id, process_id=process_id, step=step)


def defer_failure(task: Task, message: str) -> None:
    """Queue the putting in error of a job task, in the caller's transaction."""
    _defer(mark_failed, task.process_id, task_id=task.pk, message=message)


def defer_give_back(request: SignatureRequest, process_id: int) -> None:
    """Queue the return of a signature to its signatory, in the caller's transaction."""
    _defer(give_back, process_id, process_id=process_id, request_id=request.pk)


def defer_follow(changes: Iterable[Change]) -> None:
    """Queue what follows from changes of standing, in the caller's transaction."""
    for change in sorted(changes, key=lambda c: (c.organisation, c.person)):
        task = IN_TRANSACTION.configure_task(follow_change.name, lock=f"standing-{change.organisation}")
        task.defer(**change.as_arguments())


def _defer(job: DeferredTask[..., Any, ...], process: int, /, **arguments: Any) -> None:
    """Queue on Django's own connection: in a worker, ``job.defer`` would use another and commit alone.

    One job at a time for each process.
    """
    IN_TRANSACTION.configure_task(job.name, lock=f"process-{process}").defer(**arguments)


def request_seal(contract: Contract) -> None:
    """Ask the signatures room to seal the envelope of the contract's last version, unless it has."""
    envelope = SigningRound.objects.select_related("envelope").get(version=contract.latest_version).envelope
    if envelope.sealed_at is not None:
        defer_go_on(contract.circuit.process_id, "seal")
    else:
        signing.request_seal(envelope)


def retry_signatures(contract: Contract) -> None:
    """Have every failed signature of the last version tried again; raises Locked when it cannot be."""
    failed = SignatureRequest.objects.filter(
        slot__envelope__signing_round__version=contract.latest_version, state=SignatureRequest.State.FAILED
    )
    for request in failed:
        if request.permanent:  # its return to the signatory is what failed
            defer_give_back(request, contract.circuit.process_id)
            continue
        try:
            signing.retry(request)
        except SignatureError as error:
            raise Locked(str(error)) from error


@app.task(name="workflow.render_version", retry=RETRY, pass_context=True)
def render_version(context: JobContext, *, task_id: int) -> None:
    """Print the frozen version and keep the file under its SHA-256."""
    with told_in_the_end(context, task := Task.objects.filter(pk=task_id).first()):
        carry_out(task, _print, _keep_print)


@app.task(name="workflow.settle_final_text", retry=RETRY, pass_context=True)
def settle_final_text(context: JobContext, *, task_id: int) -> None:
    """Check that the approved bytes print the frozen text, and open the envelope of signatures."""
    with told_in_the_end(context, task := Task.objects.filter(pk=task_id).first()):
        carry_out(task, _check_final_text, _open_envelope)


@app.task(name="workflow.go_on", retry=RETRY, pass_context=True)
def go_on(context: JobContext, *, process_id: int, step: str) -> None:
    """Close the job task ``step`` of a process whose outside work has ended; harmless twice."""
    task = scheduled(process_id, step)
    if task is None:
        return
    with told_in_the_end(context, task), task.activation() as activation:
        if activation.start.can_proceed():
            activation.start()
            activation.execute()


@app.task(name="workflow.mark_failed", retry=RETRY)
def mark_failed(task_id: int, message: str) -> None:
    """Put a job task in error, so that a pilot can have it tried again; already journaled."""
    task = Task.objects.get(pk=task_id)
    with task.activation() as activation:
        if activation.error.can_proceed():
            activation.error(WorkFailed(message))


@app.task(name="workflow.give_back", retry=RETRY, pass_context=True)
def give_back(context: JobContext, *, process_id: int, request_id: int) -> None:
    """Open the signature to its signatory again, after one that failed for good; already journaled."""
    task = scheduled(process_id, "make_signature")
    if task is None:
        return
    with told_in_the_end(context, task), task.activation() as activation:
        request = SignatureRequest.objects.get(pk=request_id)
        if activation.error.can_proceed() and signing.give_back(request):
            activation.error(WorkFailed(request.error_text))
            activation.pass_over()
            activation.activate_next()


@app.task(name="workflow.follow_change", retry=RETRY)
def follow_change(*, person: int, organisation: int, since: str | None, office: int | None) -> None:
    """Give back what somebody may no longer do, and tell."""
    handover.follow(Change(person, organisation, dt.date.fromisoformat(since) if since else None, office))


@app.periodic(cron="1-59/10 * * * *")
@app.task(name="workflow.open_day", pass_context=False)
def open_day(timestamp: int) -> None:
    """Follow what the calendar changed, once a day, as soon as a worker is there."""
    with transaction.atomic():
        defer_follow(handover.open_day(timezone.localdate()))


def defer_anchor(number: int) -> None:
    """Queue the anchoring of an entry of the journal, in the transaction that writes it."""
    IN_TRANSACTION.configure_task(anchor_entry.name).defer(number=number)


@app.task(name="workflow.anchor_entry", retry=Backoff())
def anchor_entry(*, number: int) -> None:
    """Anchor one entry, and with it all that came before; a silent authority is asked again later."""
    anchors.anchor(number)


@app.periodic(cron="3-59/10 * * * *")
@app.task(name="workflow.anchor_journal", pass_context=False)
def anchor_journal(timestamp: int) -> None:
    """Anchor the journal's head once an hour, if it moved: asked often, so that an outage is made up for."""
    try:
        anchors.anchor_if_due()
    except (TimestampUnavailable, NoTrustRoot) as error:
        log.warning(
            "journal not anchored, will be tried again", reasons=getattr(error, "reasons", str(error))
        )


@app.periodic(cron="* * * * *")
@app.task(name="workflow.retry_stalled_jobs", pass_context=False)
async def retry_stalled_jobs(timestamp: int) -> None:
    """Give the jobs of workers that died to living ones."""
    await recover(STALLED_AFTER)


async def recover(seconds_since_heartbeat: float) -> int:
    """Put back in the queue every job whose worker was not heard of; return how many."""
    stalled = [
        job
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds_since_heartbeat)
        if job.task_name != "workflow.retry_stalled_jobs"
    ]
    for job in stalled:
        log.warning("stalled job retried", job=job.id, task=job.task_name)
        await app.job_manager.retry_job(job)
    return len(stalled)


def scheduled(process_id: int, step: str) -> Task | None:
    """Return the job task ``step`` that waits for outside work in this process, if there is one."""
    return Task.objects.filter(
        process=process_id, flow_task__endswith=f".{step}", status=STATUS.SCHEDULED
    ).first()


@contextmanager
def told_in_the_end(context: JobContext, task: Task | None) -> Iterator[None]:
    """Put the task in error and tell the pilots when the last try fails, whatever the reason.

    Else the page would say « en cours » for ever after a fault that nobody foresaw.
    """
    try:
        yield
    finally:  # nothing is swallowed: the queue logs it and keeps the job as failed
        error = sys.exception()
        if task is not None and isinstance(error, Exception) and context.job.attempts + 1 >= ATTEMPTS:
            give_up(task, unexpected(error))


def unexpected(error: Exception) -> str:
    """Return the sentence for a fault that nobody foresaw."""
    return _(
        "une erreur imprévue (%(kind)s). Relancez l’étape ; si elle échoue encore, prévenez "
        "l’administrateur de la plateforme, qui en trouvera le détail dans le journal technique."
    ) % {"kind": type(error).__name__}


def carry_out(
    task: Task | None, work: Work, finish: Callable[[Contract, ContractVersion, Any], None]
) -> None:
    """Take a flow task, do ``work`` with nothing held, then ``finish`` and close it in one transaction."""
    if task is None:
        return
    with task.activation() as activation:
        if not activation.start.can_proceed():
            return
        activation.start()
        contract = activation.process.contract
    version = contract.versions.order_by("-number")[0]
    try:
        result = work(contract, version)
    except (WorkFailed, RenderError, blobs.BlobCorrupt, blobs.BlobMissing) as error:
        give_up(task, str(error))
        return
    with task.activation() as activation:
        if activation.execute.can_proceed():
            finish(contract, version, result)
            activation.execute()


def give_up(task: Task, message: str) -> None:
    """Put the task in error and tell the pilots; the approvals that led to it stay."""
    with task.activation() as activation:
        if not activation.error.can_proceed():
            return
        activation.error(WorkFailed(message))
        contract = activation.process.contract
        facts = {"task": task.pk, "step": task.flow_task.name, "message": message}
        journal.record("job_failed", contract=contract, actor=None, payload=facts)
        events.publish("job_failed", contract, **facts)


def _print(_contract: Contract, version: ContractVersion) -> str:
    specimen = backend(settings.SIGNATURE_BACKEND).specimen
    return blobs.put(render(version.content, specimen=specimen, frozen_at=version.frozen_at).pdf)


def _keep_print(contract: Contract, version: ContractVersion, sha256: str) -> None:
    if version.pdf_sha256 not in {"", sha256}:
        raise WorkFailed(_("Le PDF composé diffère de celui qui avait été enregistré pour cette version."))
    if not version.pdf_sha256:
        version.pdf_sha256 = sha256
        version.save(update_fields=["pdf_sha256"])
    facts = {"version": version.number, "content_sha256": version.content_sha256, "pdf_sha256": sha256}
    journal.record("version_printed", contract=contract, actor=None, payload=facts)
    events.publish("version_printed", contract, version=version.number)


def _check_final_text(contract: Contract, version: ContractVersion) -> None:
    if not rules.approved_by_all(contract, version):
        raise WorkFailed(_("Les deux parties n’ont pas approuvé ce document : le texte ne peut être arrêté."))
    if _print(contract, version) != version.pdf_sha256:
        raise WorkFailed(
            _("Le PDF recomposé n’est pas celui qui a été approuvé : le texte ne peut être arrêté.")
        )
    blobs.get(version.pdf_sha256)


def _open_envelope(contract: Contract, version: ContractVersion, _nothing: None) -> None:
    fields = [signatory.field_name for signatory in contract.signatories.all()]
    used = backend(settings.SIGNATURE_BACKEND)
    envelope = signing.open_envelope(
        title=str(contract),
        document_sha256=version.pdf_sha256,
        fields=fields,
        specimen=used.specimen,
        idempotency_key=f"version-{version.pk}",
    )
    SigningRound.objects.get_or_create(version=version, defaults={"envelope": envelope})
    facts = {"version": version.number, "pdf_sha256": version.pdf_sha256, "fields": fields}
    journal.record("final_text_settled", contract=contract, actor=None, payload=facts)
    events.publish("final_text_settled", contract, version=version.number)
