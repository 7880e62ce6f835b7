"""Somebody holds « Vérifier un document » by uploads without end: a slow one gives way, each has a part."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from select import select
from typing import Any

import pytest

from config import crowd, limits, proxies
from tests.attacks import raw
from tests.attacks.serving import door

SIZE = limits.STRANGER + 4000  # taken without a session by the pages open to all alone


@pytest.fixture
def served(transactional_db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The application behind a proxy, three places for strangers: a minute, unless waited for."""
    settings.TRUSTED_PROXIES = proxies.networks("127.0.0.1")
    for name, value in {
        "STRANGERS_AT_ONCE": 3,
        "STRANGERS_EACH": 2,
        "IN_LINE_FOR": 4.0,
        "BODY_GRACE": 60.0,
        "WAITED_GRACE": 0.2,
        "LOOKED_AT": 0.1,
    }.items():
        monkeypatch.setattr(limits, name, value)
    with door() as url:
        yield url


def begun(url: str, address: str, wires: ExitStack, *, whole: bool = False) -> socket.socket:
    """Begin to send a file, from this address; all of it, or one byte."""
    wire = wires.enter_context(raw.connected(url, 10))
    kind = "multipart/form-data; boundary=x"
    head = raw.head(
        url, "POST", "/verifier/", Content_Type=kind, Content_Length=str(SIZE), X_Forwarded_For=address
    )
    wire.sendall(head + b"x" * (SIZE if whole else 1))
    return wire


def is_held(wire: socket.socket) -> bool:
    """Tell whether nothing is answered for a while."""
    wire.settimeout(0.6)
    try:
        wire.recv(1)
    except TimeoutError:
        return True
    return False


def test_a_slow_one_keeps_its_place_until_somebody_waits_for_it(served: str) -> None:
    with ExitStack() as wires:
        slow = [begun(served, f"192.0.2.{n}", wires) for n in range(3)]
        assert all(map(is_held, slow)), "nobody waits: they have a minute"
        honest = begun(served, "192.0.2.9", wires, whole=True)
        assert raw.status(raw.answer(honest)) not in {408, 503}
        # one at least gave way; those who look again once nobody waits any more keep their place
        gone = select(slow, [], [], 10)[0]
        assert {raw.status(raw.answer(wire)) for wire in gone} == {408}


def test_one_address_takes_its_part_and_no_more(served: str) -> None:
    """Whatever it does in its network of IPv6: a third of it waits in vain, another address does not."""
    with ExitStack() as wires:
        slow = [begun(served, f"2001:db8::{n}", wires) for n in range(2)]
        assert all(map(is_held, slow))
        third = begun(served, "2001:db8::ffff", wires, whole=True)
        other = begun(served, "2001:db8:0:1::1", wires, whole=True)
        assert raw.status(raw.answer(other)) not in {408, 503}
        assert raw.status(raw.answer(third)) == 503


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8::1", "2001:db8::2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("", "", True),
    ],
)
def test_what_one_stranger_has(one: str, other: str, alike: bool) -> None:
    assert (crowd._network(one) == crowd._network(other)) is alike
