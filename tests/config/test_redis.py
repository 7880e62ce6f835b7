"""Redis spares the processes from rendering the same twice; away, forged or back, nobody notices."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings
from django.core.cache import caches
from django.test import override_settings
from django.urls import reverse
from django.utils.safestring import SafeString

from config.parts_cache import LEFT_ALONE, PartsCache
from config.run import free_port
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in

pytestmark = pytest.mark.skipif(shutil.which("redis-server") is None, reason="redis-server is not installed")
PART = SafeString("<p>Où en est chaque acteur</p>")


class Server:
    """A real Redis on a port of its own, which may be stopped."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--save", "", "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                assert time.monotonic() < deadline
                time.sleep(0.05)

    @property
    def client(self) -> Any:
        return redis.Redis(port=self.port)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server(tmp_path)
    server.start()
    monkeypatch.setattr(PartsCache, "_asked_again_at", 0.0)
    yield server
    server.stop()


def of_a_process(server: Server) -> PartsCache:
    """Return the cache as another process has it: its memory is empty."""
    found = PartsCache(server.url, {})
    found._memory.clear()
    return found


def test_what_one_process_rendered_another_shows(server: Server) -> None:
    of_a_process(server).set("contract.1", PART, 10)
    shown = of_a_process(server).get("contract.1")
    assert (shown, type(shown)) == (PART, SafeString)
    assert 0 < server.client.ttl(server.client.keys()[0]) <= 10


def test_what_somebody_wrote_into_redis_is_not_shown(server: Server) -> None:
    of_a_process(server).set("contract.1", PART, 10)
    (key,) = server.client.keys()
    sealed = server.client.get(key)
    for forged in (b"<script>", sealed[:32] + b"<script>alert(1)</script>", b"", sealed[:-1]):
        server.client.set(key, forged)
        assert of_a_process(server).get("contract.1") is None


def test_pages_are_whole_while_redis_is_away_and_it_is_used_again_once_back(
    cast: Cast, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, reader = plot.opened(small_contract(cast)), logged_in(cast.pilote_ville)
    address = reverse("contract", args=[contract.pk])
    parts = {**settings.CACHES["parts"], "LOCATION": server.url}
    with override_settings(CACHES={**settings.CACHES, "parts": parts}):
        whole = reader.get(address).content.decode()
        assert "Où en est chaque acteur" in whole
        assert server.client.dbsize() > 3
        server.stop()
        caches["parts"].clear()
        began = time.monotonic()
        assert "rédaction en cours" in reader.get(address).content.decode()
        assert time.monotonic() - began < 10
        server.start()
        caches["parts"].set("a", PART)
        assert server.client.dbsize() == 0, "left alone for a while"
        monkeypatch.setattr(PartsCache, "_asked_again_at", time.monotonic() - LEFT_ALONE)
        caches["parts"].set("a", PART)
        assert server.client.dbsize() == 1
