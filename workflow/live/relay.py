"""Carries committed events to the sockets: one task in each server process, for its own sockets.

PostgreSQL tells every process that something was committed; each reads what came after the
last event it carried and puts it in the groups of its own sockets, in order. Nothing is
shared between processes, so none can lose what another was to send; a notification that
went astray is made up for by a read every few seconds.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import psycopg
import structlog
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection
from django.utils import timezone
from prometheus_client import Histogram

from stakeholders.permissions import audience
from workflow.live import pushing
from workflow.news.kinds import TOLD
from workflow.record.events import CHANNEL, last_identifier
from workflow.record.models import Event
from workflow.record.verbs import VERBS

log = structlog.get_logger(__name__)
SAFETY_POLL = 5.0  # seconds; only ever needed if a notification was lost with its connection
RETRY_AFTER = 1.0  # seconds
BATCH = 200
# read by config/metrics.py; an event that was committed and not carried yet is counted when it is
DELAY = Histogram(
    "contreseing_event_delay_seconds",
    "From an act to its event at the sockets of this process",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)

Sending = tuple[list[str], dict[str, Any]]  # the groups, what they are sent


class Relay:
    """The relay of one event loop: where it stands, and the task that carries on."""

    def __init__(self) -> None:
        self.last = 0
        self.ready = asyncio.Event()
        self.task = asyncio.create_task(self._carry_on(), name="event relay")

    async def _carry_on(self) -> None:
        """Listen, and on each hint send what is new; start again when the database went away."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    **connection_parameters(), autocommit=True
                ) as listener:
                    await listener.execute(f"LISTEN {CHANNEL}")
                    if not self.ready.is_set():
                        self.last = await database_sync_to_async(last_identifier)()
                        self.ready.set()
                    while True:
                        while await self._send_batch():
                            pass
                        async for _hint in listener.notifies(timeout=SAFETY_POLL, stop_after=1):
                            pass
            except (psycopg.Error, DatabaseError, OSError) as error:
                log.warning("event relay interrupted, trying again", error=str(error))
                await asyncio.sleep(RETRY_AFTER)

    async def _send_batch(self) -> int:
        """Send up to BATCH events that came after the last; return how many."""
        read = await database_sync_to_async(after)(self.last)
        layer = get_channel_layer()
        for identifier, at, sending in read:
            if sending is not None:
                await layer.share(*sending)
                _push(*sending)
            self.last = identifier
            DELAY.observe(max(0.0, (timezone.now() - at).total_seconds()))
        return len(read)


def _push(_groups: list[str], told: dict[str, Any]) -> None:
    """Have pushed what an event changes on the pages of this process."""
    row = VERBS.get(told["kind"])
    moves_baskets = row is None or row.moves_baskets or told["kind"] in TOLD
    pushing.here().moved(told["event"], told["contract"], told["readers"] if moves_baskets else ())


_relays: dict[asyncio.AbstractEventLoop, Relay] = {}


async def ensure_running() -> None:
    """Start the relay of this process's event loop, and wait until it misses nothing more."""
    loop = asyncio.get_running_loop()
    relay = _relays.get(loop)
    if relay is None or relay.task.done():
        relay = _relays[loop] = Relay()
    await relay.ready.wait()


def connection_parameters() -> dict[str, Any]:
    """Return Django's connection parameters that libpq knows; the others are about cursors."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    return {name: value for name, value in connection.get_connection_params().items() if name in known}


def after(identifier: int) -> list[tuple[int, dt.datetime, Sending | None]]:
    """Return the next events after ``identifier``, oldest first: when, what is sent and to which groups."""
    rows = Event.objects.filter(pk__gt=identifier).select_related("contract").order_by("pk")[:BATCH]
    return [(event.pk, event.at, sending(event)) for event in rows]


def sending(event: Event) -> Sending | None:
    """Return to which groups an event is sent, and as what; None for one that nobody is told.

    Who may receive it today is read once here rather than by every socket: a socket
    whose person is not among the readers closes.
    """
    if event.recipient_id is not None:
        return [f"user.{event.recipient_id}"], message(event, {event.recipient_id})
    if event.contract is None:
        return None
    readers = audience(event.contract)
    groups = [f"contract.{event.contract_id}", *(f"user.{reader}" for reader in readers)]
    return groups, message(event, readers)


def message(event: Event, readers: set[int]) -> dict[str, Any]:
    """Return an event as it travels to the sockets: one message for all of them.

    ``written`` is filled by the sockets: what a page receives, by language and by whether it is
    the reader's own act (:mod:`workflow.live.consumers`).
    """
    return {
        "type": "event.told",
        "event": event.pk,
        "kind": event.kind,
        "contract": event.contract_id,
        "payload": event.payload,
        "actor": event.actor_id,
        "at": event.at.isoformat(),
        "readers": readers,
        "written": {},
    }
