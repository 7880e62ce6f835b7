"""Redis goes away and comes back: people log in, acts succeed, and wrong passwords are counted all along."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings
from django.urls import reverse

from config.run import free_port
from config.shared_cache import LEFT_ALONE, SharedCache
from tests import plot
from tests.cast import PASSWORD, Cast, small_contract
from workflow.record.models import JournalEntry

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
ALLOWED = 5  # wrong passwords for an account from one address


class Server:
    """A real Redis on a port of its own, which may be stopped."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        client, deadline = redis.Redis(port=self.port), time.monotonic() + 30
        while True:
            try:
                client.ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    monkeypatch.setattr(SharedCache, "_asked_again_at", 0.0)
    url = f"redis://127.0.0.1:{server.port}/0"
    with override_settings(CACHES={"default": {**shared(), "LOCATION": url}}):
        yield server
    server.stop()


def shared() -> dict[str, str]:
    return {"BACKEND": "config.shared_cache.SharedCache"}


def test_the_installation_uses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    if settings.REDIS_URL:
        assert settings.CACHES["default"]["BACKEND"] == shared()["BACKEND"]


def log_in(person: str, password: str) -> int:
    return Client().post(reverse("account_login"), {"login": person, "password": password}).status_code


def test_people_log_in_and_act_while_redis_is_away(cast: Cast, server: Server) -> None:
    contract = plot.opened(small_contract(cast))
    assert log_in(cast.maire.email, PASSWORD) == 302
    server.stop()
    browser = Client()
    began = time.monotonic()
    answer = browser.post(
        reverse("account_login"), {"login": cast.pilote_ville.email, "password": PASSWORD}, follow=True
    )
    assert answer.status_code == 200
    assert "_auth_user_id" in browser.session
    waiting = plot.task(contract, "draft", cast.organisation("org-ville"))
    assert browser.post(reverse("task", args=[contract.pk, waiting.pk])).status_code == 302
    assert JournalEntry.objects.filter(verb="draft_submitted").exists()
    assert time.monotonic() - began < 30


def test_wrong_passwords_go_on_being_counted_from_where_they_were(cast: Cast, server: Server) -> None:
    email = cast.maire.email
    for _try in range(ALLOWED - 2):
        assert log_in(email, "wrong") == 200
    server.stop()
    for _try in range(2):
        assert log_in(email, "wrong") == 200
    said = Client().post(reverse("account_login"), {"login": email, "password": PASSWORD})
    assert said.status_code != 302, "the right password too: the account waits"


def test_it_is_used_again_once_it_is_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.set("a", 1)
    assert redis.Redis(port=server.port).dbsize() == 1
    server.stop()
    assert cache.get("a") == 1
    assert (cache.add("a", 2), cache.add("b", 2), cache.get("b")) == (False, True, 2)
    assert cache.delete("b") is True
    server.start()
    cache.set("c", 3)
    assert redis.Redis(port=server.port).dbsize() == 0, "left alone for a while"
    monkeypatch.setattr(SharedCache, "_asked_again_at", time.monotonic() - LEFT_ALONE)
    cache.set("c", 3)
    assert redis.Redis(port=server.port).dbsize() == 1
