"""Jobs whose worker died: given to the living, and given up when they keep killing whoever takes them."""

from __future__ import annotations

import json
from typing import Any

import structlog
from asgiref.sync import sync_to_async
from django.db import IntegrityError, connection, transaction
from procrastinate.contrib.django import app

from signatures.jobs import WHEN_LOST, in_transaction
from workflow.engine.jobs import RETRY
from workflow.engine.models import LostJob

log = structlog.get_logger(__name__)
LIVES = 5  # workers that one job may take with it
STALLED_AFTER = 12.0  # seconds without a sign of life of the worker
HEARTBEAT = 3.0  # seconds between two of them
RECOVERY_LOCK = 0x4C4F5354  # one worker at a time looks for what others left
# In hand, of a worker who gives no sign of life, or was struck off for that.
_LEFT = """
    SELECT job.id, job.task_name, job.args FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers living
        ON living.id = job.worker_id AND living.last_heartbeat >= now() - %s * interval '1 second'
    WHERE job.status = 'doing' AND living.id IS NULL
    ORDER BY job.id FOR UPDATE OF job SKIP LOCKED
"""
# One that only slept must find out that its jobs are in other hands (config/worker.py).
_STRIKE_OFF = "DELETE FROM procrastinate_workers WHERE last_heartbeat < now() - %s * interval '1 second'"


async def recover(seconds_since_heartbeat: float) -> int:
    """Take back every job whose worker was not heard of for so long; return how many."""
    return await sync_to_async(take_back, thread_sensitive=False)(seconds_since_heartbeat)


@transaction.atomic
def take_back(seconds_since_heartbeat: float) -> int:
    """Put back in the queue what dead workers held, or give it up after LIVES of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [RECOVERY_LOCK])
        if not cursor.fetchone()[0]:
            return 0  # another worker is at it
        cursor.execute(_LEFT, [seconds_since_heartbeat])
        left = cursor.fetchall()
        cursor.execute(_STRIKE_OFF, [seconds_since_heartbeat])
    for number, name, arguments in left:
        LostJob.objects.create(job=number)
        deaths = LostJob.objects.filter(job=number).count()
        if deaths < LIVES:
            how = "taken back" if put_back(number) else "left to the one that waits"
            log.warning(f"lost job {how}", job=number, task=name, deaths=deaths)
        else:
            log.error("lost job given up", job=number, task=name, deaths=deaths)
            told = json.loads(arguments) if isinstance(arguments, str) else arguments
            in_transaction(tell_lost).defer(job=name, arguments=told)
            _tell_queue("SELECT procrastinate_finish_job_v1(%s, 'failed', false)", number)
            LostJob.objects.filter(job=number).delete()
    return len(left)


@app.task(name="workflow.tell_lost", retry=RETRY)
def tell_lost(*, job: str, arguments: dict[str, Any]) -> None:
    """Say that a job failed to whoever waits for it."""
    if (told := WHEN_LOST.get(job)) is not None:
        told(**arguments)


def put_back(number: int) -> bool:
    """Have a job in hand or failed wait again; return False where another waits already to do the same.

    Of a task with a queueing lock one job waits at most: the other does its work, and this one is given up.
    """
    try:
        with transaction.atomic():
            _tell_queue("SELECT procrastinate_retry_job_v2(%s, NULL, NULL, NULL, NULL)", number)
    except IntegrityError:  # asking first would not do: the other may be queued at this very moment
        give_up(number)
        return False
    return True


def give_up(number: int) -> None:
    """Say of a job that another does its work."""
    _tell_queue("UPDATE procrastinate_jobs SET status = 'aborted' WHERE id = %s", number)


def _tell_queue(query: str, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, [number])
