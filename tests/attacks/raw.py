"""A client that speaks HTTP and websocket byte by byte, as no honest one does."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client


@contextmanager
def connected(url: str, timeout: float = 30) -> Iterator[socket.socket]:
    """Open a connection to the server of ``url``."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout) as wire:
        yield wire


def head(url: str, method: str, path: str, **headers: str) -> bytes:
    """Return the head of a request; ``_`` stands for ``-`` in the names of headers."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {urlsplit(url).netloc}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def answer(wire: socket.socket) -> bytes:
    """Return all that the server says until it closes, or falls silent; ``b""`` if it just closes."""
    said = b""
    try:
        while chunk := wire.recv(65536):
            said += chunk
    except (TimeoutError, ConnectionResetError):
        pass
    return said


def status(said: bytes) -> int:
    """Return the status of an answer, 0 if there is none."""
    return int(said.split(b" ", 2)[1]) if said.startswith(b"HTTP/") else 0


def seconds_to_close(wire: socket.socket) -> float:
    """Return how long the server keeps the connection, reading what it says."""
    began = time.monotonic()
    answer(wire)
    return time.monotonic() - began


@contextmanager
def websocket(url: str, client: Client) -> Iterator[socket.socket]:
    """Open the socket of that person's page, its handshake over; what follows it is frames."""
    name = settings.SESSION_COOKIE_NAME
    asked = {
        "Origin": url,
        "Cookie": f"{name}={client.cookies[name].value}",
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": "AAAAAAAAAAAAAAAAAAAAAA==",
    }
    with connected(url) as wire:
        wire.sendall(head(url, "GET", "/ws/live/", **asked))
        said = b""
        while not said.endswith(b"\r\n\r\n"):
            said += wire.recv(1)
        assert status(said) == 101, said
        yield wire
