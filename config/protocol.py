"""The connections of the pages: uvicorn's own, with the time-outs that it does not have.

uvicorn waits for ever for the end of the headers, counts none of their bytes (httptools),
and keeps for ever what a reader does not take.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode, Frame
from websockets.protocol import State

from config import limits

_SENTENCE = (
    "Le service est très demandé en ce moment : rien n’a été enregistré, réessayez dans quelques secondes.\n"
)


def _plain(status: str, sentence: str, *headers: str) -> bytes:
    content = sentence.encode()
    lines = [
        f"HTTP/1.1 {status}",
        "content-type: text/plain; charset=utf-8",
        f"content-length: {len(content)}",
        "connection: close",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


FULL = _plain("503 Service Unavailable", _SENTENCE, f"retry-after: {limits.RETRY_AFTER}")
LATE = _plain("408 Request Timeout", "La demande n’est pas arrivée à temps : réessayez.\n")
LONG = _plain(
    "431 Request Header Fields Too Large",
    "Les en-têtes de la demande sont trop longs : effacez les cookies de ce site, puis réessayez.\n",
)
_PIECE = 4 * limits.KIB  # bytes parsed between two looks at what they were


class _Stalling:
    """Cuts a connection whose reader takes nothing for a while."""

    transport: asyncio.Transport
    _stalled: asyncio.TimerHandle | None = None

    def pause_writing(self) -> None:
        """The reader is behind: give it a while."""
        if self._stalled is None:
            loop = asyncio.get_running_loop()
            self._stalled = loop.call_later(limits.WRITES_WITHIN, self.transport.abort)
        super().pause_writing()  # type: ignore[misc]

    def resume_writing(self) -> None:
        """It reads again."""
        self._unstall()
        super().resume_writing()  # type: ignore[misc]

    def connection_lost(self, exc: Exception | None) -> None:
        """It left."""
        self._unstall()
        super().connection_lost(exc)  # type: ignore[misc]

    def _unstall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None


class PageProtocol(_Stalling, HttpToolsProtocol):
    """HTTP with headers that end in time and in size, requests and bodies in pieces that are worth parsing.

    A megabyte of empty requests, of chunks of one byte or of trailers holds the process for
    seconds: what is not a body's content is counted, and nothing is parsed past a refusal.
    """

    _late: asyncio.TimerHandle | None = None
    _fed = 0  # bytes since the last request ended, or since its headers did
    _content = 0  # of which the content of a body
    _headers_size = 0  # of the headers that are whole
    _in_headers = True
    _turned_away = False
    _upgraded = False
    _in_hand: RequestResponseCycle | None = None  # others wait behind it

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Turn away whom there is no room for; give the others a while to say what they want."""
        super().connection_made(transport)
        if len(self.connections) > limits.CONNECTIONS:
            transport.write(FULL)
            transport.close()
            return
        self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the time-out too, and tell the request in hand, where uvicorn tells the last to come."""
        self._stop_waiting()
        if self._in_hand is not None:
            self._in_hand.disconnected = True
            self._in_hand.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse by small pieces, up to the one that is refused."""
        for start in range(0, len(data), _PIECE):
            if self._is_over():
                return
            self._parse(data[start : start + _PIECE])

    def _is_over(self) -> bool:
        """Whether what comes is no request to read: it is thrown away."""
        answered = self.cycle is not None and self.cycle.response_started and not self.cycle.keep_alive
        return self.transport.is_closing() or self._upgraded or answered

    def _parse(self, piece: bytes) -> None:
        """Count what is no content; the content is counted by the front door."""
        if self._in_headers and self._late is None:
            self._await_headers()
        self._fed += len(piece)
        super().data_received(piece)
        framing = limits.FRAMING_AT_MOST + self._content // limits.CONTENT_TO_FRAMING
        if self._fed - self._content > (limits.HEADERS_AT_MOST if self._in_headers else framing):
            self._turn_away(LONG)

    def on_message_begin(self) -> None:
        """A request begins: its headers are awaited, unless too many before it wait for their answer."""
        self._in_headers, self._headers_size = True, 0
        if len(self.pipeline) >= limits.PIPELINED:
            self._turn_away(FULL)
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count what is whole, wherever it came with more."""
        self._headers_size += len(name) + len(value) + 4
        if not self._turned_away:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The headers are there."""
        self._stop_waiting()
        self._fed = 0
        if self._headers_size + len(self.url) > limits.HEADERS_AT_MOST:
            self._turn_away(LONG)
        if not self._turned_away:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Leave what follows refused headers."""
        self._content += len(body)
        if not self._turned_away:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The next bytes are another request's."""
        if self._turned_away:
            return
        super().on_message_complete()
        self._in_headers, self._fed, self._content = True, 0, 0

    def handle_websocket_upgrade(self) -> None:
        """Leave the connection to the websocket."""
        self._stop_waiting()
        self._upgraded = True
        super().handle_websocket_upgrade()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._in_hand = cycle
        super()._start_asgi_task(cycle, app)

    def _await_headers(self) -> None:
        self._late = self.loop.call_later(limits.HEADERS_WITHIN, self._turn_away, LATE)

    def _stop_waiting(self) -> None:
        self._in_headers = False
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _turn_away(self, answer: bytes) -> None:
        self._stop_waiting()
        self._turned_away = True
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:  # never in the middle of another answer
            self.transport.write(answer)
        self.transport.close()


class SocketProtocol(_Stalling, WebSocketsSansIOProtocol):
    """Websockets of pages that only listen: few bytes are read of them, and no answers pile up.

    The parser refuses a frame on the length that its header tells, but a frame may be of six
    bytes: what comes is counted before a single frame of it is looked at.
    """

    _said = 0  # bytes, since our last ping was answered

    def data_received(self, data: bytes) -> None:
        """Cut who says too much, or takes none of the answers."""
        if self.transport.is_closing():
            return
        if self.handshake_initiated:
            self._said += len(data)
        if self._said > limits.SPOKEN:
            self._silence()
            return
        super().data_received(data)
        transport: Any = self.transport
        if transport.get_write_buffer_size() > limits.MIB:
            transport.abort()

    def handle_pong(self, event: Frame) -> None:
        """Count anew from the answer to our ping: there is one in ``PING_EVERY`` seconds."""
        awaited = self.pending_ping_payload
        super().handle_pong(event)
        if awaited is not None and self.pending_ping_payload is None:
            self._said = 0

    def _silence(self) -> None:
        """Close without reading on; 1009 where a close code may still be sent."""
        if self.conn.state is not State.OPEN:
            self.transport.abort()
            return
        self.conn.fail(CloseCode.MESSAGE_TOO_BIG)
        self.handle_parser_exception()
