"""Somebody wants the site to stop by its websockets: loud, malformed, many. The server as it is served."""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode, Opcode
from websockets.server import ServerProtocol

from config import limits
from tests.attacks import raw
from tests.attacks.serving import door
from tests.cast import Cast
from tests.workflow.sockets import logged_in, page, watching
from workflow.live.consumers import LiveConsumer


def test_a_page_that_speaks_says_nothing_to_the_server(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """16 MB, binary, what is no JSON, a query of nonsense: cut or ignored, nothing in the log."""
    with door(told=caplog.handler) as url:
        for size in (2 * limits.KIB, 16 * limits.MIB):
            with page(url, cast.pilote_ville) as loud:
                loud.hear_until("hello")
                with pytest.raises(ConnectionClosed) as closed:
                    loud.wire.send("a" * size)
                    loud.hear_all(10)
                # the larger one may be cut before its sender reads why
                assert closed.value.rcvd.code == 1009 if closed.value.rcvd else size > limits.MIB
        with page(url, cast.pilote_ville) as odd:
            odd.hear_until("hello")
            for said in ("{", "[]", json.dumps({"type": "event.told"}), b"\x00\xff", "é" * 400):
                odd.wire.send(said)
            assert odd.hear_all() == []
            for _more in range(30):
                try:
                    odd.wire.send("x")
                except ConnectionClosed:
                    break
            assert odd.close_code() == 1008
        client = logged_in(cast.pilote_ville)
        for query in ("contract=" + "9" * 5000, "after=" + "9" * 30, "contract=%FF", "after=²"):
            with _asking(url, client, query) as wire:
                assert json.loads(wire.recv(timeout=10))["kind"] == "hello"
    assert not tracebacks(caplog)


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what the server logged with a stack; the client of the test logs its own."""
    return [r for r in caplog.records if r.exc_info and not r.name.startswith("websockets.client")]


@contextmanager
def _asking(url: str, client: Client, query: str) -> Iterator[Any]:
    from websockets.sync.client import connect
    from websockets.typing import Origin

    name = settings.SESSION_COOKIE_NAME
    with connect(
        f"{url.replace('http', 'ws', 1)}/ws/live/?{query}",
        origin=Origin(url),
        additional_headers={"Cookie": f"{name}={client.cookies[name].value}"},
    ) as wire:
        yield wire


def test_malformed_doors_are_closed_without_a_word_in_the_log(
    transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Another path, an origin that is no address: refused, no traceback."""
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect
    from websockets.typing import Origin

    with door(told=caplog.handler) as url:
        for path, origin in (("/ws/other/", url), ("/ws/live/", "http://[::1"), ("/ws/live/", "http://a:b")):
            with pytest.raises(InvalidStatus) as refused:
                connect(f"{url.replace('http', 'ws', 1)}{path}", origin=Origin(origin))
            assert refused.value.response.status_code == 403
    assert not tracebacks(caplog)


def test_the_oldest_page_of_a_person_gives_way(cast: Cast) -> None:
    """One account cannot fill a process with sockets, nor close another's; all of them are counted."""
    client = logged_in(cast.pilote_ville)
    with door() as url, override_settings(SOCKETS_AN_ACCOUNT=3, SOCKETS=5), ExitStack() as pages:
        other = pages.enter_context(watching(url, cast.bailleur_oh))
        mine = [pages.enter_context(watching(url, client)) for _page in range(4)]
        assert mine[0].close_code() == 4429
        pages.enter_context(watching(url, cast.rtac))
        assert other.hear_all() == [], "still open"
        with page(url, cast.maire) as beyond:
            assert beyond.close_code() == 1013


def test_a_page_that_gives_way_while_it_is_greeted_leaves_no_trace(
    cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(cast.pilote_ville)
    greet, greeted, gone, over = LiveConsumer._catch_up, *(threading.Event() for _event in range(3))

    async def slowly(consumer: LiveConsumer, after: int | None) -> None:
        if greeted.is_set():
            await greet(consumer, after)
            return
        greeted.set()  # the first page's greeting lasts until it has given way
        assert await asyncio.to_thread(gone.wait, 20)
        try:
            await greet(consumer, after)
        finally:
            over.set()

    monkeypatch.setattr(LiveConsumer, "_catch_up", slowly)
    with (
        door(told=caplog.handler) as url,
        override_settings(SOCKETS_AN_ACCOUNT=1),
        raw.websocket(url, client) as first,
    ):
        assert greeted.wait(20)
        with page(url, client) as second:
            assert first.recv(4) == b"\x88\x02" + (4429).to_bytes(2), "a close frame, left without an answer"
            gone.set()
            second.hear_until("hello")
            assert over.wait(20)
    assert not tracebacks(caplog)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the lengths of what the server's parser of frames is given; it grows as it is served."""
    lengths: list[int] = []
    receive = ServerProtocol.receive_data

    def counted(protocol: ServerProtocol, data: bytes) -> None:
        lengths.append(len(data))
        receive(protocol, data)

    monkeypatch.setattr(ServerProtocol, "receive_data", counted)
    return lengths


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"\x81\xff" + (16 * limits.MIB).to_bytes(8) + bytes(4), b"a"),  # one frame of 16 MB
        (b"", b"\x81\x81" + bytes(4) + b"a"),  # messages of one letter
        (b"\x01\x80" + bytes(4), b"\x00\x80" + bytes(4)),  # a message in empty pieces that never ends
        (b"", b"\x89\x80" + bytes(4)),  # pings, each to be answered
        (b"", b"\x8a\x80" + bytes(4)),  # answers to no ping
    ],
    ids=["one frame", "letters", "empty pieces", "pings", "pongs"],
)
def test_megabytes_are_refused_unread_whatever_their_frames(
    cast: Cast, parsed: list[int], caplog: pytest.LogCaptureFixture, first: bytes, again: bytes
) -> None:
    """A frame is six bytes at least: to parse a megabyte of them would hold the process for seconds."""
    with door(told=caplog.handler) as url, raw.websocket(url, logged_in(cast.pilote_ville)) as wire:
        parsed.clear()
        with suppress(ConnectionError):
            wire.sendall(first + again * (limits.MIB // len(again)))
        raw.answer(wire)
    assert sum(parsed) <= limits.SPOKEN
    assert not tracebacks(caplog)


def test_a_page_that_answers_the_servers_pings_stays(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long: an answer to our ping begins a new count, any other byte does not."""
    monkeypatch.setattr(limits, "PING_EVERY", 0.02)
    monkeypatch.setattr(limits, "SPOKEN", 100)
    with door() as url, raw.websocket(url, logged_in(cast.pilote_ville)) as wire:

        def heard() -> tuple[int, bytes]:
            """Return the kind and the content of the next frame but the greeting's."""
            while (head := wire.recv(2, socket.MSG_WAITALL))[0] == 0x81:
                wire.recv(head[1], socket.MSG_WAITALL)
            return head[0] & 15, wire.recv(head[1], socket.MSG_WAITALL)

        for _answer in range(30):  # 300 bytes
            kind, payload = heard()
            assert kind == Opcode.PING
            wire.sendall(b"\x8a\x84" + bytes(4) + payload)
        wire.sendall((b"\x8a\x84" + bytes(4) + b"none") * 11)
        while (told := heard())[0] == Opcode.PING:
            pass
        assert told == (Opcode.CLOSE, CloseCode.MESSAGE_TOO_BIG.to_bytes(2))
