"""Validate a sealed contract of four signatures: ours, pyHanko's own validation and pdfsig, in the same run.

Processor time. Ours is all that a verdict takes: the bytes, the revisions, the fields, each time-stamp and
each signature at the hour that is proven, in a process of its own with limits, which is counted with what
asks it. pyHanko's is ``ades_lta_validation`` of each signature by the same rules, and nothing else; pdfsig
follows no time-stamp and no revocation, and stands for what a reader does. Then what is large: what our
limits let in is judged, and what they do not is refused, in so much time and memory.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed
from pyhanko.sign.validation.ades import ades_lta_validation
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from rich.console import Console
from rich.table import Table

from bench.sign import ALGORITHMS, SIZE, person, served
from signatures import limited, pades
from signatures.lists.trusting import Anchors
from signatures.report import Report
from signatures.roots import load_roots
from signatures.validation import validate
from signatures.verdict import policies
from tests.signatures import documents, stages

People = Sequence[AbstractBaseUser]
MEGABYTE = 1_000_000
MOST_MEGABYTES, MOST_SECONDS = limited.MAX_MEMORY / MEGABYTE, float(limited.MAX_CPU_SECONDS)


@dataclass(frozen=True)
class Cost:
    """What one validation took: milliseconds of processor and by the clock; megabytes at most, if known."""

    spent: float
    waited: float
    peak: float = 0.0


def main(argv: list[str]) -> int:
    """Measure, print both tables; return 0 when every file is judged as it should be, within its limits."""
    parser = argparse.ArgumentParser(prog="bench verify", description=__doc__)
    parser.add_argument("--times", type=int, default=15, help="validations by cell")
    options = parser.parse_args(argv)
    console = Console()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)):
        people = [person(name, algorithm) for name, algorithm in ALGORITHMS.items()]
        contracts = {count: sealed(people, count, padding=SIZE) for count in (2, 4)}
        console.print(_compared(contracts, Path(folder), options.times))
        table, good = _large(people)
        console.print(table)
    return 0 if good else 1


def sealed(people: People, signatories: int, *, pages: int = 2, padding: int = 0) -> bytes:
    """Return a contract that so many people signed in turn, by their own keys, at level B-LTA."""

    async def make() -> bytes:
        fields = _fields(signatories)
        file = documents.build(fields, pages=pages, padding=padding)
        for index, name in enumerate(fields):
            who = people[index % len(people)]
            file = await stages.sign(file, name, who, first=index == 0, last=index == signatories - 1)
        return await pades.seal(file)

    return asyncio.run(make())


def _fields(signatories: int) -> list[str]:
    return [f"Signataire-{number:02}" for number in range(1, signatories + 1)]


def _compared(contracts: dict[int, bytes], folder: Path, times: int) -> Table:
    table = Table(
        title=f"Valider un contrat scellé B-LTA (médiane de {times}, ms)",
        caption="Rapport : temps de processeur face au nôtre, même fichier.",
    )
    for column in ("Signatures", "Validation"):
        table.add_column(column)
    for column in ("Processeur", "Horloge", "Rapport"):
        table.add_column(column, justify="right")
    for count, file in contracts.items():
        path = folder / f"{count}.pdf"
        path.write_bytes(file)
        ways: dict[str, Callable[[], Cost]] = {
            "Contreseing, complète": partial(_cost_of_ours, file, count),
            "pyHanko, ades_lta_validation seule": partial(_theirs, file),
            "pdfsig (poppler)": partial(_poppler, path),
        }
        found = {name: _median(way, times) for name, way in ways.items()}
        reference = found["Contreseing, complète"].spent
        for name, cost in found.items():
            row = (f"{cost.spent:.0f}", f"{cost.waited:.0f}", f"× {cost.spent / reference:.2f}")
            table.add_row(f"{count}, {len(file) // 1000} Ko", name, *row)
    return table


def _median(way: Callable[[], Cost], times: int) -> Cost:
    """Return the median of what a validation takes, the first of them left out."""
    way()
    costs = [way() for _time in range(times)]
    return Cost(statistics.median(one.spent for one in costs), statistics.median(one.waited for one in costs))


def _ours(file: bytes, signatories: int) -> tuple[Cost, Report]:
    """Return what our whole validation takes: what asks, and the limited process that works."""
    cpu, wall = time.process_time(), time.perf_counter()
    report = validate(file, expected=_fields(signatories))
    waited = (time.perf_counter() - wall) * 1000
    asking = time.process_time() - cpu
    used = limited.last_usage()
    if used is None:
        raise TypeError("nothing was measured")
    return Cost((asking + used.cpu_seconds) * 1000, waited, used.peak_bytes / MEGABYTE), report


def _cost_of_ours(file: bytes, signatories: int) -> Cost:
    return _ours(file, signatories)[0]


def _theirs(file: bytes) -> Cost:
    """Return what pyHanko's validation of each signature takes, by our rules for a contract."""
    cpu, wall = time.process_time(), time.perf_counter()
    asyncio.run(_judge_all(file))
    return Cost((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000)


async def _judge_all(file: bytes) -> None:
    specification = PdfSignatureValidationSpec(policies.specification(Anchors(load_roots()), contract=True))
    now = timezone.now()
    timing = ValidationTimingInfo(now, now, True)
    for signature in PdfFileReader(io.BytesIO(file)).embedded_regular_signatures:
        result = await ades_lta_validation(signature, specification, timing_info=timing)
        if result.ades_subindic != AdESPassed.OK:
            raise ValueError(f"pyHanko: {result.ades_subindic}")


def _poppler(path: Path) -> Cost:
    """Return what poppler's command takes."""
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(["pdfsig", "-nocert", str(path)], check=True, capture_output=True)  # noqa: S603, S607
    waited, after = (time.perf_counter() - wall) * 1000, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), waited)


def _large(people: People) -> tuple[Table, bool]:
    """Return the table of what is large, and whether each was judged as it should be, within its limits."""
    files = {
        "45 Mo, deux signatures": (sealed(people, 2, padding=45 * MEGABYTE), 2, ""),
        "60 Mo, deux signatures": (sealed(people, 2, padding=60 * MEGABYTE), 2, "too_large"),
        "2 000 pages, quatre signatures": (sealed(people, 4, pages=2_000), 4, ""),
        "2 200 pages, quatre signatures": (sealed(people, 4, pages=2_200), 4, "too_many_pages"),
    }
    table = Table(
        title="Valider ce qui est grand, dans un processus limité",
        caption=f"Limites : {MOST_MEGABYTES:.0f} Mo d’adresses, {MOST_SECONDS:.0f} s de processeur.",
    )
    for column in ("Fichier", "Réponse"):
        table.add_column(column)
    for column in ("Processeur, ms", "Horloge, ms", "Mémoire, Mo"):
        table.add_column(column, justify="right")
    good = True
    for name, (file, count, refused) in files.items():
        cost, report = _ours(file, count)
        codes = sorted({problem.code for problem in report.problems})
        good &= codes == ([refused] if refused else [])
        good &= cost.peak < MOST_MEGABYTES and cost.spent < 1000 * MOST_SECONDS
        said = ", ".join(problem.message for problem in report.problems) or "valide"
        table.add_row(name, said, f"{cost.spent:.0f}", f"{cost.waited:.0f}", f"{cost.peak:.0f}")
    return table, good
