"""The body of a request, received under limits before anybody works on it, and the answer, held likewise.

A slow sender or a slow reader thus never keeps a thread, a connection to the database or
one of the requests in hand.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from tempfile import SpooledTemporaryFile
from typing import Any

from config import limits

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
CHUNK = 64 * limits.KIB
HELD = 256 * limits.KIB  # bytes of an answer in memory; the rest in the temporary folder


class Refusal(Exception):
    """The body cannot be taken; ``status`` is the HTTP status that says why."""

    status = 400


class TooLarge(Refusal):
    """More than the route takes."""

    status = 413


class TooSlow(Refusal):
    """It did not arrive in time."""

    status = 408


class Gone(Exception):
    """The sender left before the end."""


class Body:
    """What was received; replayed to the application as often as it asks."""

    def __init__(self) -> None:
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(limits.STRANGER)  # noqa: SIM115 (close)
        self.size = 0

    def add(self, chunk: bytes) -> None:
        """Keep one more piece."""
        self._file.write(chunk)
        self.size += len(chunk)

    def replay(self) -> Receive:
        """Return the ``receive`` of the application: the body, then silence.

        That the sender has left is never told: work that was begun is finished, so that
        coming and going at once does not leave threads behind that nobody counts.
        """
        self._file.seek(0)
        left = self.size
        told = False

        async def receive() -> Message:
            nonlocal left, told
            if told:
                await asyncio.Event().wait()  # cancelled with the request
            chunk = self._file.read(CHUNK)
            left -= len(chunk)
            told = left <= 0
            return {"type": "http.request", "body": chunk, "more_body": not told}

        return receive

    def close(self) -> None:
        """Forget it."""
        self._file.close()


def announced(headers: dict[bytes, bytes]) -> int | None:
    """Return the length that the headers give: 0 without a body, nothing for one in pieces."""
    if b"transfer-encoding" in headers:
        return None
    text = headers.get(b"content-length", b"0").strip()
    return int(text) if text.isdigit() and len(text) < 16 else limits.UPLOAD + 1


async def received(
    headers: dict[bytes, bytes], receive: Receive, most: int, is_waited_for: Callable[[], bool] = bool
) -> Body:
    """Receive a body of at most ``most`` bytes; raises TooLarge before more is read, TooSlow, Gone.

    While its place ``is_waited_for`` it has to come faster.
    """
    length = announced(headers)
    if length is not None and length > most:
        raise TooLarge
    body, began = Body(), time.monotonic()
    more = length != 0
    try:
        while more:
            left = began + _allowed(body.size, is_waited_for()) - time.monotonic()
            if left <= 0:
                raise TooSlow
            try:
                async with asyncio.timeout(min(left, limits.LOOKED_AT)):
                    message = await receive()
            except TimeoutError:
                continue
            if message["type"] == "http.disconnect":
                raise Gone
            if body.size + len(message.get("body", b"")) > most:
                raise TooLarge
            body.add(message.get("body", b""))
            more = message.get("more_body", False)
    except BaseException:
        body.close()
        raise
    return body


def _allowed(size: int, is_waited_for: bool) -> float:
    """Return how many seconds so many bytes may take."""
    allowed = min(limits.BODY_GRACE + size / limits.BODY_RATE, limits.BODY_LONGEST)
    return min(allowed, limits.WAITED_GRACE + size / limits.WAITED_RATE) if is_waited_for else allowed


async def drain(receive: Receive) -> None:
    """Throw away what a refused sender is still sending, for a moment: cut at once, it never reads why."""
    try:
        async with asyncio.timeout(limits.REFUSED_DRAIN):
            while (message := await receive())["type"] == "http.request" and message.get("more_body"):
                pass
    except TimeoutError:
        pass


class Reply:
    """The answer of the application, kept until it is whole, then passed on as fast as it is read."""

    def __init__(self) -> None:
        self._start: Message | None = None
        self._file: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(HELD)  # noqa: SIM115 (pass_on)

    async def keep(self, message: Message) -> None:
        """Be the ``send`` of the application."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._file.write(message.get("body", b""))

    async def pass_on(self, send: Send) -> None:
        """Send it."""
        with self._file:
            if self._start is None:
                return
            await send(self._start)
            left = self._file.tell()
            self._file.seek(0)
            while left > 0:
                chunk = self._file.read(CHUNK)
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
                if left <= 0:
                    return
            await send({"type": "http.response.body", "body": b"", "more_body": False})
