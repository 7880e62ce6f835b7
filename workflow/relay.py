"""Carries committed events to the sockets: one task in each server process.

It listens to PostgreSQL, reads what no process has relayed yet and sends it through the
channel layer, in order and under one lock, then marks it. With Redis, whichever process
is first serves the sockets of all; without, there is one process and it serves its own.
A process killed on the way leaves the row unmarked for another: at least once, and
clients skip what they have seen.
"""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import structlog
from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from redis import RedisError

from stakeholders.permissions import audience
from workflow.events import CHANNEL
from workflow.models import Event

log = structlog.get_logger(__name__)
RELAY_LOCK = 0x52454C41
SAFETY_POLL = 5.0  # seconds; only ever needed if a notification was lost with its connection
RETRY_AFTER = 2.0  # seconds; longer than the sockets' own subscriptions take to come back (1 s)
BATCH = 200

_running: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}


def ensure_running() -> None:
    """Start the relay of this process's event loop, if it is not running."""
    loop = asyncio.get_running_loop()
    task = _running.get(loop)
    if task is None or task.done():
        _running[loop] = loop.create_task(_relay_for_ever(), name="event relay")


async def _relay_for_ever() -> None:
    """Listen, and on each hint relay what waits; reconnect when the database went away."""
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(**_parameters(), autocommit=True) as listener:
                await listener.execute(f"LISTEN {CHANNEL}")
                await _relay_pending()
                while True:
                    async for _hint in listener.notifies(timeout=SAFETY_POLL, stop_after=1):
                        pass
                    await _relay_pending()
        except (psycopg.Error, DatabaseError, RedisError, OSError) as error:
            # What was not marked is told once both are back; PostgreSQL and Redis may come and go.
            log.warning("event relay interrupted, trying again", error=str(error))
            await asyncio.sleep(RETRY_AFTER)


def _parameters() -> dict[str, Any]:
    """Return Django's connection parameters that libpq knows; the others are about cursors."""
    known = {option.keyword.decode() for option in psycopg.pq.Conninfo.get_defaults()}
    return {name: value for name, value in connection.get_connection_params().items() if name in known}


@database_sync_to_async
def _relay_pending() -> None:
    while relay_batch():
        pass


def relay_batch() -> int:
    """Relay up to BATCH waiting events in order; return how many there were."""
    layer = get_channel_layer()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RELAY_LOCK])
        waiting = list(
            Event.objects.filter(relayed_at__isnull=True).select_related("contract").order_by("pk")[:BATCH]
        )
        for event in waiting:
            for group, message in messages(event):
                async_to_sync(layer.group_send)(group, message)
        Event.objects.filter(pk__in=[event.pk for event in waiting]).update(relayed_at=timezone.now())
    return len(waiting)


def messages(event: Event) -> list[tuple[str, dict[str, Any]]]:
    """Return what to send for an event, and to which groups.

    Who may receive it today is read once here rather than by every socket: a socket
    whose person is not among the readers closes.
    """
    if event.recipient_id is not None:
        return [(f"user.{event.recipient_id}", message(event, [event.recipient_id]))]
    if event.contract is None:
        return []
    readers = sorted(audience(event.contract))
    told = message(event, readers)
    return [(f"contract.{event.contract_id}", told), *((f"user.{reader}", told) for reader in readers)]


def message(event: Event, readers: list[int]) -> dict[str, Any]:
    """Return an event as it travels through the channel layer."""
    return {
        "type": "event.told",
        "event": event.pk,
        "kind": event.kind,
        "contract": event.contract_id,
        "payload": event.payload,
        "actor": event.actor_id,
        "at": event.at.isoformat(),
        "readers": readers,
    }
