"""A task of which one job waits at most: what a dead worker held of it comes back only where none waits."""

from __future__ import annotations

import threading

import psycopg
import pytest
from django.db import connection, connections
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.cast import Cast
from tests.database_address import owner_address
from tests.standing_still import stands
from workflow.engine import lost
from workflow.operations import acts, failures
from workflow.record import journal
from workflow.record.models import JournalEntry

ONE_AT_MOST = sorted(name for name, task in app.tasks.items() if task.queueing_lock)
INSERT = "INSERT INTO procrastinate_jobs (task_name, queueing_lock, queue_name) VALUES (%s, %s, %s)"


def told(name: str) -> list[str]:
    """Return what is written of a job of that task."""
    task = app.tasks[name]
    return [name, str(task.queueing_lock), task.queue]


def queue(name: str, status: str = "todo") -> int:
    """Queue a job of that task, as a worker left it in that state; return its number."""
    with connection.cursor() as cursor:
        cursor.execute(f"{INSERT} RETURNING id", told(name))
        [number] = cursor.fetchone()
        cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, number])
    return int(number)


def statuses(name: str) -> list[str]:
    """Return the states of the jobs of that task, the first queued first."""
    return list(
        ProcrastinateJob.objects.filter(task_name=name).order_by("pk").values_list("status", flat=True)
    )


@pytest.mark.django_db
def test_what_is_lost_while_another_waits_leaves_it_the_work() -> None:
    assert "workflow.mail_news" in ONE_AT_MOST
    for name in ONE_AT_MOST:
        queue(name, "doing")
        queue(name)
    assert lost.take_back(0) == len(ONE_AT_MOST)
    assert {name: statuses(name) for name in ONE_AT_MOST} == dict.fromkeys(ONE_AT_MOST, ["aborted", "todo"])
    assert lost.take_back(0) == 0
    assert failures.failures() == []


def test_none_of_them_is_put_back_by_the_queue_itself() -> None:
    """Another may wait by then, and its worker would be stopped by that: the next turn does the work."""
    assert [name for name in ONE_AT_MOST if app.tasks[name].retry_strategy is not None] == []


@pytest.mark.django_db
def test_of_two_that_are_lost_one_comes_back() -> None:
    name = "workflow.mail_news"
    queue(name, "doing")
    queue(name, "doing")
    assert lost.take_back(0) == 2
    assert statuses(name) == ["todo", "aborted"]


@pytest.mark.django_db(transaction=True)
def test_another_that_is_queued_meanwhile_does_the_work() -> None:
    """Its transaction is not committed as the lost one is put back: nobody could have seen it."""
    name = "workflow.mail_news"
    queue(name, "doing")
    found: list[int] = []
    with psycopg.connect(owner_address()) as other:
        other.execute(INSERT, told(name))
        thread = threading.Thread(target=lambda: found.append(took_back()))
        thread.start()
        stands()
        other.commit()
    thread.join(timeout=20)
    assert found == [1]
    assert statuses(name) == ["aborted", "todo"]


def took_back() -> int:
    try:
        return lost.take_back(0)
    finally:
        connections.close_all()


@pytest.mark.django_db
def test_an_administrator_asks_again_for_what_waits_already(cast: Cast) -> None:
    name = "workflow.push_news"
    failed = queue(name, "failed")
    queue(name)
    acts.retry_failed(cast.admin, failed)
    assert statuses(name) == ["aborted", "todo"]
    assert JournalEntry.objects.get(verb="failed_job_retried").payload["job"] == failed
    assert failures.failures() == []
    assert journal.first_break() is None
