"""What moves on open pages, pushed to them: made once an event in each process, for all who read the same.

A page that is told of an event asks for nothing: what it shows anew comes by its socket. Whoever makes it
stands on a higher floor (``workflow/board/pushed.py``) and is known here by ``makes``. Should nothing come,
the page fetches it as one without a socket does (``live.js``).
"""

from __future__ import annotations

import asyncio
import secrets
import weakref
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer

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
    """What is pushed: to the pages that show the contract, and to any page how many tasks wait (the tray).

    ``allowed`` are the people who may read the contract, asked after all was made: nobody else is sent it.
    """

    shown: Mapping[Reader, Shown]
    trays: Mapping[Own, str]
    allowed: frozenset[int]


Maker = Callable[[int | None, frozenset[Reader], frozenset[Own]], Made]
_makers: list[Maker] = []


def makes(maker: Maker) -> Maker:
    """Have what is pushed made by this: of a contract, for these readers, and the trays of these people."""
    _makers[:] = [maker]
    return maker


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
        open_now = set(self.pages.values())
        readers = frozenset(reader for reader in open_now if contract and reader.contract == contract)
        counted = frozenset(reader.own for reader in open_now if reader.person in moved.people)
        if not readers and not counted:
            return
        # beside the sockets' own thread: what comes meanwhile is told meanwhile
        make = database_sync_to_async(_makers[0], thread_sensitive=False)
        try:
            made = await make(contract, readers, counted)
        except Exception:  # whatever fails, the pages fetch what did not come, and the next is pushed
            log.exception("nothing was pushed")
            return
        groups = [f"contract.{contract}", *(f"user.{person}" for person, _language in counted)]
        message = {
            "type": "parts.told",
            "contract": contract,
            "until": moved.last,
            "made": made,
            "written": {},
        }
        await get_channel_layer().share(groups, message)


_here: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pushing] = weakref.WeakKeyDictionary()


def here() -> Pushing:
    """Return what is pushed in the running loop."""
    return _here.setdefault(asyncio.get_running_loop(), Pushing())
