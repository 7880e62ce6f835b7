"""One busy day: how many mails a person gets, how long from an act to its mail handed over, what it asks.

A hundred contracts, a thousand people; drafts are sent in and opinions given one after another while a
real worker composes and hands over to a real mail server as an installation does: each minute, what was told
at least half a minute before. Then the next working day comes, and with it what is gathered.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from django.db import connection, transaction
from django.db.models import Min
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from bench.filling import fill
from bench.stage import database, percentile
from contracts.models import Contract, Status
from tests import plot
from tests.post import mail_server
from tests.stage import working
from workflow.drafting import acts as drafting_acts
from workflow.news import mails
from workflow.notices.models import Fate, KeptMail, Notice
from workflow.opinions import acts as opinions_acts

LONGEST = 75.0  # seconds until the last mail is handed over: half a minute, then the worker’s next minute


@dataclass
class Day:
    """What the day took: seconds and queries of each act; queries of each person's mails."""

    spent: list[float] = field(default_factory=list)
    queries: list[float] = field(default_factory=list)
    composed: list[float] = field(default_factory=list)


def main(argv: list[str]) -> int:
    """Print the table; ``--acts`` is how many acts the day has at most, ``--seconds`` how long it lasts."""
    parser = argparse.ArgumentParser(prog="./run bench told")
    parser.add_argument("--contracts", type=int, default=100)
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--acts", type=int, default=150)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args(argv)
    day = Day()
    with database(), mail_server():
        fill(contracts=options.contracts, organisations=max(31, options.people // 10), users=options.people)
        with working():
            _acts(day, options.acts, options.seconds)
            waits = _handed_over()
        _tomorrow(day)
        _print(day, waits)
    return 0


def _acts(day: Day, at_most: int, seconds: float) -> None:
    """Send drafts in and freeze them while half the time lasts; give the opinions that the worker opens."""
    begun = time.perf_counter()
    frozen: list[Contract] = []
    for contract in Contract.objects.filter(status=Status.DRAFTING).order_by("pk"):
        if len(day.spent) >= at_most // 2 or time.perf_counter() > begun + seconds / 2:
            break
        for task in plot.tasks(contract, "draft"):
            person = plot.entitled(task)
            _timed(day, partial(drafting_acts.submit_draft, person, task.pk))
        for task in plot.tasks(contract, "freeze"):
            person = plot.entitled(task)
            _timed(day, partial(drafting_acts.freeze_version, person, task.pk))
        frozen.append(contract)
    while len(day.spent) < at_most and time.perf_counter() < begun + seconds:
        asked = [(contract, task) for contract in frozen for task in plot.tasks(contract, "review")]
        for contract, task in asked[: at_most - len(day.spent)]:
            person, sha256 = plot.entitled(task), plot.version(contract).content_sha256
            facts = {"value": "favourable", "reason": "", "version_sha256": sha256}
            _timed(day, partial(opinions_acts.give_opinion, person, task.pk, **facts))
        if not asked:
            time.sleep(0.2)  # the worker prints what is sent round


def _timed(day: Day, act: Callable[[], object]) -> None:
    with CaptureQueriesContext(connection) as queries:
        started = time.perf_counter()
        act()
    day.spent.append(time.perf_counter() - started)
    day.queries.append(float(len(queries)))


def _handed_over() -> list[float]:
    """Wait for all that is mailed at once; return the seconds from each mail's first act to its hand-over."""
    until = time.perf_counter() + LONGEST
    while time.perf_counter() < until:
        waiting = Notice.objects.filter(mail=None, mail_at__lte=timezone.now() + dt.timedelta(minutes=2))
        if not waiting.exists() and not KeptMail.objects.filter(fate=Fate.QUEUED).exists():
            break
        time.sleep(0.5)
    sent = KeptMail.objects.filter(fate=Fate.HANDED_OVER).annotate(told=Min("notices__at"))
    return [(mail.fate_at - mail.told).total_seconds() for mail in sent if mail.told]


def _tomorrow(day: Day) -> None:
    """Compose what is gathered, as the worker does on the next working day; nothing of it is sent."""
    later = timezone.now() + dt.timedelta(days=7)
    for person in mails.due_people(later):
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            mails.write_to(person, later)
        day.composed.append(float(len(queries)))


def _print(day: Day, waits: list[float]) -> None:
    table = Table(title="Une journée chargée : ce qui est dit, à qui, et quand")
    for heading in ("", "nombre", "p50", "p99", "plus"):
        table.add_column(heading, justify="left" if not heading else "right")
    owned = [float(n) for n in Counter(KeptMail.objects.values_list("person", flat=True)).values()]
    told = [float(n) for n in Counter(Notice.objects.values_list("person", flat=True)).values()]
    rows = (
        ("actes, ms", [spent * 1000 for spent in day.spent], 1),
        ("requêtes d’un acte", day.queries, 0),
        ("nouvelles par personne concernée", told, 0),
        ("courriels par personne écrite", owned, 0),
        ("de l’acte au courriel remis, s", waits, 1),
        ("requêtes par personne, courriel groupé", day.composed, 0),
    )
    for name, values, digits in rows:
        if values:
            shown = (percentile(values, 0.5), percentile(values, 0.99), max(values))
            table.add_row(name, str(len(values)), *(f"{value:.{digits}f}" for value in shown))
    Console().print(table)
