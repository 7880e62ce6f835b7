"""``/sante/``: whether this process and its database answer, whatever else they are busy with.

The question is asked on a connection of its own, outside the pool and the threads of the
pages, and once for all who ask within half a second.
"""

from __future__ import annotations

import asyncio
import time
import weakref

import psycopg

from workflow.live.relay import connection_parameters

FRESH = 0.5  # seconds
ANSWERS_WITHIN = 2.0  # seconds


class Pulse:
    """The database's pulse, as felt by one event loop."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[object] | None = None
        self._lock = asyncio.Lock()
        self._asked = 0.0
        self._beats = False

    async def beats(self) -> bool:
        """Whether the database answered a moment ago, or does now."""
        async with self._lock:
            if time.monotonic() - self._asked > FRESH:
                self._beats = await self._ask()
                self._asked = time.monotonic()
            return self._beats

    async def _ask(self) -> bool:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                if self._connection is None or self._connection.closed:
                    self._connection = await psycopg.AsyncConnection.connect(
                        **connection_parameters(), autocommit=True
                    )
                await self._connection.execute("SELECT 1")
                return True
        except (psycopg.Error, OSError, TimeoutError):
            broken, self._connection = self._connection, None
            if broken is not None:
                await broken.close()
            return False


_pulses: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pulse] = weakref.WeakKeyDictionary()


async def is_well() -> bool:
    """Whether the database answers this process."""
    return await _pulses.setdefault(asyncio.get_running_loop(), Pulse()).beats()
