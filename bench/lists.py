"""The lists at 10, 1,000 and 100,000 contracts: queries, p50, p95; guardian's own list in the same run.

Three databases of their own, asked in turn all along and in another order each time, so that
whatever else the machine does weighs on each alike. Organisations and people come in
proportion to the contracts (300 and 2,000 for 100,000; never fewer than one department), so
that pages are as full in a small installation as in a large one. The pages go through the
real views, by Django's test client; the second table asks for the first page of the contract
list and its capped count, ours against ``get_objects_for_user``, without the page around it.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from guardian.shortcuts import get_objects_for_user
from rich.console import Console
from rich.table import Table

from bench.filling import Filled, fill
from bench.filling.people import DEPARTMENT
from bench.stage import database, percentile
from contracts.models import Contract
from stakeholders.models import Organisation, Role, User
from stakeholders.permissions import mandates_in_force
from workflow.tasks.keyset import COUNTED_AT_MOST, PAGE
from workflow.tasks.lists import contract_listing

WIDTH = 170  # columns that the tables need; a file or a pipe is taken for 80
PAGES = {
    "corbeille « À traiter »": "/",
    "corbeille « Suivis »": "/corbeilles/suivis/",
    "liste des contrats": "/contrats/",
    "recherche, mot fréquent": "/contrats/?q=securite",
    "recherche, une référence": "/contrats/?q={newest}",
    "recherche, rien": "/contrats/?q=introuvable",
}
ROW = b'<li class="task"'
ALONE, WITHIN, GUARDIAN = "Contreseing, seule", "Contreseing, dans une page", "guardian"
LARGEST, ORGANISATIONS, PEOPLE = 100_000, 300, 2000
AT_ONCE = 4  # measures of one act before the next is asked
Act = Callable[[], int]  # returns how many rows it showed


@dataclass
class Measure:
    """What an act showed and took: rows, queries, ms each time."""

    rows: int = 0
    queries: int = 0
    spent: list[float] = field(default_factory=list)

    def at(self, share: float) -> float:
        """Return the milliseconds below which that share of the times lie."""
        return percentile(self.spent, share)


Measures = dict[tuple[str, str], dict[int, Measure]]


def main(argv: list[str]) -> int:
    """Print the tables; ``--rounds`` is how often each database is asked in its turn."""
    parser = argparse.ArgumentParser(prog="./run bench lists")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--contracts", type=int, nargs="+", default=[10, 1000, 100_000])
    options = parser.parse_args(argv)
    console, sizes = Console(width=max(Console().width, WIDTH)), options.contracts
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    pages: Measures = {}
    lists: Measures = {}
    with (
        override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}, WHITENOISE_AUTOREFRESH=True),
        _filled(sizes, console) as bases,
    ):
        acts = {size: _acts(bases, size) for size in sizes}
        for who_what in acts[sizes[0]][0]:
            pages[who_what] = {size: Measure() for size in sizes}
        for who_what in acts[sizes[0]][1]:
            lists[who_what] = {size: Measure() for size in sizes}
        order = random.Random(1)  # noqa: S311 (who comes first finds the caches of another database)
        for _round in range(options.rounds):
            for size in order.sample(sizes, len(sizes)):
                _use(bases[size][0])
                measured = [(act, pages[which][size]) for which, act in acts[size][0].items()]
                measured += [(act, lists[which][size]) for which, act in acts[size][1].items()]
                for act, measure in order.sample(measured, len(measured)):
                    _measure(act, measure)
    console.print(_table("Les pages, par les vues", pages, sizes))
    console.print(_table("La liste des contrats et son compte, sans la page", lists, sizes))
    console.print(_ratios(lists, sizes))
    return 0


@contextmanager
def _filled(sizes: list[int], console: Console) -> Iterator[dict[int, tuple[Any, Filled]]]:
    """Make a database for each size, filled; yield a connection to each, with who is in it."""
    bases: dict[int, tuple[Any, Filled]] = {}
    main = connections["default"]
    with ExitStack() as stack:
        for size in sizes:
            stack.enter_context(database())
            started = time.perf_counter()
            people = fill(contracts=size, **_installation(size))
            console.print(f"{size} contrats : base remplie en {time.perf_counter() - started:.0f} s")
            other = connections.create_connection("default")
            other.settings_dict = {**main.settings_dict}
            bases[size] = (other, people)
        try:
            yield bases
        finally:
            for other, _people in bases.values():
                other.close()
            connections["default"] = main


def _installation(contracts: int) -> dict[str, int]:
    """Return how many organisations and people an installation of so many contracts has."""
    organisations = max(ORGANISATIONS * contracts // LARGEST, 1 + len(DEPARTMENT))
    return {"organisations": organisations, "users": organisations * PEOPLE // ORGANISATIONS}


def _use(other: Any) -> None:
    connections["default"] = other
    ContentType.objects.clear_cache()


def _acts(
    bases: dict[int, tuple[Any, Filled]], size: int
) -> tuple[dict[tuple[str, str], Act], dict[tuple[str, str], Act]]:
    """Return what is measured in one database: pages and lists, by reader and name."""
    other, filled = bases[size]
    _use(other)
    pages: dict[tuple[str, str], Act] = {}
    lists: dict[tuple[str, str], Act] = {}
    readers = {
        "préfet": filled.bodies.departments[0].prefecture,
        "observatoire (tout)": filled.bodies.national,
    }
    for who, body in readers.items():
        person = _head(body)
        client = Client(headers={"host": "127.0.0.1"})
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        newest = contract_listing(person).page().rows[0].reference
        for what, address in PAGES.items():
            pages[who, what] = _asking(client, address.format(newest=newest))
        lists |= {(who, way): take for way, take in _ways(person).items()}
    return pages, lists


def _head(body: Organisation) -> User:
    """Return the head of a body, whom guardian also finds: it reads the groups of the person."""
    person: User = User.objects.get(mandates__office__organisation=body, mandates__office__role=Role.HEAD)
    person.groups.set(Group.objects.filter(organisation__offices__mandates__person=person))
    return person


def _asking(client: Client, address: str) -> Act:
    def ask() -> int:
        answer = client.get(address)
        if answer.status_code != 200:
            raise RuntimeError(f"{address} answers {answer.status_code}")
        return answer.content.count(ROW)

    return ask


def _ways(person: User) -> dict[str, Act]:
    """Return our list, alone and as a page asks for it, and guardian's, each counted.

    Raises RuntimeError unless all show the same rows.
    """

    def ours() -> list[Contract]:
        listing = contract_listing(person)
        listing.count()
        return listing.page().rows

    def guardians() -> list[Contract]:
        reader = User.objects.get(pk=person.pk)  # guardian's answers are not kept from one time to the next
        found = get_objects_for_user(
            reader, "contracts.view_contract", Contract, with_superuser=False, accept_global_perms=False
        )
        found[: COUNTED_AT_MOST + 1].count()
        return list(found[: PAGE + 1])[:PAGE]

    mandates = list(mandates_in_force(person))

    def within_a_page() -> list[Contract]:
        # every page reads the reader's mandates once, for its header, and gives them to its lists
        listing = contract_listing(person, mandates=mandates)
        listing.count()
        return listing.page().rows

    if not ours() == within_a_page() == guardians():
        raise RuntimeError("the lists differ")
    return {
        ALONE: lambda: len(ours()),
        WITHIN: lambda: len(within_a_page()),
        GUARDIAN: lambda: len(guardians()),
    }


def _measure(act: Act, measure: Measure) -> None:
    act()  # what is kept in memory is there for the next
    with CaptureQueriesContext(connection) as queries:
        measure.rows = act()
    measure.queries = len(queries)
    for _time in range(AT_ONCE):
        started = time.perf_counter()
        act()
        measure.spent.append((time.perf_counter() - started) * 1000)


def _table(title: str, measured: Measures, sizes: list[int]) -> Table:
    table = Table(title=f"{title} (lignes montrées, requêtes, p50 et p95 en ms)")
    table.add_column("Qui")
    table.add_column("Quoi")
    for size in sizes:
        for what in ("lig.", "req.", "p50", "p95"):
            table.add_column(f"{size}\n{what}", justify="right")
    for share in ("p50", "p95"):
        table.add_column(f"{share}, {sizes[-1]}\nface à {sizes[-2:][0]}", justify="right")
    for (who, what), row in measured.items():
        cells = [
            cell
            for size in sizes
            for m in [row[size]]
            for cell in (str(m.rows), str(m.queries), f"{m.at(0.5):.1f}", f"{m.at(0.95):.1f}")
        ]
        last, before = row[sizes[-1]], row[sizes[-2:][0]]
        growth = [f"× {last.at(share) / before.at(share):.2f}" for share in (0.5, 0.95)]
        table.add_row(who, what, *cells, *growth)
    return table


def _ratios(lists: Measures, sizes: list[int]) -> Table:
    table = Table(title="guardian face à Contreseing (p50)")
    table.add_column("Qui")
    table.add_column("Quoi")
    for size in sizes:
        table.add_column(str(size), justify="right")
    for (who, way), ours in lists.items():
        theirs = lists[who, GUARDIAN]
        if way != GUARDIAN:
            table.add_row(who, way, *(f"× {theirs[n].at(0.5) / ours[n].at(0.5):.1f}" for n in sizes))
    return table
