"""From the commit of an act to the last open page that shows it: sockets alone, then whole pages.

A page is what a browser's is: its socket, read all along (so that it answers the server's pings), by which it
is pushed the parts of the contract, the tray's counter and the diagram's state; what was not pushed within
the time of ``live.js`` it fetches, and the table says how often. The site is served as ``./run`` serves it.
The peer in the same run is the floor: a bare PostgreSQL listener that hears the same event.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

import aiohttp
import psycopg
from django.conf import settings
from django.db import connection, transaction
from rich.console import Console
from rich.table import Table

from bench.served import Site, served
from bench.stage import percentile, staged
from contracts.models import Contract
from stakeholders.models import User
from stakeholders.permissions import audience
from tests import plot
from tests.cast import Cast, small_contract
from tests.database_address import database_address
from tests.workflow.sockets import SERVER, logged_in
from workflow.record import events

WIDTH = 150  # columns that the tables need
BATCH = 50  # sockets opened at once
PUSHED_WITHIN = 10.0  # seconds, as in config/static/contreseing/live.js
KEPT_ALIVE = 3.0  # seconds that a connection is used again; the server closes it after five
PUSHED, CUT = 1, 0  # counted where a page was pushed all; where no answer came at all
CALM = 0.5  # seconds between two acts
TOKEN = "b" * 32
VERB = "draft_submitted"  # one that moves the baskets


def main(argv: list[str]) -> int:
    """Print both tables; ``--events`` is how many acts each row measures."""
    parser = argparse.ArgumentParser(prog="./run bench live")
    parser.add_argument("--events", type=int, default=10)
    count = parser.parse_args(argv).events
    console = Console(width=max(Console().width, WIDTH))
    with staged() as cast:
        one = plot.opened(cast.contract)
        readers = list(User.objects.filter(pk__in=audience(one)).order_by("pk"))
        many = [plot.opened(small_contract(cast, f"CSI-BANC-{n}")) for n in range(100)]
        table = _table(
            "Du commit à la prise (WebSocket)", "prises", "écoute PostgreSQL seule, p50 ms", "rapport p50"
        )
        for contracts, sockets in (([one], 1), ([one], 200), ([one], 1000), (many, 1000)):
            table.add_row(*_sockets(cast, contracts, sockets, count))
        console.print(table)
        table = _table("Du commit à la page à jour", "pages", "personnes", "réponses")
        for pages in (1, 30, 300):
            table.add_row(*_pages(one, readers, pages, count))
        console.print(table)
    return 0


def _table(title: str, what: str, *more: str) -> Table:
    table = Table(title=title)
    for heading in (
        what,
        "contrats",
        "p50 ms",
        "p99 ms",
        "dernière ms",
        "pages ms/acte",
        "PostgreSQL ms/acte",
        "mémoire Mo",
        "connexions",
        *more,
    ):
        table.add_column(heading, justify="right")
    return table


def _cookie(person: User) -> str:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={logged_in(person).cookies[name].value}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


def _sockets(cast: Cast, contracts: Sequence[Contract], sockets: int, count: int) -> list[str]:
    cookie = _cookie(cast.pilote_ville)
    with served(SOCKETS_AN_ACCOUNT="2000") as site:
        measured = asyncio.run(_hear_all(site, cookie, contracts, sockets, count))
    low, middle = percentile(measured.floor, 0.5), percentile(measured.heard, 0.5)
    return [
        str(sockets),
        str(len(contracts)),
        *measured.columns(),
        f"{low * 1000:.1f}",
        f"{middle / low:.1f}",
    ]


def _pages(contract: Contract, readers: Iterable[User], pages: int, count: int) -> list[str]:
    cookies = [_cookie(person) for person in readers]
    with served(SOCKETS_AN_ACCOUNT="2000") as site:
        measured = asyncio.run(_show_all(site, cookies, contract, pages, count))
    names = {PUSHED: "poussées", CUT: "rien"}
    answers = ", ".join(f"{n} × {names.get(kind, kind)}" for kind, n in sorted(measured.answers.items()))
    return [str(pages), "1", *measured.columns(), str(min(pages, len(cookies))), answers]


@dataclass
class Measured:
    """Seconds from the commit to each that heard or showed it; to the last of each act; what it cost."""

    heard: list[float] = field(default_factory=list)
    last: list[float] = field(default_factory=list)
    floor: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    busy: float = 0.0  # seconds of processor an act, of the pages and of PostgreSQL
    database: float = 0.0
    memory: float = 0.0  # MB
    connections: int = 0  # of the server to the database, at most

    def columns(self) -> list[str]:
        """Return p50, p99, the slowest of the last ones, processor, memory, connections to the database."""
        heard = (percentile(self.heard, 0.5), percentile(self.heard, 0.99), max(self.last))
        figures = [f"{figure * 1000:.1f}" for figure in (*heard, self.busy, self.database)]
        return [*figures, f"{self.memory:.0f}", str(self.connections)]


class Meter:
    """The processor that a site uses for the time of a block, shared out among the acts."""

    def __init__(self, site: Site, measured: Measured, count: int) -> None:
        self.site, self.measured, self.count = site, measured, count

    async def __aenter__(self) -> None:
        self.before = await asyncio.to_thread(self.site.used)

    async def __aexit__(self, *_error: object) -> None:
        after = await asyncio.to_thread(self.site.used)
        used = [(now - then) / self.count for now, then in zip(after, self.before, strict=True)]
        self.measured.busy, self.measured.database = used
        self.measured.memory = self.site.memory()


async def _hear_all(
    site: Site, cookie: str, contracts: Sequence[Contract], number: int, count: int
) -> Measured:
    """Measure sockets that only listen, spread over the contracts; each act is of one contract."""
    measured = Measured()
    listener = await psycopg.AsyncConnection.connect(database_address(), autocommit=True)
    await listener.execute(f"LISTEN {events.CHANNEL}")
    async with aiohttp.ClientSession(connector=_connector()) as session:
        # a reader's socket hears of all their contracts: each is told every act
        opened = await _open_all(
            session, site.url, [cookie], [contracts[n % len(contracts)] for n in range(number)]
        )
        watching = asyncio.create_task(_watch_connections(measured))
        async with Meter(site, measured, count):
            for turn in range(count):
                hearing = asyncio.create_task(_notified(listener))
                await asyncio.sleep(0)
                committed = await asyncio.to_thread(_publish, contracts[turn % len(contracts)])
                measured.floor.append(await hearing - committed)
                heard = [(await one.told())[0] - committed for one in opened]  # when told, read or not
                measured.heard += heard
                measured.last.append(max(heard))
        await _stop(watching)
        await asyncio.gather(*(one.close() for one in opened))
    await listener.close()
    return measured


async def _show_all(site: Site, cookies: list[str], contract: Contract, number: int, count: int) -> Measured:
    """Measure whole pages on one contract."""
    measured = Measured()
    async with aiohttp.ClientSession(connector=_connector()) as session:
        opened = await _open_all(session, site.url, cookies, [contract] * number)
        pages = [
            Page(session, site.url, one, cookies[n % len(cookies)], contract) for n, one in enumerate(opened)
        ]
        watching = asyncio.create_task(_watch_connections(measured))
        async with Meter(site, measured, count):
            for _turn in range(count):
                showing = [asyncio.create_task(page.show_next(measured.answers)) for page in pages]
                await asyncio.sleep(0)
                committed = await asyncio.to_thread(_publish, contract)
                shown = [at - committed for at in await asyncio.gather(*showing)]
                measured.heard += shown
                measured.last.append(max(shown))
                await asyncio.sleep(CALM)
        await _stop(watching)
        await asyncio.gather(*(one.close() for one in opened))
    return measured


class Page:
    """One open page of the contract: it hears, and is pushed what moved; it fetches what was not."""

    def __init__(
        self, session: aiohttp.ClientSession, url: str, opened: Hearing, cookie: str, contract: Contract
    ) -> None:
        self.session, self.opened, self.cookie = session, opened, cookie
        self.parts = f"{url}/contrats/{contract.pk}/en-direct/"

    async def show_next(self, answers: Counter[int]) -> float:
        """Return when the page showed the next act."""
        _at, event = await self.opened.told()
        try:
            async with asyncio.timeout(PUSHED_WITHIN * (1 + random.random())):  # noqa: S311 (no secret)
                shown = await self.opened.pushed(event)
            answers[PUSHED] += 1
        except TimeoutError:
            while await self._fetch(answers) == 503:
                await asyncio.sleep(1)
            shown = time.perf_counter()
        return shown

    async def _fetch(self, answers: Counter[int]) -> int:
        headers = {"Cookie": self.cookie, "HX-Request": "true"}
        try:
            async with self.session.get(self.parts, headers=headers) as answer:
                await answer.read()
                answers[answer.status] += 1
                return answer.status
        except aiohttp.ClientConnectionError:  # a browser asks again on another connection
            answers[CUT] += 1
            return 503


class Hearing:
    """One socket, and when each message came: it is read from its opening to its end."""

    def __init__(self, opened: aiohttp.ClientWebSocketResponse) -> None:
        self._opened = opened
        self._came: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()
        self._pushed: asyncio.Queue[tuple[float, dict[str, Any]]] = asyncio.Queue()
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._opened:
            told = json.loads(message.data)
            came = self._pushed if told["kind"] == "pushed" else self._came
            came.put_nowait((time.perf_counter(), told))

    async def greeted(self) -> Self:
        """Wait for the greeting; return itself."""
        while (await self._next(self._came))[1]["kind"] != "hello":
            pass
        return self

    async def told(self) -> tuple[float, int]:
        """Return when the next event came, and its identifier; raises RuntimeError when the socket closed."""
        at, told = await self._next(self._came)
        return at, told["id"]

    async def pushed(self, event: int) -> float:
        """Return when the parts of the contract came as they are since that event."""
        while (found := await self._next(self._pushed))[1]["until"] < event or "parts" not in found[1]:
            pass
        return found[0]

    async def _next(self, came: asyncio.Queue[tuple[float, dict[str, Any]]]) -> tuple[float, dict[str, Any]]:
        coming = asyncio.create_task(came.get())
        await asyncio.wait({coming, self._reading}, return_when=asyncio.FIRST_COMPLETED)
        if not coming.done() and came.empty():
            coming.cancel()
            raise RuntimeError(f"a socket was closed ({self._opened.close_code}) before it was told")
        return await coming

    async def close(self) -> None:
        """Leave."""
        await self._opened.close()
        await self._reading


def _connector() -> aiohttp.TCPConnector:
    return aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_ALIVE)


async def _open_all(
    session: aiohttp.ClientSession, url: str, cookies: list[str], contracts: Sequence[Contract]
) -> list[Hearing]:
    opened: list[Hearing] = []
    for first in range(0, len(contracts), BATCH):
        batch = range(first, min(first + BATCH, len(contracts)))
        opened += await asyncio.gather(
            *(_open(session, url, cookies[n % len(cookies)], contracts[n]) for n in batch)
        )
    return opened


async def _open(session: aiohttp.ClientSession, url: str, cookie: str, contract: Contract) -> Hearing:
    address = f"{url}/ws/live/?contract={contract.pk}&depuis=0"
    opened = await session.ws_connect(address, headers={"Origin": url, "Cookie": cookie}, max_msg_size=0)
    return await Hearing(opened).greeted()


async def _notified(listener: psycopg.AsyncConnection[Any]) -> float:
    async for _notice in listener.notifies(stop_after=1):
        pass
    return time.perf_counter()


async def _stop(watching: asyncio.Task[None]) -> None:
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching  # its connection would keep the database from being removed


async def _watch_connections(measured: Measured) -> None:
    count = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s"
    )
    async with await psycopg.AsyncConnection.connect(database_address(), autocommit=True) as watcher:
        while True:
            found = await (await watcher.execute(count, [SERVER])).fetchone()
            measured.connections = max(measured.connections, int(found[0]) if found else 0)
            await asyncio.sleep(0.1)


def _publish(contract: Contract) -> float:
    try:
        with transaction.atomic():
            events.publish(VERB, contract, organisation="Banc")
            return time.perf_counter()
    finally:
        connection.close()
