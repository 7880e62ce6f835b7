"""How many pages of one person, and of all, one server process keeps told."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from django.conf import settings


class OpenPage(Protocol):
    """What can be asked to give way."""

    async def give_way(self) -> None:
        """Close."""


_pages: defaultdict[int, list[OpenPage]] = defaultdict(list)


async def enter(page: OpenPage, person: int) -> bool:
    """Count one more page of the person; the oldest gives way beyond ``SOCKETS_AN_ACCOUNT``.

    Returns whether there is room at all (``SOCKETS``).
    """
    if sum(map(len, _pages.values())) >= settings.SOCKETS:
        return False
    mine = _pages[person]
    mine.append(page)
    if len(mine) > settings.SOCKETS_AN_ACCOUNT:
        await mine.pop(0).give_way()
    return True


def leave(page: OpenPage, person: int | None) -> None:
    """Count one page less, if it was counted."""
    if person is None:
        return
    mine = _pages.get(person, [])
    if page in mine:
        mine.remove(page)
    if not mine:
        _pages.pop(person, None)
