"""The worker is killed while it prints, settles or goes on: another takes the step up, once."""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from viewflow.workflow.models import Process, Task

from contracts.models import Contract
from tests import plot, workers
from tests.cast import Cast, small_contract
from tests.pki import ServedPki
from tests.workflow.sockets import environment
from workflow.drafting import acts as drafting_acts
from workflow.engine import lost
from workflow.engine.models import LostJob
from workflow.opinions import acts as opinions_acts
from workflow.procedures.csi import CsiFlow
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.signing import acts as signing_acts
from workflow.tasks import acts as tasks_acts

pytestmark = pytest.mark.kill


def start_worker(pki: ServedPki) -> BaseProcess:
    """Start a worker in a process of its own."""
    variables = environment(
        PKI_URL=pki.url, TRUST_ROOTS=str(pki.root), PKI_PASSPHRASE=settings.PKI_PASSPHRASE
    )
    folder = Path(variables["STATE_DIR"], "pki")
    if not folder.exists():
        folder.symlink_to(pki.folder)
    return workers.start(variables, "run_worker", "--once", "--stalled-after", "0", "--skip-checks")


def kill_worker_when(pki: ServedPki, happens: Callable[[], bool]) -> None:
    """Have a worker work until ``happens()`` holds, and kill it at that very moment."""
    process = start_worker(pki)
    while not happens():
        assert process.exitcode is None, "the worker ended before it could be killed"
    process.kill()
    assert workers.ended(process, within=20) == -signal.SIGKILL


def taken(name: str) -> Callable[[], bool]:
    """Ask whether a worker has taken a job of that name and not ended it."""
    return lambda: ProcrastinateJob.objects.filter(task_name=name, status="doing").exists()


def under_way(contract: Contract, step: str) -> Callable[[], bool]:
    """Ask whether the step has begun, its work being done with nothing held."""
    return lambda: Task.objects.filter(
        process__circuit__contract=contract, flow_task=getattr(CsiFlow, step), status="STARTED"
    ).exists()


def count(contract: Contract, verb: str) -> int:
    return JournalEntry.objects.filter(contract=contract, verb=verb).count()


@pytest.mark.parametrize("moment", ["taken", "under way"])
def test_killed_while_printing(cast: Cast, pki: ServedPki, moment: str) -> None:
    contract = plot.opened(small_contract(cast))
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    freeze = plot.task(contract, "freeze")
    drafting_acts.freeze_version(plot.entitled(freeze), freeze.pk)
    point = taken("workflow.render_version") if moment == "taken" else under_way(contract, "render")
    kill_worker_when(pki, point)
    assert workers.ended(start_worker(pki), within=60) == 0
    assert len(plot.tasks(contract, "review")) == 2
    assert count(contract, "version_printed") == 1
    assert plot.version(contract).pdf_sha256
    assert journal.first_break() is None


@pytest.mark.parametrize("moment", ["taken", "under way"])
def test_killed_while_settling_the_final_text(cast: Cast, pki: ServedPki, moment: str) -> None:
    contract = plot.at_review(cast)
    plot.review_all(contract)
    pdf = plot.version(contract).pdf_sha256
    for waiting in plot.tasks(contract, "approve"):
        opinions_acts.approve(plot.entitled(waiting), waiting.pk, approved=True, reason="", pdf_sha256=pdf)
    name = "workflow.settle_final_text"
    kill_worker_when(pki, taken(name) if moment == "taken" else under_way(contract, "final_text"))
    assert workers.ended(start_worker(pki), within=60) == 0
    assert plot.task(contract, "sign")
    assert count(contract, "final_text_settled") == 1
    assert plot.envelope(contract).base_sha256 == pdf
    assert journal.first_break() is None


def test_killed_between_a_signature_and_the_step_after(cast: Cast, pki: ServedPki) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    kill_worker_when(pki, taken("workflow.go_on"))
    assert workers.ended(start_worker(pki), within=60) == 0
    assert plot.entitled(plot.task(contract, "sign")) == cast.maire
    assert count(contract, "signature_made") == 1
    assert journal.first_break() is None


def test_a_print_that_kills_every_worker_fails_in_the_journal_and_can_be_tried_again(
    cast: Cast, pki: ServedPki
) -> None:
    contract = plot.opened(small_contract(cast))
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    freeze = plot.task(contract, "freeze")
    drafting_acts.freeze_version(plot.entitled(freeze), freeze.pk)
    printing = taken("workflow.render_version")
    mine = LostJob.objects.filter(job=ProcrastinateJob.objects.get(task_name="workflow.render_version").pk)

    def in_hand_after(deaths: int) -> bool:
        return mine.count() == deaths and printing()

    with transaction.atomic():  # the worker waits for the process as long as it takes to kill it
        Process.objects.select_for_update().get(pk=contract.circuit.process_id)
        for death in range(lost.LIVES):  # each takes back what the one before left in its hands
            kill_worker_when(pki, partial(in_hand_after, death))
    assert workers.ended(start_worker(pki), within=60) == 0
    failed = Task.objects.get(process__circuit__contract=contract, flow_task=CsiFlow.render)
    assert failed.status == "ERROR"
    entry = JournalEntry.objects.get(contract=contract, verb="job_failed")
    assert (entry.actor, "WorkerDied" in entry.payload["message"]) == (None, True)
    tasks_acts.retry_job(cast.pilote_ville, failed.pk)
    assert workers.ended(start_worker(pki), within=60) == 0
    assert len(plot.tasks(contract, "review")) == 2
    assert journal.first_break() is None
