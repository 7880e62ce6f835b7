"""Drafting at three hundred commitments: open, save, freeze; against three of them and a bare Django view.

Queries should not grow with the commitments; processor time of a page that shows them all may, and the
table says by how much. The bare view is that of ``./run bench pages``, in the same process.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment, teardown_test_environment
from django.urls import reverse
from rich.console import Console
from rich.table import Table

from bench.pages import bare_reading, browser_of, served
from bench.stage import staged
from contracts.models import Commitment, Contract
from tests import plot
from tests.cast import Cast, small_contract
from workflow.drafting import acts

FEW, MANY = 3, 300
Measured = tuple[int, float]  # queries, milliseconds of processor


def main(argv: list[str]) -> int:
    """Print the table; ``--times`` is how often each step is done, the freeze once."""
    parser = argparse.ArgumentParser(prog="./run bench draft")
    parser.add_argument("--times", type=int, default=10)
    times = parser.parse_args(argv).times
    setup_test_environment()
    try:
        with served(), staged() as cast:
            base = bare_reading(cast.rtac, times)
            few, many = (_steps(cast, of_size(cast, size), times) for size in (FEW, MANY))
    finally:
        teardown_test_environment()
    _print(base, few, many)
    return 0


def of_size(cast: Cast, size: int) -> Contract:
    """Return a contract being drafted that has that many commitments, in two volets."""
    contract = small_contract(cast, f"CSI-BANC-{size}")
    volets = list(contract.volets.order_by("order"))
    rows = list(Commitment.objects.filter(volet__contract=contract))
    for number in range(size - len(rows)):
        volet = volets[number % 2]
        model = rows[number % len(rows)]
        Commitment.objects.create(
            volet=volet,
            order=volet.commitments.count() + 1,
            title=f"Engagement {number} : porter la présence de terrain à la hauteur des besoins",
            description="Chaque semaine, selon le plan arrêté par le comité.\n" * 4,
            party=model.party,
            lead=model.lead,
            indicator="Heures de présence",
            unit="heures",
            baseline=Decimal(number),
            target=Decimal(number + 10),
            direction="increase",
            periodicity="monthly",
            due_date=contract.period_end,
        )
    return plot.opened(contract)


def _steps(cast: Cast, contract: Contract, times: int) -> dict[str, Measured]:
    pilot = browser_of(cast.pilote_ville)
    row = Commitment.objects.filter(volet__contract=contract).order_by("volet__order", "order")[0]
    edit = reverse("commitment_edit", args=[contract.pk, row.pk])
    found = {
        "ouvrir l’éditeur": _measured(
            lambda: _get(pilot, reverse("draft_editor", args=[contract.pk])), times
        ),
        "ouvrir un engagement": _measured(lambda: _get(pilot, edit), times),
        "l’enregistrer": _measured(lambda: _save(pilot, edit), times),
    }
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    freeze = reverse("task", args=[contract.pk, plot.task(contract, "freeze").pk])
    found["ouvrir la page avant de figer"] = _measured(lambda: _get(pilot, freeze), max(1, times // 3))
    sent = _form(pilot, freeze) | {"label": "Banc"}
    found["figer"] = _measured(lambda: _post(pilot, freeze, sent), 1, warm=False)
    return found


def _measured(step: Callable[[], Any], times: int, *, warm: bool = True) -> Measured:
    if warm:
        step()
    spent, asked = [], 0
    for _time in range(times):
        with CaptureQueriesContext(connection) as queries:
            began = time.process_time()
            step()
            spent.append((time.process_time() - began) * 1000)
        asked = len(queries)
    return asked, statistics.median(spent)


def _get(browser: Client, address: str) -> Any:
    answer = browser.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"  # noqa: S101
    return answer


def _form(browser: Client, address: str) -> dict[str, Any]:
    """Return what the page's form would send unchanged."""
    form = _get(browser, address).context["form"]
    return {bound.html_name: "" if bound.value() is None else bound.value() for bound in form}


def _save(browser: Client, address: str) -> None:
    """Change a title and save it: the form is read first, as a person does."""
    _post(browser, address, _form(browser, address) | {"title": f"Engagement revu à {time.time_ns()}"})


def _post(browser: Client, address: str, facts: dict[str, Any]) -> None:
    answer = browser.post(address, facts)
    assert answer.status_code in (200, 302), f"{address}: {answer.status_code}"  # noqa: S101


def _print(base: float, few: dict[str, Measured], many: dict[str, Measured]) -> None:
    table = Table(title="La rédaction (médianes)")
    headings = ("", f"requêtes, {FEW}", f"requêtes, {MANY}", f"CPU ms, {FEW}", f"CPU ms, {MANY}")
    for heading in (*headings, "rapport à une vue nue"):
        table.add_column(heading, justify="left" if not heading else "right")
    for title, (asked, spent) in many.items():
        before, least = few[title]
        grown = " *" if asked > before else ""
        table.add_row(
            title + grown, str(before), str(asked), f"{least:.1f}", f"{spent:.1f}", f"{spent / base:.0f}"
        )
    Console().print(table)
    print(f"une vue nue : {base:.1f} ms. * des requêtes de plus à {MANY} engagements qu’à {FEW}")
