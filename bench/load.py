"""The pages under a load that does not wait: requests leave at fixed times, whatever the answers.

A closed loop (ask, wait, ask) slows down with the site and hides what people wait for; here latency counts
from the moment when the request was due. The site is served as ``./run`` serves it, at the length of a large
installation; Django's « hello » and guardian's bare list are served after it, by as many processes, so that
the ratios hold on another machine. Whoever asks is on the same machine and takes their part of it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
import psutil
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse
from rich.console import Console
from rich.table import Table

from bench.filling import Filled
from bench.served import Site, served
from bench.stage import percentile, staged_among
from config.processes import number
from contracts.models import Contract
from stakeholders.models import Role, User
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in, name_static_files
from workflow.tasks.keyset import PAGE

AIM_RATE, AIM = 100, 0.3  # requests a second, seconds at the 99th percentile
AIM_PAGES, AIM_DATABASE = 15.0, 4.0  # milliseconds of processor a request, of the pages and of PostgreSQL
SHARES = {"corbeille": 30, "contrat": 25, "liste": 20, "relecture": 12, "avis": 8, "brouillon": 4, "rendu": 1}
NAMES = {
    "corbeille": "« À traiter »",
    "contrat": "un contrat",
    "liste": "la liste des contrats",
    "relecture": "la version à relire",
    "avis": "la page d’un avis",
    "brouillon": "écrit : un avis qui se tape",
    "rendu": "écrit : un avis rendu",
}
REVIEWED = 16  # small contracts in review, besides the whole one; nobody gives an opinion on the first four
READ_ONLY = 4
GIVES_UP = 30.0  # seconds
TOKEN = "b" * 32
ALONE = 60  # requests of one kind, one after the other, to know what it takes of the processor
CLOSED, FOR = 8, 5.0  # who ask one after the other, for so many seconds, to know what is served at most
WIDTH = 130  # columns that the tables need
CUT = 0  # the status of what was not answered


@dataclass(frozen=True)
class Asked:
    """One request: of which kind, where, with whose session, what is sent."""

    kind: str
    path: str
    cookie: str = ""
    form: dict[str, str] | None = None


Draw = Callable[[], Asked]


@dataclass
class Rung:
    """What a rate gave: seconds by kind, statuses that are no success, how late the requests left."""

    rate: float
    seconds: float
    spent: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: Counter[int] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)
    web: float = 0.0  # seconds of processor of the pages, and of PostgreSQL
    database: float = 0.0
    busy: float = 0.0  # share of the machine

    @property
    def all(self) -> list[float]:
        """The seconds of all requests."""
        return [one for kind in self.spent.values() for one in kind]


def main(argv: list[str]) -> int:
    """Print the ladder, the kinds at the rate aimed at, and the peers."""
    parser = argparse.ArgumentParser(prog="./run bench load")
    parser.add_argument("--contracts", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=12)
    parser.add_argument("--rates", type=int, nargs="+", default=[25, 50, AIM_RATE, 150])
    chosen = parser.parse_args(argv)
    console, began = Console(width=max(Console().width, WIDTH)), time.perf_counter()
    with staged_among(contracts=chosen.contracts, organisations=300, users=2000) as (cast, filled, kept):
        draw, prefect = _mix(cast, filled)
        name_static_files()
        connection.close()
        console.print(
            f"{Contract.objects.count()} contrats{' (gardés du banc précédent)' if kept else ''} ; "
            f"préparé en {time.perf_counter() - began:.0f} s ; "
            f"{number()} processus de pages, {os.cpu_count()} cœurs, charge {os.getloadavg()[0]:.1f}"
        )
        with served() as site:
            ladder, most = asyncio.run(_climb(site, draw, chosen.rates, chosen.seconds))
            alone = asyncio.run(_alone(site, draw))
        console.print(_ladder(ladder), _kinds(ladder, alone))
        workers = ["-m", "uvicorn", "bench.bare:application", "--workers", str(number())]
        peers = {"Contreseing, le mélange": (most, _at_aim(ladder))}
        with served([*workers, "--log-level", "critical"], "/bonjour/") as site:
            for name, path in (
                ("Django, « bonjour »", "/bonjour/"),
                ("guardian, une liste nue", f"/guardian/{prefect.pk}/"),
            ):
                asking = itertools.repeat(Asked("", path)).__next__
                rungs, peer = asyncio.run(_climb(site, asking, [AIM_RATE], chosen.seconds))
                peers[name] = (peer, rungs[0])
        console.print(_peers(peers), _aims(ladder, alone, peers))
    return 0


def _mix(cast: Cast, filled: Filled) -> tuple[Draw, User]:
    """Set the scene; return what draws a request, always the same ones in the same order, and a prefect."""
    contracts = [plot.opened(cast.contract)]
    contracts += [plot.opened(small_contract(cast, f"CSI-BANC-{n:02}")) for n in range(REVIEWED)]
    for contract in contracts:
        plot.draft_and_freeze(contract)
    waiting = [(c, task, plot.entitled(task)) for c in contracts for task in plot.tasks(c, "review")]
    kept = [row for row in waiting if row[0] in contracts[1 : 1 + READ_ONLY]]
    to_give = iter([row for row in waiting if row[0] not in contracts[1 : 1 + READ_ONLY]])
    prefectures = [department.prefecture for department in filled.bodies.departments]
    heads = User.objects.filter(mandates__office__role=Role.HEAD)
    readers = list(heads.filter(mandates__office__organisation__in=[*prefectures, filled.bodies.national]))
    readers += [cast.pilote_ville, cast.pilote_prefecture, cast.prefete, cast.maire]
    cookies = {person.pk: _cookie(person) for person in {*readers, *(row[2] for row in waiting)}}
    drawn = random.Random(1)  # noqa: S311 (the same mix each time)

    def draw() -> Asked:
        [kind] = drawn.choices(list(SHARES), list(SHARES.values()))
        if kind in {"corbeille", "liste"}:
            path = reverse("inbox" if kind == "corbeille" else "contract_list")
            return Asked(kind, path, cookies[drawn.choice(readers).pk])
        given = next(to_give, None) if kind == "rendu" else None
        if kind == "rendu" and given is None:  # all are given
            kind = "brouillon"
        contract, task, person = given or drawn.choice(kept)
        if kind in {"contrat", "relecture"}:
            contract = drawn.choice(contracts)
            path = reverse("contract", args=[contract.pk])
            if kind == "relecture":
                path = reverse("version", args=[contract.pk, 1])
            return Asked(kind, path, cookies[cast.pilote_ville.pk])
        path = reverse("task", args=[contract.pk, task.pk])
        if kind == "avis":
            return Asked(kind, path, cookies[person.pk])
        facts = {"value": "favourable", "reason": "", "version_sha256": shas[contract.pk]}
        if kind == "brouillon":
            path = reverse("opinion_draft", args=[contract.pk, task.pk])
            facts = {"value": "reserved", "reason": f"Tapé jusqu’ici : {drawn.random()}"}
        return Asked(kind, path, cookies[person.pk], {**facts, "csrfmiddlewaretoken": TOKEN})

    shas = {contract.pk: plot.version(contract).content_sha256 for contract in contracts}
    prefect = heads.filter(mandates__office__organisation=prefectures[0])[0]
    prefect.groups.set(Group.objects.filter(organisation__offices__mandates__person=prefect))  # for guardian
    return draw, prefect


def _cookie(person: User) -> str:
    session = settings.SESSION_COOKIE_NAME
    return f"{session}={logged_in(person).cookies[session].value}; {settings.CSRF_COOKIE_NAME}={TOKEN}"


async def _climb(site: Site, draw: Draw, rates: list[int], seconds: int) -> tuple[list[Rung], float]:
    """Ask at each rate in turn; return what each gave, and how many a second are answered at most."""
    connector = aiohttp.TCPConnector(limit=0, force_close=True)  # each comes by a connection of their own
    timeout = aiohttp.ClientTimeout(total=GIVES_UP)
    async with aiohttp.ClientSession(site.url, connector=connector, timeout=timeout) as session:
        await _closed(session, draw, FOR)  # what a process reads once is read
        most = await _closed(session, draw, FOR)
        return [await _open(session, site, draw, rate, seconds) for rate in rates], most


async def _closed(session: aiohttp.ClientSession, draw: Draw, seconds: float) -> float:
    rung, until = Rung(0, seconds), time.perf_counter() + seconds

    async def ask() -> None:
        while time.perf_counter() < until:
            await _ask(session, draw(), time.perf_counter(), rung)

    await asyncio.gather(*(ask() for _one in range(CLOSED)))
    return len(rung.all) / seconds


async def _alone(site: Site, draw: Draw) -> dict[str, Rung]:
    """Ask for each kind by itself, one request after the other; return what each took of the processor."""
    timeout = aiohttp.ClientTimeout(total=GIVES_UP)
    found = {}
    async with aiohttp.ClientSession(site.url, timeout=timeout) as session:
        for kind in (kind for kind in SHARES if kind != "rendu"):  # there are not enough to give
            ours = (asked for asked in iter(draw, None) if asked.kind == kind)
            rung = found[kind] = Rung(0, 0)
            before = await asyncio.to_thread(site.used)
            for asked in itertools.islice(ours, ALONE):
                await _ask(session, asked, time.perf_counter(), rung)
            after = await asyncio.to_thread(site.used)
            rung.web, rung.database = (now - then for now, then in zip(after, before, strict=True))
    return found


async def _open(session: aiohttp.ClientSession, site: Site, draw: Draw, rate: float, seconds: float) -> Rung:
    rung = Rung(rate, seconds)
    before = await asyncio.to_thread(site.used)
    psutil.cpu_percent()
    began, asking = time.perf_counter(), []
    for turn in range(int(rate * seconds)):
        due = began + turn / rate
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        rung.late.append(time.perf_counter() - due)
        asking.append(asyncio.create_task(_ask(session, draw(), due, rung)))
    rung.busy = psutil.cpu_percent() / 100
    await asyncio.gather(*asking)
    after = await asyncio.to_thread(site.used)
    rung.web, rung.database = (now - then for now, then in zip(after, before, strict=True))
    return rung


async def _ask(session: aiohttp.ClientSession, asked: Asked, due: float, rung: Rung) -> None:
    method = "GET" if asked.form is None else "POST"
    headers = {"Cookie": asked.cookie} if asked.cookie else {}
    try:
        async with session.request(
            method, asked.path, headers=headers, data=asked.form, allow_redirects=False
        ) as answer:
            await answer.read()
            status = answer.status
    except (aiohttp.ClientError, TimeoutError):
        status = CUT
    rung.spent[asked.kind].append(time.perf_counter() - due)
    well = {200, 204} if asked.kind != "rendu" else {302}
    if status not in well:
        rung.errors[status] += 1


def _at_aim(ladder: list[Rung]) -> Rung:
    return min(ladder, key=lambda rung: abs(rung.rate - AIM_RATE))


def _ladder(ladder: list[Rung]) -> Table:
    table = Table(
        title=f"Charge ouverte (but : {AIM_RATE} demandes/s, p99 < {AIM * 1000:.0f} ms)",
        caption="Latences depuis l’heure prévue. « Retard » : de qui demande, au p99.",
    )
    for heading in ("demandes/s", "demandes", "p50 ms", "p99 ms", "erreurs", "pages ms/demande"):
        table.add_column(heading, justify="right")
    for heading in ("PostgreSQL ms/demande", "machine occupée", "retard ms"):
        table.add_column(heading, justify="right")
    for rung in ladder:
        count = len(rung.all)
        errors = ", ".join(f"{n} × {status or 'rien'}" for status, n in rung.errors.items()) or "0"
        table.add_row(
            *(f"{rung.rate:.0f}", str(count), _ms(rung.all, 0.5), _ms(rung.all, 0.99), errors),
            *(f"{rung.web * 1000 / count:.1f}", f"{rung.database * 1000 / count:.1f}"),
            *(f"{rung.busy:.0%}", _ms(rung.late, 0.99)),
        )
    return table


def _kinds(ladder: list[Rung], alone: dict[str, Rung]) -> Table:
    rung = _at_aim(ladder)
    table = Table(
        title=f"Ce qui est demandé, à {rung.rate:.0f} demandes/s",
        caption=f"Processeur : chacune seule, {ALONE} fois de suite ; ms par demande.",
    )
    for heading in ("", "part", "demandes", "p50 ms", "p99 ms", "pages", "PostgreSQL"):
        table.add_column(heading, justify="right" if heading else "left")
    for kind, share in SHARES.items():
        if spent := rung.spent.get(kind):
            cells = (f"{share} %", str(len(spent)), _ms(spent, 0.5), _ms(spent, 0.99))
            took = [f"{each:.1f}" for each in _took(alone[kind])] if kind in alone else ["—", "—"]
            table.add_row(NAMES[kind], *cells, *took)
    return table


def _took(rung: Rung) -> tuple[float, float]:
    """Return the milliseconds of processor a request: of the pages, of PostgreSQL."""
    return rung.web * 1000 / len(rung.all), rung.database * 1000 / len(rung.all)


def _aims(ladder: list[Rung], alone: dict[str, Rung], peers: dict[str, tuple[float, Rung]]) -> Table:
    """Say what was aimed at and what came; the processor's time is that of the mix by its shares."""
    table, rung = Table(title="Les buts"), _at_aim(ladder)
    for heading in ("", "but", "mesuré", ""):
        table.add_column(heading, justify="right" if heading else "left")
    whole = sum(SHARES[kind] for kind in alone)
    pages, database = (
        sum(_took(one)[which] * SHARES[kind] for kind, one in alone.items()) / whole for which in (0, 1)
    )
    [(most, _mix), (hello, _one), (guardian, _other)] = peers.values()
    p99 = percentile(rung.all, 0.99)
    for name, aim, came, met in (
        ("pages, ms de processeur par demande", f"≤ {AIM_PAGES:.0f}", f"{pages:.1f}", pages <= AIM_PAGES),
        ("PostgreSQL, ms", f"≤ {AIM_DATABASE:.0f}", f"{database:.1f}", database <= AIM_DATABASE),
        ("demandes/s au plus", f"≥ {AIM_RATE}", f"{most:.0f}", most >= AIM_RATE),
        (f"p99 à {rung.rate:.0f}/s, ms", f"< {AIM * 1000:.0f}", f"{p99 * 1000:.0f}", p99 < AIM),
    ):
        table.add_row(name, aim, came, "atteint" if met else "manqué")
    table.add_row("« bonjour » fois plus rapide", "", f"× {hello / most:.1f}", "")
    table.add_row("guardian, une liste nue, fois plus lente", "", f"× {most / guardian:.1f}", "")
    return table


def _peers(peers: dict[str, tuple[float, Rung]]) -> Table:
    table = Table(
        title="Face à des pairs, servis par autant de processus",
        caption=f"Au plus : {CLOSED} qui demandent l’un après l’autre. Liste nue : {PAGE} lignes, sans page.",
    )
    for heading in ("", "au plus, demandes/s", "rapport", f"p50 ms à {AIM_RATE}/s", f"p99 ms à {AIM_RATE}/s"):
        table.add_column(heading, justify="right" if heading else "left")
    [ours, *_others] = [most for most, _rung in peers.values()]
    for name, (most, rung) in peers.items():
        table.add_row(name, f"{most:.0f}", f"× {most / ours:.2f}", _ms(rung.all, 0.5), _ms(rung.all, 0.99))
    return table


def _ms(values: list[float], share: float) -> str:
    return f"{percentile(values, share) * 1000:.1f}" if values else "—"
