"""Complete a review: queries and milliseconds, against viewflow's bare completion in the same run."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext
from rich.console import Console
from rich.table import Table

from bench.stage import percentile, staged
from contracts.models import Contract
from tests import plot
from tests.cast import Cast
from tests.stage import run_jobs
from workflow.drafting import acts as drafting_acts
from workflow.opinions import acts as opinions_acts

Measure = tuple[list[float], int]


def main(argv: list[str]) -> int:
    """Print the table; ``--times`` is how many rounds of eleven reviews are measured."""
    parser = argparse.ArgumentParser(prog="./run bench flow")
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args(argv).times
    with staged() as cast:
        contract = plot.opened(cast.contract)
        ours, bare, opening = [], [], []
        for _round in range(times):
            opening.append(_open(contract))
            ours += _reviews(contract, _ours)
            plot.draft_and_freeze(contract)
            bare += _reviews(contract, _bare)
            _send_back(cast, contract)
    _print(ours, bare, opening)
    return 0


def _open(contract: Contract) -> tuple[float, int]:
    """Freeze and print; return what opening the eleven reviews took."""
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    waiting = plot.task(contract, "freeze")
    with CaptureQueriesContext(connection) as queries:
        started = time.perf_counter()
        drafting_acts.freeze_version(plot.entitled(waiting), waiting.pk)
        spent = time.perf_counter() - started
    run_jobs()
    return spent, len(queries)


def _reviews(contract: Contract, complete: Callable[[Contract, Any], None]) -> list[tuple[float, int]]:
    found = []
    for waiting in plot.tasks(contract, "review"):
        waiting.bench_user = plot.entitled(waiting)
        with CaptureQueriesContext(connection) as queries:
            started = time.perf_counter()
            complete(contract, waiting)
            found.append((time.perf_counter() - started, len(queries)))
    return found


def _ours(contract: Contract, waiting: Any) -> None:
    sha256 = plot.version(contract).content_sha256
    facts = {"value": "changes_requested", "reason": "À revoir.", "version_sha256": sha256}
    opinions_acts.give_opinion(waiting.bench_user, waiting.pk, **facts)


def _bare(_contract: Contract, waiting: Any) -> None:
    """The engine alone: no right asked, no opinion kept, nothing journaled, nobody told."""
    with waiting.activation() as activation:
        activation.assign(waiting.bench_user)
        activation.start(None)
        activation.execute()


def _send_back(cast: Cast, contract: Contract) -> None:
    """Nobody answered the bare round, so it goes to approval: send it back to drafting."""
    for waiting in plot.tasks(contract, "approve"):
        pdf = plot.version(contract).pdf_sha256
        opinions_acts.approve(
            plot.entitled(waiting), waiting.pk, approved=False, reason="Encore.", pdf_sha256=pdf
        )


def _print(ours: list[Any], bare: list[Any], opening: list[Any]) -> None:
    table = Table(title="Rendre un avis (onze organisations, un tour)")
    for heading in ("", "p50 ms", "p95 ms", "requêtes (p50)", "rapport p50"):
        table.add_column(heading, justify="left" if not heading else "right")
    base = percentile([row[0] for row in bare], 0.5)
    for name, rows in (
        ("viewflow seul (ni droit, ni avis, ni journal, ni événement)", bare),
        ("Contreseing, acte complet", ours),
        ("Figer une version", opening),
    ):
        spent = [row[0] for row in rows]
        middle = percentile(spent, 0.5)
        queries = int(percentile([float(row[1]) for row in rows], 0.5))
        late = percentile(spent, 0.95)
        table.add_row(
            name, f"{middle * 1000:.1f}", f"{late * 1000:.1f}", str(queries), f"{middle / base:.2f}"
        )
    Console().print(table)
