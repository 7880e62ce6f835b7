"""What whoever watches the installation is told: that it lives, whether it is ready, how it fares."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from django.db import connection
from django.test import Client, override_settings
from django.urls import reverse

from config import health
from contracts.models import Contract
from tests import plot, workers
from tests.attacks.serving import door
from tests.cast import Cast
from tests.database_address import database_address
from tests.owner import as_owner, untied
from tests.stage import working
from workflow.notices.mail import defer_mail

TOKEN = "t" * 40


def asked(url: str) -> httpx.Response:
    return httpx.get(f"{url}/sante/pret/", trust_env=False, timeout=10)


def until(found: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def pages_without_a_database() -> Iterator[str]:
    """Pages whose database is nowhere."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_address().rsplit("/", 1)[0] + "/nowhere?host=/nonexistent",
        "LOG_LEVEL": "CRITICAL",
    }
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        process = workers.serve(environment, listener)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            process.terminate()
            process.join(20)


def test_pages_without_their_database_live_and_are_not_ready(transactional_db: None) -> None:
    """What restarts whoever is dead leaves them alone; what watches is told."""
    with pages_without_a_database() as url:
        assert httpx.get(f"{url}/sante/", trust_env=False, timeout=60).text == "ok\n"
        answer = asked(url)
        assert answer.status_code == 503
        assert answer.json()["ready"] is False
        assert answer.json()["checks"]["database"] is False


def test_ready_says_what_fails_and_nothing_else(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH", 0.0)
    with door() as url:
        assert asked(url).json()["checks"] == {
            **dict.fromkeys(("database", "queue", "timestamps", "disk"), True),
            "worker": False,
        }
        with working():
            until(lambda: asked(url).status_code == 200)
        defer_mail(to="somebody@ville.example", subject="S", body="B")
        assert asked(url).json()["checks"]["queue"] is True
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("UPDATE procrastinate_events SET at = at - interval '20 minutes'")
        assert asked(url).json()["checks"]["queue"] is False
        monkeypatch.setattr(health, "ROOM", 1 << 62)
        assert asked(url).json()["checks"]["disk"] is False


def test_a_journal_that_waits_for_its_anchor_is_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "FRESH", 0.0)
    plot.opened(cast.contract)
    with untied(), connection.cursor() as cursor:
        cursor.execute("UPDATE workflow_journalentry SET at = at - interval '3 hours'")
    with door() as url:
        assert asked(url).json()["checks"]["timestamps"] is False


@pytest.mark.parametrize("header", ["", "Bearer ", f"Bearer {TOKEN}x", f"Basic {TOKEN}"])
def test_metrics_are_nowhere_without_their_token(db: None, client: Client, header: str) -> None:
    assert client.get(reverse("metrics"), headers={"Authorization": header}).status_code == 404
    with override_settings(METRICS_TOKEN=TOKEN):
        assert client.get(reverse("metrics"), headers={"Authorization": header}).status_code == 404


@override_settings(METRICS_TOKEN=TOKEN)
def test_metrics_tell_of_requests_jobs_events_and_signatures(cast: Cast, client: Client) -> None:
    contract: Contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    client.get(reverse("account_login"))
    client.get("/nowhere/secret-of-a-link/")
    defer_mail(to="somebody@ville.example", subject="S", body="B")
    told = client.get(reverse("metrics"), headers={"Authorization": f"Bearer {TOKEN}"})
    assert told.status_code == 200
    text = told.content.decode()
    for line in (
        'contreseing_requests_total{method="GET",status="200",view="account_login"}',
        'contreseing_requests_total{method="GET",status="404",view="(adresse inconnue)"}',
        'contreseing_request_seconds_count{view="account_login"}',
        'contreseing_signatures{state="done"} 1.0',
        'contreseing_jobs{queue="mail",status="todo"} 1.0',
        'contreseing_queue_oldest_seconds{queue="mail"}',
        "contreseing_event_delay_seconds_count",
        "contreseing_database_up 1.0",
    ):
        assert line in text, line
    for kept in ("secret-of-a-link", "somebody@", contract.reference, cast.prefete.email):
        assert kept not in text
