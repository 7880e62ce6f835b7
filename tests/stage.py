"""The stage on which whole scenes are played: the cast, a real worker, a real server."""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import json
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone
from procrastinate import JobContext, sql
from procrastinate.connector import BaseAsyncConnector
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.contrib.django.utils import connector_params
from procrastinate.jobs import Job
from procrastinate.psycopg_connector import PsycopgConnector
from pytest_django import DjangoDbBlocker

from contracts.models import Contract
from signatures import keys
from signatures.demo import pki as authorities
from stakeholders.kinds import Side
from stakeholders.models import SigningAuthority, User
from tests import snapshots
from tests.cast import Cast, assemble_cast
from tests.pki import ServedPki, served

HELD = dt.timedelta(hours=1)  # longer than any run of jobs


@pytest.fixture(scope="session")
def kept_cast(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Cast:
    """Assemble the cast once, and keep the database that holds it."""
    with django_db_blocker.unblock():
        snapshots.restore(snapshots.PRISTINE)
        try:
            players = assemble_cast()
            snapshots.keep(snapshots.CAST)
        finally:
            snapshots.restore(snapshots.PRISTINE)
    return players


@pytest.fixture
def players(kept_cast: Cast, db: None) -> Cast:
    """Return the named cast, in the test's own transaction."""
    snapshots.restore(snapshots.CAST)
    return copy.deepcopy(kept_cast)


@pytest.fixture
def cast(kept_cast: Cast, transactional_db: None, pki: ServedPki, blob_folder: Path) -> Cast:
    """Return the named cast, committed, their signing certificates made and enrolled.

    What enrols them is kept too: it is six people's, and most tests ask for it.
    """
    return certified(kept_cast)


def certified(kept_cast: Cast) -> Cast:
    """Put the cast back, with the certificates that are in their files.

    Once a test has replaced one, they are made anew, and what was set up with the others is forgotten.
    """
    players = copy.deepcopy(kept_cast)
    if _signers and _issued == _files():
        snapshots.restore(snapshots.CERTIFIED)
        return players
    snapshots.restore(snapshots.CAST)
    snapshots.forget_scenes()
    for path, written in _files().items():
        if (
            _issued.get(path, written) != written
        ):  # of another kind, in another name: each has their own again
            path.unlink(missing_ok=True)
    if not _signers:  # the same each time, as the rows are
        _signers.extend(signers_of(players.contract))
    certify(_signers)
    snapshots.keep(snapshots.CERTIFIED)
    _issued.clear()
    _issued.update(_files())
    return players


@dataclass(frozen=True)
class Signer:
    """What the certificate of somebody who may sign says of them."""

    identifier: str
    name: str
    organisation: str
    title: str
    algorithm: Literal["p256", "rsa3072"]


_signers: list[Signer] = []  # of the cast's contract: the signatories, and those named to sign for them


_issued: dict[Path, bytes] = {}  # the files of their keys, as they were when the snapshot was kept


def _files() -> dict[Path, bytes]:
    """Return what each signer's key is written as, by its file; nothing without one."""
    paths = [authorities.person_path(one.identifier) for one in _signers]
    return {path: path.read_bytes() if path.exists() else b"" for path in paths}


def certify_signatories(contract: Contract) -> None:
    """Give whoever may sign a contract their demonstration certificate."""
    certify(signers_of(contract))


def certify(signers: Iterable[Signer]) -> None:
    """Give each of these a key and a certificate, unless they have them."""
    for one in signers:
        authorities.issue_person(
            one.identifier, one.name, one.organisation, one.title, algorithm=one.algorithm
        )
        keys.enrol_specimen(User.objects.get_by_natural_key(one.identifier))


def signers_of(contract: Contract) -> Iterator[Signer]:
    """Yield whoever may sign a contract, by their office or by an act that names them."""
    for signatory in contract.signatories.select_related("office__organisation"):
        person, organisation = signatory.office.holder(), signatory.office.organisation
        assert person is not None
        named = SigningAuthority.objects.filter(office=signatory.office).select_related("delegate__person")
        for signer, title in [
            (person, signatory.capacity),
            *((row.delegate.person, row.delegate.office.title[:64]) for row in named),
        ]:
            algorithm: Literal["p256", "rsa3072"] = "p256" if organisation.side == Side.STATE else "rsa3072"
            yield Signer(signer.get_username(), str(signer), organisation.name, title, algorithm)


def worker_connector() -> BaseAsyncConnector:
    """Return a worker's connector to the test's database, which opens the connections it uses, not four."""
    return PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=4)


