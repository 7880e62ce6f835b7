"""Workers that are cut, killed, frozen, told to stop or killed by what they do: real ones, each a process."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from config import worker
from signatures import actions
from signatures.models import Envelope, SignatureRequest
from tests import workers
from tests.owner import as_owner
from tests.pki import ServedPki
from tests.signatures.conftest import Signatories, ask, envelope, signatories
from tests.waiting import start_worker, until, worker_at_work
from workflow.engine import lost
from workflow.engine.models import LostJob

pytestmark = [pytest.mark.kill, pytest.mark.django_db(transaction=True)]
__all__ = ["envelope", "signatories"]  # fixtures
State = SignatureRequest.State
TAKEN_UP_WITHIN = 20.0  # seconds
HOLDS_AT_MOST = 35.0  # seconds that the database leaves a frozen worker its rows, and others to wait for them
A_SIGNATURE = 15.0  # seconds that one may take on a busy machine


def status(request: SignatureRequest) -> str:
    return str(SignatureRequest.objects.get(pk=request.pk).state)


def in_hand() -> bool:
    return ProcrastinateJob.objects.filter(task_name="signatures.advance_request", status="doing").exists()


def test_a_dead_worker_s_job_is_taken_up_in_time(
    envelope: Envelope, signatories: Signatories, pki: ServedPki
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    dead = start_worker(pki, CONTRESEING_KILL_AT="signed")
    assert workers.ended(dead) == -signal.SIGKILL
    assert in_hand()
    with worker_at_work(pki):
        took = until(lambda: status(request) == State.DONE, TAKEN_UP_WITHIN + A_SIGNATURE)
    assert took < TAKEN_UP_WITHIN + A_SIGNATURE
    mine = ProcrastinateJob.objects.filter(task_name="signatures.advance_request").values("pk")
    assert LostJob.objects.filter(job__in=mine).count() == 1


def supervised(pki: ServedPki, *, until_done: SignatureRequest) -> None:
    """Have a worker at work until a signature is made; another takes its place if the database cuts it.

    What the sleeper held as it fell asleep may be what a worker needs to start: it then ends, and whatever
    keeps it running starts it again (docs/deployment.md).
    """
    at_work = [start_worker(pki)]

    def is_done() -> bool:
        if at_work[-1].exitcode is not None:
            at_work.append(start_worker(pki))
        return status(until_done) == State.DONE

    try:
        until(is_done, HOLDS_AT_MOST + TAKEN_UP_WITHIN + A_SIGNATURE)
    finally:
        at_work[-1].kill()


def test_a_worker_that_slept_finds_its_job_in_other_hands_and_ends(
    envelope: Envelope, signatories: Signatories, pki: ServedPki
) -> None:
    with pki.mute("/ocsp", "/crl"):
        request = ask(envelope, "Signataire-01", signatories.prefect)
        asleep = start_worker(pki)
        try:
            until(in_hand, 60)
            os.kill(asleep.pid or 0, signal.SIGSTOP)
        except BaseException:
            asleep.kill()
            raise
    try:
        supervised(pki, until_done=request)
        os.kill(asleep.pid or 0, signal.SIGCONT)
        assert workers.ended(asleep, within=30) == worker.GIVEN_UP
    finally:
        asleep.kill()
    assert status(request) == State.DONE
    assert SignatureRequest.objects.count() == 1


def test_a_job_that_kills_whoever_takes_it_is_given_up_and_says_so(
    envelope: Envelope, signatories: Signatories, pki: ServedPki
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    for death in range(lost.LIVES):
        process = start_worker(pki, "--once", "--stalled-after", "0", CONTRESEING_KILL_AT="requested")
        assert workers.ended(process) == -signal.SIGKILL, f"death {death}"
    process = start_worker(pki, "--once", "--stalled-after", "0", CONTRESEING_KILL_AT="requested")
    assert workers.ended(process) == 0, "nobody takes it any more"
    request.refresh_from_db()
    assert (request.state, request.error_code) == (State.FAILED, "unforeseen")
    assert "WorkerDied" in request.error_text
    assert ProcrastinateJob.objects.get(task_name="signatures.advance_request").status == "failed"
    actions.retry(request)  # by hand, once what killed is mended
    assert workers.ended(start_worker(pki, "--once", "--stalled-after", "0")) == 0
    assert status(request) == State.DONE


def test_a_worker_told_to_stop_finishes_what_it_does(
    envelope: Envelope, signatories: Signatories, pki: ServedPki
) -> None:
    with pki.mute("/ocsp", "/crl"):  # its job takes a while
        request = ask(envelope, "Signataire-01", signatories.prefect)
        with worker_at_work(pki):
            until(in_hand, 60)
    job = ProcrastinateJob.objects.get(task_name="signatures.advance_request")
    assert (job.status, job.attempts) == ("todo", 1), "tried to its end, to be tried again"
    assert (status(request), LostJob.objects.count()) == (State.REQUESTED, 0)


def test_a_worker_that_the_database_cuts_ends_with_an_error(pki: ServedPki, blob_folder: Path) -> None:
    process = start_worker(pki, PGAPPNAME="cut-by-a-test")
    try:
        until(lambda: connections_of("cut-by-a-test") > 5, 60)
        late = time.monotonic() + 60
        while process.exitcode is None:
            assert time.monotonic() < late, "the worker works on without a database"
            with as_owner(), connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE application_name = 'cut-by-a-test'"
                )
            process.join(0.01)
        assert process.exitcode not in (0, -signal.SIGTERM)
    finally:
        process.kill()


def connections_of(name: str) -> int:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [name])
        return int(cursor.fetchone()[0])
