"""A hundred signatures asked for in one transaction, then a hundred seals, on two workers as of ``./run``.

Each contract is another, each worker a process; the authorities answer from another process still. How many
a second, and what is left in the end: each place signed once, by one use of its key, in a file that says so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import override_settings
from procrastinate.contrib.django.models import ProcrastinateWorker
from rich.table import Table

from bench.stage import database, percentile
from config.attached import ROOT
from config.worker import PLACES
from signatures import actions, blobs, keys
from signatures.demo import pki
from signatures.models import Envelope, SignatureRequest
from signatures.validation import validate
from tests.database_address import database_address
from tests.signatures import documents
from tests.signatures.conftest import PASSWORD, ask

FIELD = "Seul"
LONGEST = 600.0  # seconds that a hundred may take
STARTS_WITHIN = 60.0  # seconds that the workers may take to begin
LOOKS_EVERY = 0.05  # seconds: other processes work, and are measured by what is in the database alone
State = SignatureRequest.State
Served = Callable[[Path], Any]
Algorithms = Sequence[pki.Algorithm]


@dataclass(frozen=True)
class Batch:
    """What was asked at once: how long each waited, and the processor that the workers took, in seconds."""

    name: str
    waited: list[float]
    spent: float
    faults: list[str]


def run(
    served: Served, algorithms: Sequence[pki.Algorithm], *, count: int, workers: int
) -> tuple[Table, bool]:
    """Return the table, and whether nothing was lost nor done twice; ``served`` makes and serves a PKI."""
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)), database():
        state = Path(folder)
        with override_settings(BLOB_DIR=state / "blobs"):
            people = [_person(number, algorithms[number % len(algorithms)]) for number in range(10)]
            contracts = [_contract(number) for number in range(count)]
            with _working(state, workers) as processes:
                batches = [_signed(processes, contracts, people), _sealed(processes, contracts)]
    table = Table(title=f"{count} demandées à la fois, {workers} exécuteurs : validées et gardées")
    for column in ("", "par seconde", "p50, s", "dernière, s", "CPU, ms", "perdues, doublées"):
        table.add_column(column, justify="right" if column else "left")
    for batch in batches:
        last = max(batch.waited)
        table.add_row(
            batch.name,
            f"{count / last:.1f}",
            f"{percentile(batch.waited, 0.5):.1f}",
            f"{last:.1f}",
            f"{batch.spent / count * 1000:.0f}",
            ", ".join(batch.faults) or "aucune",
        )
    return table, not any(batch.faults for batch in batches)


def _person(number: int, algorithm: pki.Algorithm) -> Any:
    email = f"signataire-{number}@banc.test"
    pki.issue_person(email, f"Signataire {number}", "Préfecture de Clairval", "Préfète", algorithm=algorithm)
    person = get_user_model().objects.create_user(email, PASSWORD)
    keys.enrol_specimen(person)
    return person


def _contract(number: int) -> Envelope:
    """Open an envelope over a PDF of 200 KB that is no other's."""
    document = documents.build([FIELD], padding=200_000 + number)
    return actions.open_envelope(
        title=f"Contrat {number}",
        document_sha256=blobs.put(document),
        fields=[FIELD],
        specimen=True,
        idempotency_key=f"banc-{number}",
    )


@contextmanager
def _working(state: Path, count: int) -> Iterator[list[psutil.Process]]:
    """Start so many workers on this database, documents and authorities; end them."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_address(),
        "STATE_DIR": str(state),
        "PKI_URL": settings.PKI_URL,
        "PKI_PASSPHRASE": settings.PKI_PASSPHRASE,
        "LOG_LEVEL": "CRITICAL",
    }
    command = [sys.executable, str(ROOT / "manage.py"), "run_worker"]
    started = [subprocess.Popen(command, env=environment, cwd=ROOT) for _worker in range(count)]  # noqa: S603
    try:
        until = time.monotonic() + STARTS_WITHIN
        while ProcrastinateWorker.objects.count() < count * len(PLACES):  # each has one for each queue
            if time.monotonic() > until or any(one.poll() is not None for one in started):
                raise TimeoutError("les exécuteurs n’ont pas démarré")
            time.sleep(LOOKS_EVERY)
        yield [psutil.Process(one.pid) for one in started]
    finally:
        for one in started:
            one.terminate()
        for one in started:
            one.wait(60)


def _signed(processes: list[psutil.Process], contracts: list[Envelope], people: list[Any]) -> Batch:
    """Ask for every signature in one transaction; wait until each is made."""
    signing = [(one, people[index % len(people)]) for index, one in enumerate(contracts)]
    proofs = [
        actions.confirm(person, PASSWORD, document_sha256=contract.current_sha256)
        for contract, person in signing
    ]
    asked = SignatureRequest.objects.filter(slot__envelope__in=contracts)

    def ask_all() -> None:
        for (contract, person), proof in zip(signing, proofs, strict=True):
            ask(contract, FIELD, person, confirmation=proof)

    waited, spent = _timed(processes, ask_all, lambda: asked.filter(state=State.DONE).count(), len(contracts))
    states = Counter(asked.values_list("state", flat=True))
    faults = [] if states == {State.DONE: len(contracts)} else [str(dict(states))]
    values = {bytes(value) for value in asked.values_list("raw_signature", flat=True)}
    if len(values) != len(contracts):
        faults.append(f"{len(values)} valeurs")
    return Batch("Signer (B-T)", waited, spent, faults)


def _sealed(processes: list[psutil.Process], contracts: list[Envelope]) -> Batch:
    """Ask for every seal in one transaction; then read each file."""
    envelopes = Envelope.objects.filter(pk__in=[one.pk for one in contracts])

    def ask_all() -> None:
        for one in envelopes.all():
            actions.request_seal(one)

    def made() -> int:
        return envelopes.filter(state=Envelope.State.SEALED).count()

    waited, spent = _timed(processes, ask_all, made, len(contracts))
    faults = [f"contrat {one.pk} : {fault}" for one in envelopes.all() if (fault := _fault(one))]
    return Batch("Sceller (B-LTA)", waited, spent, faults)


def _fault(envelope: Envelope) -> str:
    """Return what is wrong with a sealed file, blank when it has its one signature, of its signatory."""
    person = SignatureRequest.objects.get(slot__envelope=envelope).user.get_username()
    report = validate(blobs.get(envelope.sealed_sha256), expected=[FIELD])
    if not report.valid or len(report.signatures) != 1 or len(report.document_timestamps) != 1:
        return ", ".join(problem.code for problem in report.problems) or "autre nombre de signatures"
    number = person.removeprefix("signataire-").partition("@")[0]
    return "" if report.signatures[0].signer == f"Signataire {number}" else "autre signataire"


def _timed(
    processes: list[psutil.Process], ask_all: Callable[[], None], made: Callable[[], int], count: int
) -> tuple[list[float], float]:
    """Return after how many seconds each was made, and the processor that the workers took."""
    before = _processor(processes)
    with transaction.atomic():
        ask_all()
    begin = time.perf_counter()
    waited: list[float] = []
    while len(waited) < count and time.perf_counter() - begin < LONGEST:
        waited += [time.perf_counter() - begin] * (made() - len(waited))
        time.sleep(LOOKS_EVERY)
    return waited or [LONGEST], _processor(processes) - before


def _processor(processes: list[psutil.Process]) -> float:
    """Return the seconds of processor of these, and of those that they started."""
    spent = 0.0
    for one in processes:
        for each in (one, *one.children(recursive=True)):
            times = each.cpu_times()
            spent += times.user + times.system + times.children_user + times.children_system
    return spent
