"""The jobs of this room, run by the worker; every one may be run again at any time."""

from __future__ import annotations

import datetime as dt
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Job, JobDeferrer
from procrastinate.tasks import Task

from signatures import awaited, blobs, kept, keys, machine, output, renewals
from signatures.delays import RevocationTooEarly, Unforeseen
from signatures.errors import SignatureError, TransientError
from signatures.lists import fetching as lists_fetching
from signatures.models import Envelope, SignatureRequest
from signatures.plain import visible

log = structlog.get_logger(__name__)
QUEUE = "signatures"
UPKEEP = "upkeep"  # what nobody waits for: it waits for the others
REPORTS_AT_ONCE = 20
MAX_ATTEMPTS = 20  # with the waits below: about an hour and a quarter
UNFORESEEN_ATTEMPTS = 8  # about two minutes, when it is no known outage
LONGEST_WAIT = 300.0
ASKED_AGAIN_AFTER = dt.timedelta(minutes=15)  # what an authority will say at its own pace

# Inside a worker the application's own connector is a pool beside Django's connection: a
# job deferred through it could start before the transaction that asks for it commits.
IN_TRANSACTION = App(connector=DjangoConnector())

# What to do, with a job's own arguments, when it killed every worker that took it: tell whoever waits.
WHEN_LOST: dict[str, Callable[..., None]] = {}


class WorkerDied(Exception):
    """The worker that had the job in hand was killed, or killed itself by it, again and again."""


