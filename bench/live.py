"""From the commit of an event to the websocket, with 1, 200 and 1,000 open pages.

The peer in the same run is the floor: a bare PostgreSQL listener that hears the same event.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from typing import Any

import psutil
import psycopg
import websockets
from django.conf import settings
from django.db import connection, transaction
from rich.console import Console
from rich.table import Table

from bench.stage import percentile, staged
from contracts.models import Contract
from tests import plot
from tests.database_address import database_address
from tests.workflow.sockets import logged_in, server_process
from workflow.record import events

BATCH = 50  # sockets opened at once


def main(argv: list[str]) -> int:
    """Print the table; ``--events`` is how many events each row measures."""
    parser = argparse.ArgumentParser(prog="./run bench live")
    parser.add_argument("--events", type=int, default=20)
    count = parser.parse_args(argv).events
    table = Table(title="Du commit à la page ouverte")
    for heading in (
        "pages",
        "p50 ms",
        "p99 ms",
        "écoute PostgreSQL seule, p50 ms",
        "rapport p50",
        "mémoire Mo",
    ):
        table.add_column(heading, justify="right")
    with staged() as cast:
        contract = plot.opened(cast.contract)
        name = settings.SESSION_COOKIE_NAME
        cookie = f"{name}={logged_in(cast.pilote_ville).cookies[name].value}"
        for pages in (1, 200, 1000):
            with server_process(SOCKETS_AN_ACCOUNT="2000") as (url, process):
                ours, floor = asyncio.run(_measure(url, cookie, contract, pages, count))
                memory = psutil.Process(process.pid).memory_info().rss / 1e6
            low, middle = percentile(floor, 0.5), percentile(ours, 0.5)
            table.add_row(
                str(pages),
                f"{middle * 1000:.1f}",
                f"{percentile(ours, 0.99) * 1000:.1f}",
                f"{low * 1000:.1f}",
                f"{middle / low:.1f}",
                f"{memory:.0f}",
            )
    Console().print(table)
    return 0


async def _measure(
    url: str, cookie: str, contract: Contract, pages: int, count: int
) -> tuple[list[float], list[float]]:
    """Return the seconds from the commit to each page, and to the bare listener."""
    sockets: list[Any] = []
    for first in range(0, pages, BATCH):
        opened = [_open(url, cookie, contract) for _page in range(first, min(first + BATCH, pages))]
        sockets += await asyncio.gather(*opened)
    listener = await psycopg.AsyncConnection.connect(database_address(), autocommit=True)
    await listener.execute(f"LISTEN {events.CHANNEL}")
    ours: list[float] = []
    floor: list[float] = []
    for _event in range(count):
        hearing = asyncio.create_task(_hear(listener))
        reading = [asyncio.create_task(_read(socket)) for socket in sockets]
        await asyncio.sleep(0)
        committed = await asyncio.to_thread(_publish, contract)
        floor.append(await hearing - committed)
        ours += [at - committed for at in await asyncio.gather(*reading)]
    await listener.close()
    await asyncio.gather(*(socket.close() for socket in sockets))
    return ours, floor


async def _open(url: str, cookie: str, contract: Contract) -> Any:
    address = f"{url.replace('http', 'ws', 1)}/ws/live/?contract={contract.pk}"
    headers = {"Origin": url, "Cookie": cookie}
    socket = await websockets.connect(
        address, additional_headers=headers, ping_interval=None, open_timeout=60
    )
    while json.loads(await socket.recv())["kind"] != "hello":
        pass
    return socket


async def _read(socket: Any) -> float:
    await socket.recv()
    return time.perf_counter()


async def _hear(listener: psycopg.AsyncConnection[Any]) -> float:
    async for _notice in listener.notifies(stop_after=1):
        pass
    return time.perf_counter()


def _publish(contract: Contract) -> float:
    try:
        with transaction.atomic():
            events.publish("draft_changed", contract, organisation="Banc")
            return time.perf_counter()
    finally:
        connection.close()
