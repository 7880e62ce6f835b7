"""The channel layer: the groups of one server process, in its memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import Any

from channels.layers import InMemoryChannelLayer

CAPACITY = 10_000  # messages a socket may be behind; beyond, the layer drops them without a word
GROUP_EXPIRY = 366 * 86_400  # seconds; a page left open for long goes on being told
TIDY_EVERY = 30.0  # seconds


class ProcessLayer(InMemoryChannelLayer):
    """Channels' own layer, which gives many sockets one message and tidies up only now and then.

    Tidying goes through all sockets: at each message of each socket it cost the square of
    their number. And each socket had a copy of each message made for it, with its list of readers.
    """

    def __init__(self) -> None:
        super().__init__(capacity=CAPACITY, group_expiry=GROUP_EXPIRY)
        self._tidied = time.monotonic()

    async def share(self, groups: Iterable[str], message: dict[str, Any]) -> None:
        """Give each socket of these groups the message, once; it is not copied, so nobody may change it.

        A socket that is too far behind misses it, as in ``group_send``.
        """
        self._clean_expired()
        expires = time.time() + self.expiry
        for channel in {channel for group in groups for channel in self.groups.get(group, ())}:
            queue = self.channels.setdefault(channel, asyncio.Queue(self.get_capacity(channel)))
            if not queue.full():
                queue.put_nowait((expires, message))

    def _clean_expired(self) -> None:
        if time.monotonic() - self._tidied >= TIDY_EVERY:
            self._tidied = time.monotonic()
            super()._clean_expired()
