"""The worker: each queue has places of its own, so that none waits for another.

A mail server that hangs takes the places of mail and no other; what prints takes none of what signs.
The worker watches itself: it ends with an error when the database cuts it, and at once when it was
held for dead (it slept, and its jobs are in other hands). It also takes back what others left.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, cast

import structlog
from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector
from procrastinate.worker import Worker
from psycopg_pool import PoolTimeout

from config import patience
from signatures import jobs as signatures_jobs
from workflow.engine import jobs as engine_jobs
from workflow.engine import lost
from workflow.notices import mail
from workflow.record import references

log = structlog.get_logger(__name__)
REST = "default"  # the queue of what goes on with the circuits
PLACES = {signatures_jobs.QUEUE: 2, REST: 2, engine_jobs.PRINT: 1, mail.QUEUE: 2, signatures_jobs.UPKEEP: 1}
LOOKS_EVERY = 3.0  # seconds between two looks at itself and at what others left
POLLS_EVERY = 2.0  # seconds between two looks of an idle worker at its queue
POOL_WAIT = 10.0  # seconds for a connection to the queue
STOPS_WITHIN = 50.0  # seconds given to the jobs in hand; then another takes them up
UNREACHABLE = (DatabaseError, InterfaceError, ConnectorException)
GIVEN_UP = 70  # the exit status of a worker that left jobs in hand (EX_SOFTWARE)


class WorkerStopped(RuntimeError):
    """The worker ended without being told to; the message says why."""


@dataclass
class Crew:
    """One process's workers, a worker for each queue; ``stalled_after`` is how long one may be silent."""

    places: dict[str, int] = field(default_factory=PLACES.copy)
    stalled_after: float = lost.STALLED_AFTER

    async def work(self, *, once: bool) -> None:
        """Work until told to stop, or ``once`` until nothing waits; raises WorkerStopped."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(sum(self.places.values()) + 2))
        django = cast(DjangoConnector, app.connector)
        pool = PsycopgConnector(
            kwargs=connector_params(django.alias), min_size=1, max_size=4, timeout=POOL_WAIT
        )
        with app.replace_connector(pool):
            async with app.open_async():
                app.perform_import_paths()  # type: ignore[no-untyped-call]
                await lost.recover(self.stalled_after)
                if once:
                    await self._until_nothing_waits()
                else:
                    await self._for_ever()

    def _workers(self, *, wait: bool) -> list[Any]:
        """Return a worker (procrastinate's, whose methods come without types) for each queue."""
        return [
            Worker(
                app,
                queues=[queue],
                name=queue,
                concurrency=places,
                wait=wait,
                fetch_job_polling_interval=POLLS_EVERY,  # what is taken back is not announced
                update_heartbeat_interval=lost.HEARTBEAT,
                stalled_worker_timeout=max(self.stalled_after, lost.STALLED_AFTER),
                delete_jobs="never",
                install_signal_handlers=False,
                worker_middleware=[named],
                task_middleware=[on_a_connection_that_works],
            )
            for queue, places in self.places.items()
        ]

    async def _until_nothing_waits(self) -> None:
        while True:
            await asyncio.gather(*(worker.run() for worker in self._workers(wait=False)))
            # a job that ends queues the next, after the workers found nothing more
            jobs = await app.job_manager.list_jobs_async(status="todo")
            if not any(job.scheduled_at is None or job.scheduled_at <= timezone.now() for job in jobs):
                return

    async def _for_ever(self) -> None:
        workers = self._workers(wait=True)
        told = asyncio.Event()
        with _signals(told.set):
            working = [asyncio.create_task(worker.run(), name=worker.worker_name) for worker in workers]
            watching = asyncio.create_task(self._watch(workers), name="watch")
            asked = asyncio.create_task(told.wait(), name="asked to stop")
            ended, _pending = await asyncio.wait(
                [*working, watching, asked], return_when=asyncio.FIRST_COMPLETED
            )
            leave_within(STOPS_WITHIN)
            watching.cancel()
            if asked not in ended:
                with suppress(*UNREACHABLE):
                    await self._refuse_to_be_dead(workers)
            for worker in workers:
                worker.stop()
            outcomes = await asyncio.gather(*working, return_exceptions=True)
            asked.cancel()
        if asked in ended:
            return
        causes = {type(outcome).__name__ for outcome in outcomes if outcome is not None}
        names = ", ".join(task.get_name() for task in ended)
        raise WorkerStopped(
            f"L’exécuteur s’est arrêté de lui-même ({names}) : la base de données l’a coupé, "
            f"ou une de ses parts a échoué. {' '.join(sorted(causes))}".rstrip()
        )

    async def _watch(self, workers: list[Any]) -> None:
        """Look now and then at what others left, and whether one is not held for dead oneself."""
        while True:
            await asyncio.sleep(LOOKS_EVERY)
            try:
                await self._refuse_to_be_dead(workers)
                await lost.recover(max(self.stalled_after, 2 * lost.HEARTBEAT))
            except UNREACHABLE as error:
                log.warning("worker could not look at the queue", error=type(error).__name__)

    @staticmethod
    async def _refuse_to_be_dead(workers: list[Any]) -> None:
        mine = [worker.worker_id for worker in workers if worker.worker_id is not None]
        found = await app.connector.execute_query_all_async(
            "SELECT id FROM procrastinate_workers WHERE id = ANY(%(mine)s)", mine=mine
        )
        if len(found) < len(mine):
            log.error("worker was silent for too long: its jobs are in other hands")
            os._exit(GIVEN_UP)  # nothing that it still does may count


async def named(go_on: Callable[[], Awaitable[Any]], context: JobContext, _worker: Any) -> Any:
    """Have whatever a job logs or journals bear its reference; each job is a task of its own of the loop."""
    structlog.contextvars.bind_contextvars(job=references.of_job(context.job.id), task=context.job.task_name)
    return await go_on()


def on_a_connection_that_works(call_next: Callable[[], Any], _context: Any, _worker: Any) -> Any:
    """Do a job on this thread's connection, opened anew if the database ended it meanwhile."""
    close_old_connections()
    try:
        return call_next()
    finally:
        close_old_connections()


def leave_within(seconds: float) -> None:
    """End the process after so long whatever it still does: a thread cannot be stopped."""
    timer = threading.Timer(seconds, os._exit, [GIVEN_UP])
    timer.daemon = True
    timer.start()


def run(*, once: bool, stalled_after: float, places: dict[str, int] | None = None) -> None:
    """Work with a worker's limits in the database; raises WorkerStopped."""
    patience.become(patience.WORKER)
    database = connections.settings["default"]
    database["OPTIONS"].pop("pool", None)  # each thread has its own connection, for one job after the other
    database |= {"CONN_MAX_AGE": 300, "CONN_HEALTH_CHECKS": True}
    try:
        asyncio.run(Crew(places or PLACES.copy(), stalled_after).work(once=once))
    except PoolTimeout as error:
        raise WorkerStopped(
            "La base de données ne répond pas : vérifiez qu’elle est en service, et DATABASE_URL."
        ) from error


@contextmanager
def _signals(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
