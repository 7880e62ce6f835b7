"""A process that freezes while it holds the journal: the others are answered, and it loses in the end."""

from __future__ import annotations

import copy
import html
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.base import DatabaseWrapper
from django.urls import reverse
from django.utils import timezone

from config import patience
from stakeholders.kinds import Power
from stakeholders.models import Absence, User
from tests import workers
from tests.cast import Cast
from tests.owner import limited_to
from tests.workflow.sockets import environment, logged_in, name_static_files, server_process
from workflow.record import journal
from workflow.record.models import JournalEntry

# what a writer of ours does, and does again when it lost its transaction
WRITER = """
import os, time
from pathlib import Path
from django.db import DatabaseError, connection, transaction
from config import patience
from workflow.record import journal
folder = Path({folder!r})
patience.become(patience.{kind})
def write():
    with transaction.atomic():
        journal.take_order_lock()
        (folder / "holds").touch()
        while not (folder / "go").exists():
            time.sleep(0.05)
        facts = dict(proof="x", tries=tries)
        journal.record("signing_proof_changed", contract=None, actor=None, payload=facts)
tries = 1
try:
    write()
except DatabaseError as error:
    (folder / "lost").write_text(type(error.__cause__).__name__)
    connection.close()
    tries = 2
    write()
"""


def kept(kind: patience.Patience, name: str) -> str:
    """Return what a connection of such a process keeps."""
    settings = copy.deepcopy(connection.settings_dict)
    del settings["OPTIONS"]["pool"]  # of connections that have other limits
    patience.limit(settings, kind)
    other = DatabaseWrapper(settings, "other")
    try:
        with other.cursor() as cursor:
            cursor.execute(f"SHOW {name}")
            return str(cursor.fetchone()[0])
    finally:
        other.close()


def test_who_is_given_other_limits_keeps_them_at_once_and_its_role(transactional_db: None) -> None:
    def now() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_user")
            return cursor.fetchone()

    before, role = now(), settings.DATABASE_RUNTIME["USER"]
    with limited_to(replace(patience.PAGE, lock=1)):
        assert now() == ("1s", role), "not those of a connection that rested"
    assert now() == before


def test_pages_have_no_process_started_for_them(transactional_db: None) -> None:
    assert kept(patience.PAGE, "max_parallel_workers_per_gather") == "0"
    assert kept(patience.WORKER, "max_parallel_workers_per_gather") != "0"
    assert kept(patience.PAGE, "lock_timeout") == "5s"


@contextmanager
def frozen_writer(folder: Path, kind: str) -> Iterator[int]:
    """Freeze a process that holds the journal's lock in a transaction; let it go on at the end."""
    code = WRITER.format(folder=str(folder), kind=kind)
    process = workers.start(environment(), "shell", "--no-imports", "--command", code)
    try:
        until = time.monotonic() + 60
        while not (folder / "holds").exists():
            assert process.exitcode is None, "the writer ended before it could be frozen"
            assert time.monotonic() < until
            time.sleep(0.02)
        os.kill(process.pid or 0, signal.SIGSTOP)
        yield process.pid or 0
        (folder / "go").touch()
        os.kill(process.pid or 0, signal.SIGCONT)
        assert workers.ended(process, within=60) == 0
    finally:
        process.kill()


def client_of(user: User, url: str) -> httpx.Client:
    key = logged_in(user).cookies[settings.SESSION_COOKIE_NAME].value
    return httpx.Client(
        base_url=url, cookies={settings.SESSION_COOKIE_NAME: key}, timeout=60, headers={"Accept": "text/html"}
    )


def fields_of(page: str) -> dict[str, str]:
    """Return the hidden fields of the page's own form."""
    form = page.split("<main", 1)[1]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def absence(cast: Cast) -> dict[str, str]:
    today = timezone.localdate().isoformat()
    return {
        "mandate": str(cast.prefete.mandates.get().pk),
        "substitute": str(cast.secretaire_generale.mandates.get().pk),
        "starts_on": today,
        "ends_on": today,
        "powers": Power.REVIEW.value,
        "note": "Congés d’été, « l’écharpe » & le reste",
    }


def waits_for_the_lock() -> bool:
    """Whether the journal's lock is held by somebody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [journal.ORDER_LOCK])
        free = cursor.fetchone()[0]
        if free:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [journal.ORDER_LOCK])
        return not free


@pytest.mark.kill
def test_who_waits_for_a_frozen_process_is_answered_and_may_send_again(cast: Cast, tmp_path: Path) -> None:
    address = reverse("absence_add", args=[cast.organisation("org-pref").pk])
    name_static_files()
    with server_process() as (url, _process), client_of(cast.prefete, url) as browser:
        token = fields_of(browser.get(address).text)
        sent = {**token, **absence(cast)}
        with frozen_writer(tmp_path, "WORKER"):
            began = time.monotonic()
            answer = browser.post(address, data=sent, headers={"Referer": url})
            assert time.monotonic() - began < patience.PAGE.lock + 5
            assert answer.status_code == 503, answer.text[-3000:]
            assert answer.headers["Retry-After"] == "5"
            assert "Le service est occupé" in answer.text
            assert "rien n’a été enregistré" in answer.text
            assert not Absence.objects.exists()
            until = time.monotonic() + patience.WORKER.idle + 10
            while waits_for_the_lock():
                assert time.monotonic() < until, "the database did not end the frozen transaction"
                time.sleep(0.2)
            again = {name: html.unescape(value) for name, value in fields_of(answer.text).items()}
            assert again["note"] == sent["note"]
            done = browser.post(address, data=again, headers={"Referer": url})
            assert done.status_code == 302, done.text
            assert Absence.objects.get().note == sent["note"]
    assert (tmp_path / "lost").read_text() == "IdleInTransactionSessionTimeout"
    entry = JournalEntry.objects.get(verb="signing_proof_changed")
    assert entry.payload["tries"] == 2, "it lost, and did it again"
    assert journal.first_break() is None
