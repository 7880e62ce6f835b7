"""How many requests a process works on at one time, and how many wait in line behind them."""

from __future__ import annotations

import asyncio
import ipaddress
import weakref
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from config import limits


class Busy(Exception):
    """There is no place, and the line is full or does not move."""


class Crowd:
    """``places`` at one time, ``line`` behind them for ``patience`` seconds at most."""

    def __init__(self, places: int, line: int, patience: float) -> None:
        self._places = asyncio.Semaphore(places)
        self._line, self._patience = line, patience
        self._waiting = 0

    @property
    def is_waited_for(self) -> bool:
        """Tell whether somebody is in line."""
        return self._waiting > 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place for the time of a block; raises Busy."""
        await self._enter()
        try:
            yield
        finally:
            self._places.release()

    async def _enter(self) -> None:
        if self._waiting >= self._line:
            raise Busy
        self._waiting += 1
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError as error:
            raise Busy from error
        finally:
            self._waiting -= 1


class Strangers(Crowd):
    """Those of whom only the address is known: none of them takes more than its part of the places."""

    def __init__(self) -> None:
        super().__init__(limits.STRANGERS_AT_ONCE, limits.STRANGERS_AT_ONCE, limits.IN_LINE_FOR)
        self._each: dict[str, Crowd] = {}
        self._asking: Counter[str] = Counter()

    @asynccontextmanager
    async def place_of(self, address: str) -> AsyncIterator[None]:
        """Hold a place, within what this address may; raises Busy."""
        network = _network(address)
        each = limits.STRANGERS_EACH
        own = self._each.setdefault(network, Crowd(each, each, limits.IN_LINE_FOR))
        self._asking[network] += 1
        try:
            async with own.place(), self.place():
                yield
        finally:
            self._asking[network] -= 1
            if not self._asking[network]:
                del self._asking[network], self._each[network]


def _network(address: str) -> str:
    """Return what one stranger has: an address, or in IPv6 a network of 64 bits."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


class Crowds:
    """The crowds of one event loop: requests in hand, large bodies being received, strangers’."""

    def __init__(self) -> None:
        self.hands = Crowd(limits.IN_HAND, limits.IN_LINE, limits.IN_LINE_FOR)
        self.large = Crowd(limits.LARGE_AT_ONCE, limits.LARGE_AT_ONCE, limits.IN_LINE_FOR)
        self.uploads = Crowd(limits.UPLOADS_AT_ONCE, limits.UPLOADS_AT_ONCE, limits.IN_LINE_FOR)
        self.strangers = Strangers()


_crowds: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Crowds] = weakref.WeakKeyDictionary()


def here() -> Crowds:
    """Return the crowds of the running loop."""
    loop = asyncio.get_running_loop()
    if loop not in _crowds:
        _crowds[loop] = Crowds()
    return _crowds[loop]
