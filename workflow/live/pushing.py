"""What moves on open pages, pushed to them: made once an event in each process, for all who read the same.

A page that is told of an event asks for nothing: what it shows anew comes by its socket. Whoever makes it
stands on a higher floor (``workflow/board/pushed.py``) and is known here by ``made_by``. Should nothing come,
the page fetches it as one without a socket does (``live.js``).
"""

from __future__ import annotations

import asyncio
import secrets
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError

log = structlog.get_logger(__name__)
# stands where a form's token goes, which each page is given of its own; drawn, so that no text holds it
TOKEN = secrets.token_hex(32)
GATHERING = 0.03  # seconds in which what comes in a burst is made once


Own = tuple[int, str]  # a person, and in which language


@dataclass(frozen=True)
class Reader:
    """Who reads an open page, and which: pages of equal readers are shown the same.

    ``contract`` and ``after`` (where its newest lines of history begin) are of a page that shows a contract
    and has its parts pushed; any other page is pushed its reader's counter alone.
    """

    person: int
    language: str
    contract: int | None = None
    after: int = 0

    @property
    def own(self) -> Own:
        """Whose counter the page shows, and in which language."""
        return self.person, self.language


@dataclass(frozen=True)
class Shown:
    """What a contract's page shows its reader: the parts by their place, the diagram, the tag of it all."""

    parts: Mapping[str, str]
    steps: Any
    tag: str


@dataclass(frozen=True)
class Made:
    """What is pushed: to the pages that show a contract its parts; or to any page how many tasks wait.

    ``allowed`` are the people who may read the contract, asked after all was made: nobody else is sent it.
    """

    shown: Mapping[Reader, Shown] = field(default_factory=dict)
    allowed: frozenset[int] = frozenset()
    trays: Mapping[Own, str] = field(default_factory=dict)


class Maker(Protocol):
    """What makes what is pushed."""

    def parts(self, contract: int, readers: frozenset[Reader]) -> Made:
        """Make the parts of a contract for these readers."""

    def trays(self, people: frozenset[Own]) -> Made:
        """Make the trays of these people."""


_makers: list[Maker] = []


def made_by(maker: Maker) -> None:
    """Have what is pushed made by this."""
    _makers[:] = [maker]


@dataclass
class Moved:
    """What the events told since the last push change: whose counters, and until which event."""

    last: int = 0
    people: set[int] = field(default_factory=set)


class Pushing:
    """The open pages of one event loop that are pushed what moves, and the task that has it made."""

    def __init__(self) -> None:
        self.pages: weakref.WeakKeyDictionary[Any, Reader] = weakref.WeakKeyDictionary()
        self._moved: dict[int | None, Moved] = {}
        self._task: asyncio.Task[None] | None = None

    def moved(self, event: int, contract: int | None, people: Iterable[int]) -> None:
        """Have pushed what an event changed: the contract's parts, and the counters of these people."""
        told = self._moved.setdefault(contract, Moved())
        told.last = event
        told.people |= set(people)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._push(), name="pushing")

    async def _push(self) -> None:
        await asyncio.sleep(GATHERING)
        while self._moved:
            contract = next(iter(self._moved))
            await self._push_one(contract, self._moved.pop(contract))

    async def _push_one(self, contract: int | None, moved: Moved) -> None:
        """Push the words of the contract first, then the counters, which take as long."""
        [maker] = _makers
        open_now = set(self.pages.values())
        if contract and (readers := frozenset(each for each in open_now if each.contract == contract)):
            told = f"contract.{contract}"
            await self._send([told], moved.last, contract, lambda: maker.parts(contract, readers))
        if counted := frozenset(reader.own for reader in open_now if reader.person in moved.people):
            groups = {f"user.{person}" for person, _language in counted}
            await self._send(groups, moved.last, None, lambda: maker.trays(counted))

    async def _send(
        self, groups: Iterable[str], until: int, contract: int | None, make: Callable[[], Made]
    ) -> None:
        try:  # beside the sockets' own thread: what comes meanwhile is told meanwhile
            made = await database_sync_to_async(make, thread_sensitive=False)()
        except DatabaseError as error:  # the pages fetch what does not come; the next event is pushed again
            log.warning("nothing was pushed", error=str(error))
            return
        message = {"type": "parts.told", "contract": contract, "until": until, "made": made, "written": {}}
        await get_channel_layer().share(groups, message)


_here: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pushing] = weakref.WeakKeyDictionary()


def here() -> Pushing:
    """Return what is pushed in the running loop."""
    return _here.setdefault(asyncio.get_running_loop(), Pushing())
