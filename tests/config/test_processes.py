"""Several processes of pages: they count together; one that dies is replaced; none is left behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import IO

import httpx
import psutil
import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from config import limits, processes
from config.run import free_port
from stakeholders import shared_cache
from stakeholders.hashing import Argon2
from stakeholders.models import User
from stakeholders.shared_cache import SharedEntry, sweep
from tests import plot
from tests.cast import PASSWORD, Cast, small_contract
from tests.config.deployed import ROOT
from tests.workflow.sockets import (
    environment,
    logged_in,
    name_static_files,
    server_process,
    watching,
)

ALLOWED = 5  # wrong passwords for an account from one address
TOKEN, WRONG = "c" * 32, "wrong"
METRICS = "m" * 32


def post(url: str, path: str, form: dict[str, str], cookies: str = "") -> httpx.Response:
    return httpx.post(
        url + path,
        data={**form, "csrfmiddlewaretoken": TOKEN},
        headers={"Cookie": f"{settings.CSRF_COOKIE_NAME}={TOKEN}{cookies}", "Referer": url},
        trust_env=False,
        timeout=60,
    )


@pytest.mark.race
def test_tries_spread_over_two_processes_are_counted_together(cast: Cast) -> None:
    """Sixteen wrong passwords at once, by both; then the right one waits, whichever is asked."""
    name_static_files()
    email, hasher = cast.maire.email, Argon2()
    User.objects.filter(email=email).update(password=hasher.encode(PASSWORD, hasher.salt()))  # as they hash
    with server_process() as (first, _one), server_process() as (second, _other):

        def log_in(number: int, password: str) -> httpx.Response:
            return post((first, second)[number % 2], "/compte/login/", {"login": email, "password": password})

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda number: log_in(number, WRONG), range(16)))
        tried = [answer for answer in answers if "incorrect" in answer.text or "pas correct" in answer.text]
        assert 1 <= len(tried) <= ALLOWED
        for number in range(2):
            assert log_in(number, PASSWORD).status_code != 302, "the right one too: the account waits"
        assert SharedEntry.objects.exists()
        assert email not in str(list(SharedEntry.objects.values_list("key", "value")))
        SharedEntry.objects.all().delete()
        assert log_in(1, PASSWORD).status_code == 302, "it was for that that it waited"


@pytest.mark.race
def test_of_many_who_take_one_lock_one_has_it(transactional_db: None) -> None:
    """As allauth locks a count; and again once it has expired, which Django's own table gives to several."""
    for held in (None, 0):
        cache.clear()
        if held is not None:
            cache.set("lock", "old", held)

        def take(_number: int) -> bool:
            try:
                return cache.add("lock", True, 10)
            finally:
                connection.close()

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(take, range(24))) == 1


