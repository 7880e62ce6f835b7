"""Open pages and server processes for the tests of what is told live: real sockets, real servers."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.test import Client
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from contracts.models import Contract
from stakeholders.models import User
from tests import workers
from tests.database_address import database_address

SOON = 10.0  # seconds: how long a test waits for what must come
SERVER = "served-by-a-test"  # what the connections of a server process are called
QUIET = 0.4  # seconds: how long it waits to see that nothing comes


def logged_in(user: User) -> Client:
    """Return a browser with a session of that person."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


class Page:
    """One open page: its socket, and what it has been told."""

    def __init__(self, wire: ClientConnection) -> None:
        self.wire = wire
        self.told: list[dict[str, Any]] = []

    def hear(self, wait: float = SOON) -> dict[str, Any]:
        """Return the next message; raises TimeoutError, or ConnectionClosed."""
        message: dict[str, Any] = json.loads(self.wire.recv(timeout=wait))
        self.told.append(message)
        return message

    def hear_until(self, kind: str) -> dict[str, Any]:
        """Return the next message of that kind."""
        while (message := self.hear())["kind"] != kind:
            pass
        return message

    def hear_all(self, wait: float = QUIET) -> list[dict[str, Any]]:
        """Return what comes until nothing comes for a moment."""
        heard = []
        while True:
            try:
                heard.append(self.hear(wait))
            except TimeoutError:
                return heard

    def close_code(self, wait: float = SOON) -> int | None:
        """Wait for the server to close the socket; return its code."""
        try:
            while True:
                self.hear(wait)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None


@contextmanager
def page(
    url: str,
    who: User | Client | None,
    contract: Contract | None = None,
    after: int | None = None,
    origin: str | None = None,
    *,
    since: int | None = None,
) -> Iterator[Page]:
    """Open the socket of a page as its script does; yields once the server has answered.

    ``since`` is what a contract's page says, whose parts are pushed.
    """
    client = logged_in(who) if isinstance(who, User) else who
    query = "&".join(
        f"{name}={value}"
        for name, value in (
            ("contract", contract.pk if contract else None),
            ("after", after),
            ("depuis", since),
        )
        if value is not None
    )
    headers = {}
    if client is not None:
        headers["Cookie"] = "; ".join(f"{name}={one.value}" for name, one in client.cookies.items())
    address = f"{url.replace('http', 'ws', 1)}/ws/live/?{query}"
    site = Origin(origin or url)
    with connect(address, origin=site, additional_headers=headers, open_timeout=40) as wire:
        yield Page(wire)


@contextmanager
def watching(
    url: str,
    who: User | Client,
    contract: Contract | None = None,
    after: int | None = None,
    *,
    since: int | None = None,
) -> Iterator[Page]:
    """Open a page that the server lets watch, its greeting heard."""
    with page(url, who, contract, after, since=since) as opened:
        opened.hear_until("hello")
        yield opened


def name_static_files() -> None:
    """Write the list by which a process of its own finds static files, which nobody collected here."""
    names = [name for finder in get_finders() for name, _storage in finder.list([])]
    folder = Path(settings.BLOB_DIR).parent / "static"
    folder.mkdir(exist_ok=True)
    manifest = {"paths": {name: name for name in names}, "version": "1.1", "hash": ""}
    (folder / "staticfiles.json").write_text(json.dumps(manifest))


def environment(**changes: str) -> dict[str, str]:
    """Return the environment in which a process of ours shares this test's database and secrets."""
    return {
        **os.environ,
        "DATABASE_URL": database_address(),
        "STATE_DIR": str(Path(settings.BLOB_DIR).parent),
        "SECRET_KEY": settings.SECRET_KEY,
        "LOG_LEVEL": "CRITICAL",
        **changes,
    }


@contextmanager
def server_process(**changes: str) -> Iterator[tuple[str, BaseProcess]]:
    """Serve the application from a process of its own; yield its address and the process."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    process = workers.serve(environment(PGAPPNAME=SERVER, **changes), listener)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    listener.close()  # the process holds its own; nothing else must keep the port open
    try:
        yield url, process
    finally:
        process.kill()
        process.join(20)
        assert process.exitcode is not None
