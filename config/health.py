"""Whether this process lives (``/sante/``), and whether the installation is ready (``/sante/pret/``).

The first asks nothing of anybody: who restarts what does not answer must not restart the pages because
the database is away. The second asks, on a connection of its own, outside the pool and the threads of
the pages, and once for all who ask within a second: it is for whoever watches. Neither tells a name, an
address or a figure.
"""

from __future__ import annotations

import asyncio
import shutil
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

import psycopg
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

from workflow.live.relay import connection_parameters

FRESH = 1.0  # seconds
ANSWERS_WITHIN = 2.0  # seconds
ROOM = 256 * 1024 * 1024  # bytes free on the disk of the documents, of the anchors and of the rest
# A worker says every ten seconds that it lives. A due job waits a quarter of an hour at most, a signature
# that was made five minutes for its time-stamp, the journal two hours for its anchor.
_ASKED = """
    SELECT
        EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - interval '60 seconds'),
        NOT EXISTS (
            SELECT FROM procrastinate_jobs AS job
            WHERE status = 'todo' AND coalesce(
                scheduled_at,
                (SELECT max(at) FROM procrastinate_events WHERE job_id = job.id)
            ) < now() - interval '15 minutes'
        ),
        NOT EXISTS (
            SELECT FROM signatures_signaturerequest
            WHERE state = 'signed' AND signed_at < now() - interval '5 minutes'
        ) AND NOT EXISTS (
            SELECT FROM workflow_journalentry
            WHERE number > coalesce((SELECT max(number) FROM workflow_anchor), 0)
            AND at < now() - interval '2 hours'
        )
"""
_NAMES = ("worker", "queue", "timestamps")


class Pulse:
    """What one event loop knows of the installation."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[tuple[bool, ...]] | None = None
        self._lock = asyncio.Lock()
        self._asked = float("-inf")
        self._found: dict[str, bool] = {}

    async def checks(self) -> dict[str, bool]:
        """Return each check by its name, true where all is well, as of a moment ago."""
        async with self._lock:
            if time.monotonic() - self._asked > FRESH:
                self._found = await self._ask() | {"disk": await asyncio.to_thread(has_room)}
                self._asked = time.monotonic()
            return self._found

    async def _ask(self) -> dict[str, bool]:
        try:
            async with asyncio.timeout(ANSWERS_WITHIN):
                if self._connection is None or self._connection.closed:
                    self._connection = await psycopg.AsyncConnection.connect(
                        **connection_parameters(), autocommit=True
                    )
                answer = await (await self._connection.execute(_ASKED)).fetchone()
        except (psycopg.Error, OSError, TimeoutError):
            broken, self._connection = self._connection, None
            if broken is not None:
                await broken.close()
            return dict.fromkeys(("database", *_NAMES), False)
        return {"database": True, **dict(zip(_NAMES, answer or (), strict=True))}


def has_room() -> bool:
    """Whether what has to be kept can be: there is room left wherever we write, and we may write there."""
    return all(_room_at(folder) > ROOM for folder in _folders())


def _folders() -> Iterator[Path]:
    yield from (Path(settings.STATE_DIR), Path(settings.BLOB_DIR), Path(settings.ANCHOR_DIR))


def _room_at(folder: Path) -> int:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return 0


_pulses: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Pulse] = weakref.WeakKeyDictionary()


async def lives(request: HttpRequest | None = None) -> HttpResponse:
    """Say that the process answers; the front door does so before any middleware."""
    return HttpResponse("ok\n", content_type="text/plain", headers={"X-Contreseing": "ok"})


async def ready(request: HttpRequest | None = None) -> HttpResponse:
    """Say each check, and 503 when one fails."""
    found = await checks()
    well = all(found.values())
    return JsonResponse({"ready": well, "checks": found}, status=200 if well else 503)


async def checks() -> dict[str, bool]:
    """Return what this process finds of the installation: each check, true where all is well."""
    return await _pulses.setdefault(asyncio.get_running_loop(), Pulse()).checks()
