"""The demonstration PKI, really served on loopback for the whole test session."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from django.conf import settings
from django.test import override_settings

from signatures.demo import pki as authorities
from signatures.demo.pki.services import Receive, Scope, Send, Services


class Interruptible(Services):
    """The real services, which answer 503 under ``paths_down`` as a broken authority does."""

    paths_down: tuple[str, ...] = ()
    paths_endless: tuple[str, ...] = ()  # they begin an answer that has no end
    paths_mute: tuple[str, ...] = ()  # they accept a question and never answer
    sent = 0  # bytes of answers without an end

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or say that one cannot."""
        if self.paths_mute and scope["path"].startswith(self.paths_mute):
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        if self.paths_endless and scope["path"].startswith(self.paths_endless):
            await self._send_for_ever(receive, send)
            return
        if self.paths_down and scope["path"].startswith(self.paths_down):
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await super().__call__(scope, receive, send)

    async def _send_for_ever(self, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body"):
            pass
        gone = asyncio.ensure_future(receive())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while not gone.done():
            await send({"type": "http.response.body", "body": bytes(1 << 16), "more_body": True})
            self.sent += 1 << 16
            await asyncio.sleep(0)


@dataclass(frozen=True)
class ServedPki:
    """Where the PKI is: its address, folder and root certificate (PEM)."""

    url: str
    folder: Path
    root: Path
    services: Interruptible

    @contextmanager
    def interrupted(self, *paths: str) -> Iterator[None]:
        """Have the services below ``paths`` answer 503 for the time of a block."""
        self.services.paths_down = paths
        try:
            yield
        finally:
            self.services.paths_down = ()

    @contextmanager
    def endless(self, *paths: str) -> Iterator[Interruptible]:
        """Have the services below ``paths`` send without end for the time of a block."""
        self.services.paths_endless, self.services.sent = paths, 0
        try:
            yield self.services
        finally:
            self.services.paths_endless = ()

    @contextmanager
    def mute(self, *paths: str) -> Iterator[None]:
        """Have the services below ``paths`` never answer for the time of a block."""
        self.services.paths_mute = paths
        try:
            yield
        finally:
            self.services.paths_mute = ()


@contextmanager
def served(application: Callable[..., Any], port: int = 0) -> Iterator[str]:
    """Serve an ASGI application on a free port of loopback from a thread; yield its address."""
    listener = socket.create_server(("127.0.0.1", port))
    with served_on(listener, application) as url:
        yield url


@contextmanager
def served_on(listener: socket.socket, application: Callable[..., Any]) -> Iterator[str]:
    """Serve an ASGI application on an open socket from a thread; yield its address."""
    config = uvicorn.Config(application, lifespan="off", log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServedPki]:
    """Make the authorities once and serve them; the settings point at them meanwhile."""
    folder = tmp_path_factory.mktemp("pki")
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    overridden = override_settings(
        PKI_DIR=folder,
        PKI_URL=url,
        TIMESTAMP_URLS=[f"{url}/tsa"],
        TRUST_ROOTS=[folder / "root.cert.pem"],
    )
    with overridden:
        root = authorities.ensure()
        services = Interruptible()
        with served_on(listener, services):
            yield ServedPki(url, folder, root, services)


@pytest.fixture
def blob_folder(tmp_path: Path) -> Iterator[Path]:
    """Give the test its own store of documents, and of the journal's anchors."""
    with override_settings(BLOB_DIR=tmp_path / "blobs", ANCHOR_DIR=tmp_path / "anchors"):
        yield Path(settings.BLOB_DIR)
