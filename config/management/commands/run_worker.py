"""The worker: prints, signs, seals and goes on with the circuits, one job at a time a contract."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import structlog
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from workflow.engine.jobs import STALLED_AFTER, recover
from workflow.record import references


async def named(go_on: Callable[[], Awaitable[Any]], context: JobContext, _worker: Any) -> Any:
    """Have whatever a job logs or journals bear its reference; each job is a task of its own of the loop."""
    structlog.contextvars.bind_contextvars(job=references.of_job(context.job.id), task=context.job.task_name)
    return await go_on()


class Command(BaseCommand):
    """Runs until it is stopped; takes back at once what a killed worker left."""

    help = "Exécute les traitements en attente (composition, signature, scellement)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say how many jobs at once, and whether to stop when none waits."""
        parser.add_argument("--concurrency", type=int, default=2)
        parser.add_argument("--once", action="store_true", help="s’arrête quand plus rien n’attend")
        parser.add_argument(
            "--stalled-after",
            type=float,
            default=STALLED_AFTER,
            help="secondes sans signe de vie après lesquelles un exécuteur est tenu pour mort",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Recover, then work."""
        asyncio.run(self._work(options))

    async def _work(self, options: dict[str, Any]) -> None:
        connector = cast(DjangoConnector, app.connector).get_worker_connector()
        with app.replace_connector(connector):
            async with app.open_async():
                await recover(options["stalled_after"])
                while True:
                    await app.run_worker_async(
                        concurrency=options["concurrency"],
                        wait=not options["once"],
                        update_heartbeat_interval=min(10.0, options["stalled_after"] / 3),
                        stalled_worker_timeout=max(options["stalled_after"], 1.0),
                        delete_jobs="never",
                        worker_middleware=[named],
                    )
                    # a job that ends queues the next, after the worker found nothing more
                    if not options["once"] or not await self._something_waits():
                        break

    async def _something_waits(self) -> bool:
        jobs = await app.job_manager.list_jobs_async(status="todo")
        return any(job.scheduled_at is None or job.scheduled_at <= timezone.now() for job in jobs)