def test_what_is_counted_expires_and_is_swept(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shared_cache.SWEEPS == 0, "no write of a test's sweeps by chance"
    assert cache.add("tries", [1.5], 60)
    assert not cache.add("tries", [], 60)
    assert cache.get("tries") == [1.5]
    assert cache.touch("tries", 0)
    assert (cache.get("tries"), cache.get("tries", 7), cache.touch("tries"), cache.delete("tries")) == (
        *(None, 7),
        *(False, False),
    )
    cache.set_many({"a": 1, "b": 2}, None)
    cache.set("over", 1, -1)
    assert sweep() == 1
    assert cache.get_many(["a", "b", "over"]) == {"a": 1, "b": 2}
    cache.set("over", 1, -1)
    monkeypatch.setattr(shared_cache, "SWEEPS", 1)  # every write sweeps, its own as well
    cache.set("another", 1, -1)
    assert set(SharedEntry.objects.values_list("value", flat=True)) == {1, 2}
    assert SharedEntry.objects.count() == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'stakeholders_sharedentry'")
        assert cursor.fetchone() == ("u",)


def test_a_page_of_one_process_sees_the_act_made_through_another(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    waiting = plot.task(contract, "draft", cast.organisation("org-ville"))
    name = settings.SESSION_COOKIE_NAME
    session = f"; {name}={logged_in(cast.pilote_ville).cookies[name].value}"
    name_static_files()
    with (
        server_process() as (first, _one),
        server_process() as (second, _other),
        watching(first, cast.rtac, contract) as page,
    ):
        done = post(second, reverse("task", args=[contract.pk, waiting.pk]), {}, session)
        assert done.status_code == 302, done.text
        assert page.hear_until("draft_submitted")["contract"] == contract.pk


def test_how_many_processes_and_what_each_may_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEB_PROCESSES", raising=False)
    assert 1 <= processes.number() <= processes.BY_ITSELF
    monkeypatch.setenv("WEB_PROCESSES", "3")
    assert processes.number() == 3
    for number, most in ((1, 16), (2, 32), (4, 64), (6, 64), (processes.BY_ITSELF, 64)):
        monkeypatch.setattr(limits, "PROCESSES", number)
        hands = min(10, limits.share(limits.DATABASE_CONNECTIONS, least=8) - 6)
        assert hands >= 2
        assert number * (hands + 6) <= most <= limits.DATABASE_CONNECTIONS


class Served:
    """``python -m config.serve`` with two processes, seen from outside."""

    def __init__(self, url: str, supervisor: subprocess.Popen[bytes], log: IO[bytes]) -> None:
        self.url, self.supervisor, self.log = url, supervisor, log
        self.family: set[psutil.Process] = set()

    def pages(self) -> list[psutil.Process]:
        """Return the living processes of pages."""
        children = psutil.Process(self.supervisor.pid).children(recursive=True)
        self.family |= set(children)
        return [each for each in children if "spawn_main" in " ".join(each.cmdline())]

    def answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/sante/", trust_env=False, timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def said(self) -> str:
        self.log.seek(0)
        return self.log.read().decode()


def until(condition: Callable[[], bool], why: str, within: float = 120) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, why
        time.sleep(0.1)


@contextmanager
def served(log: IO[bytes], **changes: str) -> Iterator[Served]:
    port = free_port()
    command = [sys.executable, "-m", "config.serve", "--port", str(port), "--grace", "2"]
    given = environment(WEB_PROCESSES="2", METRICS_TOKEN=METRICS, **changes)
    supervisor = subprocess.Popen(command, cwd=ROOT, env=given, stdout=log, stderr=log)
    site = Served(f"http://127.0.0.1:{port}", supervisor, log)
    try:
        yield site
    finally:
        supervisor.kill()
        supervisor.wait()
        for process in site.family:
            if process.is_running():
                process.kill()


@pytest.fixture
def log(tmp_path_factory: pytest.TempPathFactory) -> Iterator[IO[bytes]]:
    with (tmp_path_factory.mktemp("served") / "log").open("w+b") as log:
        yield log


def counted(url: str) -> float:
    """Return how many log-in pages were shown, as whichever process answers says."""
    headers = {"Authorization": f"Bearer {METRICS}"}
    text = httpx.get(f"{url}/metriques/", headers=headers, trust_env=False, timeout=30).text
    line = 'contreseing_requests_total{method="GET",status="200",view="account_login"}'
    return sum(float(each.rpartition(" ")[2]) for each in text.splitlines() if each.startswith(line))


@pytest.mark.kill
def test_two_processes_serve_one_port_and_one_that_dies_is_replaced(cast: Cast, log: IO[bytes]) -> None:
    name_static_files()
    with served(log) as site:
        until(site.answers, "it does not serve")
        until(lambda: len(site.pages()) == 2, "two processes of pages")
        for _turn in range(12):  # each by a connection of its own, so by either
            assert httpx.get(f"{site.url}/compte/login/", trust_env=False, timeout=30).status_code == 200
        assert {counted(site.url) for _turn in range(6)} == {12.0}, "added up, whichever is asked"

        doomed, other = site.pages()
        doomed.kill()
        until(lambda: "un autre prend sa place" in site.said(), "said")
        assert "par le signal SIGKILL" in site.said()
        assert site.answers()
        until(lambda: len(site.pages()) == 2, "replaced")
        assert other in site.pages()
        assert counted(site.url) == 12.0, "what the dead one counted still counts"

        site.supervisor.send_signal(signal.SIGTERM)
        assert site.supervisor.wait(30) == 0
        until(lambda: not any(each.is_running() for each in site.family), "none is left", 30)
        assert "Traceback" not in site.said()


@pytest.mark.kill
def test_the_processes_end_with_their_supervisor_however_it_ends(cast: Cast, log: IO[bytes]) -> None:
    with served(log) as site:
        until(site.answers, "it does not serve")
        site.pages()
        site.supervisor.kill()
        site.supervisor.wait()
        until(lambda: not any(each.is_running() for each in site.family), "none is left", 30)


@pytest.mark.parametrize("said", ["deux", "0", "1000"])
def test_a_number_that_is_none_is_said_in_a_sentence(db: None, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "config.serve", "--port", str(free_port())],
        cwd=ROOT,
        env=environment(WEB_PROCESSES=said),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == f"WEB_PROCESSES vaut « {said} » : écrivez un nombre de 1 à 64."
