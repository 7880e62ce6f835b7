"""How many pages of one person, and of all, one server process keeps told."""

from __future__ import annotations

import asyncio
import weakref
from contextlib import suppress
from typing import Protocol

from django.conf import settings


class OpenPage(Protocol):
    """What can be asked to give way."""

    async def give_way(self) -> None:
        """Close."""


# Weakly: a page whose socket broke off counts no more, even if nobody said that it left. Pages of
# one event loop, which is a server process's.
Pages = weakref.WeakKeyDictionary[OpenPage, int]
_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pages] = weakref.WeakKeyDictionary()


def _here() -> Pages:
    return _loops.setdefault(asyncio.get_running_loop(), weakref.WeakKeyDictionary())


async def enter(page: OpenPage, person: int) -> bool:
    """Count one more page of the person; the oldest gives way beyond ``SOCKETS_AN_ACCOUNT``.

    Returns whether there is room at all (``SOCKETS``).
    """
    pages = _here()
    if len(pages) >= settings.SOCKETS:
        return False
    mine = [other for other, whose in pages.items() if whose == person]  # oldest first
    pages[page] = person
    if len(mine) >= settings.SOCKETS_AN_ACCOUNT:
        pages.pop(mine[0], None)
        with suppress(RuntimeError, OSError):  # it was leaving by itself
            await mine[0].give_way()
    return True


def leave(page: OpenPage) -> None:
    """Count one page less, if it was counted."""
    _here().pop(page, None)