def run_jobs() -> None:
    """Run a real worker on its own connection until no job is due.

    A job that failed and is to be tried later is left alone: the test will see it. A worker that
    would find nothing is not started, and what comes by the clock is not done at each start, as
    the database of each test would have it: five jobs, for one that is asked for.
    """
    due = Q(scheduled_at=None) | Q(scheduled_at__lte=timezone.now())
    if not ProcrastinateJob.objects.filter(due, status="todo").exists():
        return

    failed: dict[int, dt.datetime] = {}

    async def work() -> None:
        by_the_clock = mock.patch.dict(app.periodic_registry.periodic_tasks, clear=True)
        held = mock.patch.object(app.job_manager, "retry_job", _held_back(app.job_manager.retry_job, failed))
        with by_the_clock, held, app.replace_connector(worker_connector()):
            async with app.open_async():
                while True:
                    await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)
                    waiting = await app.job_manager.list_jobs_async(status="todo")
                    if not any(j.scheduled_at is None or j.scheduled_at <= timezone.now() for j in waiting):
                        break

    with ThreadPoolExecutor(1) as pool:  # a browser test's own thread already runs a loop
        pool.submit(asyncio.run, work()).result()
    _let_go(failed)


def _held_back(retry: Callable[..., Awaitable[None]], failed: dict[int, dt.datetime]) -> Any:
    """Return a ``retry_job`` after which a job that failed is not due while the others are run.

    Its first wait is of half a second, which a slow machine needs to stop a worker.
    """

    async def later(job: Job, retry_at: dt.datetime | None = None, **others: Any) -> None:
        if retry_at is not None and retry_at > timezone.now() and job.id is not None:
            failed[job.id], retry_at = retry_at, retry_at + HELD
        await retry(job, retry_at, **others)

    return later


def _let_go(failed: dict[int, dt.datetime]) -> None:
    """Have the jobs that failed due when the queue said."""
    with connection.cursor() as cursor:
        for number, at in failed.items():
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = %s WHERE id = %s", [at, number])


def run_jobs_here() -> None:
    """Run the due jobs one after the other in this thread, on the test's own connection.

    The queue is the real one, with its locks and its tries; what is not here is a worker:
    its loop, its threads, its connections.
    """
    queue = DjangoConnector()
    failed: dict[int, dt.datetime] = {}
    while True:
        row = queue.execute_query_one(sql.queries["fetch_job"], queues=None, worker_id=None)
        if row["id"] is None:
            break
        job = Job.from_row({**row, "args": json.loads(row["args"])})
        task = app.tasks[job.task_name]
        context = JobContext(app=app, job=job, start_timestamp=time.time(), abort_reason=lambda: None)
        try:
            task(*[context] if task.pass_context else [], **job.task_kwargs)
        except Exception as error:  # noqa: BLE001 (any fault of a job is the queue's to judge, as in a worker)
            if again := task.get_retry_exception(error, job):
                at = again.retry_decision.retry_at
                if job.id is not None and at is not None and at > timezone.now():
                    failed[job.id], at = at, at + HELD
                queue.execute_query(
                    sql.queries["retry_job"],
                    job_id=job.id,
                    retry_at=at,
                    new_priority=None,
                    new_queue_name=None,
                    new_lock=None,
                )
                continue
            status = "failed"
        else:
            status = "succeeded"
        queue.execute_query(sql.queries["finish_job"], job_id=job.id, status=status, delete_job=False)
    _let_go(failed)


@contextmanager
def working() -> Iterator[None]:
    """Keep a real worker at work in a thread for the time of a block."""
    loop = asyncio.new_event_loop()
    task: asyncio.Task[None] | None = None

    async def work() -> None:
        with app.replace_connector(worker_connector()):
            async with app.open_async():
                await app.run_worker_async(
                    wait=True, concurrency=2, install_signal_handlers=False, fetch_job_polling_interval=0.5
                )

    def run() -> None:
        nonlocal task
        asyncio.set_event_loop(loop)
        task = loop.create_task(work())
        try:
            loop.run_until_complete(task)
        except asyncio.CancelledError:
            pass
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        if task is not None:
            loop.call_soon_threadsafe(task.cancel)
        thread.join(20)


@pytest.fixture
def live_url(transactional_db: None) -> Iterator[str]:
    """Serve the application (pages and websocket) from a thread; return its address."""
    from config.asgi import application  # the settings must be the test's when it is built

    with served(application) as url:
        yield url
