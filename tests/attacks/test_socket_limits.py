"""Somebody wants the site to stop by its websockets: loud, malformed, many. The server as it is served."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings
from websockets.exceptions import ConnectionClosed

from config import limits
from tests.attacks.serving import door
from tests.cast import Cast
from tests.workflow.sockets import logged_in, page, watching


def test_a_page_that_speaks_says_nothing_to_the_server(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """16 MB, binary, what is no JSON, a query of nonsense: cut or ignored, nothing in the log."""
    with door() as url:
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

    with door() as url:
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