def when_lost(job: Task[..., Any, ...]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register what to do, with the arguments of this job, when it is given up for having killed workers."""

    def register(told: Callable[..., None]) -> Callable[..., None]:
        WHEN_LOST[job.name] = told
        return told

    return register


def in_transaction(
    job: Task[..., Any, ...], lock: str | None = None, at: dt.datetime | None = None
) -> JobDeferrer:
    """Return what queues ``job``, in its own queue, within the caller's transaction, not before ``at``.

    Jobs of one ``lock`` are done one after the other.
    """
    return IN_TRANSACTION.configure_task(job.name, queue=job.queue, lock=lock, schedule_at=at)


def tries_of(error: BaseException) -> int:
    """Return how many times what met this error is tried: long for what comes back by itself."""
    passing = (TransientError, OSError, OperationalError, InterfaceError)
    return MAX_ATTEMPTS if isinstance(error, passing) else UNFORESEEN_ATTEMPTS


class Backoff(BaseRetryStrategy):
    """Try again after 1, 2, 4… seconds up to five minutes, each drawn between half and all of it."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """Return when to run ``job`` again, or None to leave it failed."""
        if job.attempts + 1 >= tries_of(exception):
            return None
        wait = min(LONGEST_WAIT, 2.0 ** min(job.attempts, 16))
        wait *= random.uniform(0.5, 1)  # noqa: S311  (jitter, not a secret)
        return RetryDecision(retry_at=timezone.now() + dt.timedelta(seconds=wait))


@app.task(name="signatures.advance_request", queue=QUEUE, retry=Backoff(), pass_context=True)
def advance_request(context: JobContext, *, request_id: int) -> None:
    """Bring one signature as far as it goes."""
    with told(context, partial(machine.note_delay, request_id), partial(machine.give_up, request_id)):
        machine.advance(request_id)


@when_lost(advance_request)
def request_lost(request_id: int) -> None:
    """Have a signature fail where it is, to be tried again by hand; one that had ended stays as it is."""
    states = SignatureRequest.State
    ended = {states.DONE, states.FAILED, states.ABANDONED}
    if SignatureRequest.objects.exclude(state__in=ended).filter(pk=request_id).exists():
        machine.give_up(request_id, Unforeseen(WorkerDied()))


@app.task(name="signatures.seal_envelope", queue=QUEUE, retry=Backoff(), pass_context=True)
def seal_envelope(context: JobContext, *, envelope_id: int) -> None:
    """Bring a fully signed envelope to B-LTA."""
    note = partial(machine.note_seal_delay, envelope_id)
    try:
        with told(context, note, partial(machine.give_up_seal, envelope_id)):
            machine.seal(envelope_id)
    except RevocationTooEarly:
        # by another job, whose tries are still to come: this is no outage, and may last for hours
        again = timezone.now() + ASKED_AGAIN_AFTER
        in_transaction(seal_envelope, f"envelope-{envelope_id}", again).defer(envelope_id=envelope_id)


@when_lost(seal_envelope)
def seal_lost(envelope_id: int) -> None:
    """Have a seal fail, to be asked again by hand; one that was made stays."""
    if Envelope.objects.filter(pk=envelope_id, state=Envelope.State.SEALING).exists():
        machine.give_up_seal(envelope_id, Unforeseen(WorkerDied()))


@app.periodic(cron="3-59/5 * * * *")
@app.task(name="signatures.renew_reports", queue=UPKEEP, queueing_lock="renew-reports", pass_context=True)
def renew_reports(context: JobContext, timestamp: int = 0) -> None:
    """Validate again the sealed files whose report is missing, of former rules, or old: some at a time."""
    for envelope in kept.due(REPORTS_AT_ONCE):
        try:
            output.renew_report(envelope)
        except TransientError:
            return  # the next round goes on
        except blobs.BlobError as error:
            log.error("report.unreadable", envelope=envelope.pk, error=visible(error))


@app.periodic(cron="* * * * *")
@app.task(name="signatures.expire_requests", queue=QUEUE, queueing_lock="expire-requests")
def expire_requests(timestamp: int = 0) -> None:
    """Give up the signatures whose signatory's own key did not serve in time."""
    awaited.expire()


@app.periodic(cron="17 3 * * *")
@app.task(name="signatures.renew_archives", queue=UPKEEP, queueing_lock="renew-archives", pass_context=True)
def renew_archives(context: JobContext, timestamp: int = 0) -> None:
    """Time-stamp anew each sealed file whose proof ends soon: all that are due, the first to end first.

    What cannot be renewed today is tried again the next day; the day it ends is months away.
    """
    for envelope in renewals.due():
        try:
            renewals.renew(envelope)
        except SignatureError as error:
            log.error("archive.not_renewed", envelope=envelope.pk, code=error.code, error=visible(str(error)))


@app.periodic(cron="41 */6 * * *")
@app.task(name="signatures.refresh_lists", queue=UPKEEP, queueing_lock="refresh-lists", pass_context=True)
def refresh_lists(context: JobContext, timestamp: int = 0) -> None:
    """Fetch the trusted lists, unless this installation loads them from files; the next round goes on.

    Then each key bears the level that they give it: a list may have become stale meanwhile.
    """
    try:
        for trial in lists_fetching.refresh() if settings.TRUSTED_LISTS_FETCHED else ():
            log.info("trusted_list.tried", territory=trial.territory, outcome=trial.outcome, why=trial.why)
    except TransientError as error:
        log.warning("trusted_list.waits", code=error.code, error=visible(str(error)))
    keys.renew_levels()


Telling = Callable[[SignatureError], None]


@contextmanager
def told(context: JobContext, note: Telling, give_up: Telling) -> Iterator[None]:
    """Write down why a try failed, also one that nobody foresaw: ``note`` it, ``give_up`` after the last.

    Else the signature would be « en cours » for ever. The fault goes on to the queue, which tries
    again, or logs it when nobody knows it.
    """
    tried = context.job.attempts + 1
    try:
        yield
    except TransientError as error:
        reasons = {url: visible(why) for url, why in getattr(error, "reasons", {}).items()}
        log.warning(
            "signature.waits", task=context.job.task_name, tried=tried, code=error.code, reasons=reasons
        )
        if tried < tries_of(error):
            note(error)
            raise
        give_up(error)
    finally:
        unknown = sys.exception()
        if isinstance(unknown, Exception) and not isinstance(unknown, TransientError):
            (note if tried < tries_of(unknown) else give_up)(Unforeseen(unknown))


@dataclass(frozen=True)
class Retry:
    """A job that goes on: how often it was tried, and when it is tried again (None: at once, or now)."""

    tried: int
    at: dt.datetime | None


def retry_of(waiting: SignatureRequest | Envelope) -> Retry | None:
    """Return how a signature on its way, or a seal, is tried again; None when no job goes on."""
    is_request = isinstance(waiting, SignatureRequest)
    task, key = (advance_request, "request_id") if is_request else (seal_envelope, "envelope_id")
    rows = ProcrastinateJob.objects.filter(task_name=task.name, args={key: waiting.pk})
    row = rows.filter(status__in=["todo", "doing"]).order_by("-id").values("attempts", "scheduled_at").first()
    return Retry(row["attempts"], row["scheduled_at"]) if row else None


def defer_request(request: SignatureRequest) -> None:
    """Queue ``advance_request`` within the caller's transaction; one job an envelope runs at a time."""
    in_transaction(advance_request, f"envelope-{request.slot.envelope_id}").defer(request_id=request.pk)


def defer_seal(envelope: Envelope) -> None:
    """Queue ``seal_envelope`` within the caller's transaction."""
    in_transaction(seal_envelope, f"envelope-{envelope.pk}").defer(envelope_id=envelope.pk)
