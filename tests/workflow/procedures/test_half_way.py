"""Contracts left half-way by older code are played to their end by today's.

Each file of ``half_way/`` is a database as a commit left it, named after the commit; ``make.py`` says how.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection
from viewflow.workflow.models import Process

from contracts.models import Contract, Status
from signatures import blobs
from signatures.validation import validate
from stakeholders.models import User
from tests import owner, plot
from tests.cast import PASSWORD
from tests.database_address import address_as
from tests.pki import ServedPki
from tests.stage import certify_signatories, run_jobs
from workflow.procedures.csi import CsiFlow
from workflow.record import journal

DUMPS = sorted(Path(__file__).with_name("half_way").glob("*.sql.xz"))
MAKING = "SELECT flow_class FROM viewflow_process UNION SELECT flow_task FROM viewflow_task"


@contextmanager
def another_database(script: str) -> Iterator[None]:
    """Have the connection be to a database that the script has just filled, for the time of a block."""
    server = connection.settings_dict
    usual, other = server["NAME"], f"{server['NAME']}_half_way"
    owner.own_again()
    address = address_as(server["USER"], server["PASSWORD"])
    with psycopg.connect(address, autocommit=True) as here:
        here.execute(f'DROP DATABASE IF EXISTS "{other}"'.encode())
        here.execute(f'CREATE DATABASE "{other}"'.encode())
    try:
        server["NAME"] = other
        with psycopg.connect(address_as(server["USER"], server["PASSWORD"])) as there:
            there.execute(script.encode())
        forget()
        yield
    finally:
        owner.own_again()
        server["NAME"] = usual
        forget()
        owner.serve()
        with psycopg.connect(address, autocommit=True) as here:
            here.execute(f'DROP DATABASE "{other}" WITH (FORCE)'.encode())


def forget() -> None:
    """Forget what is remembered of the other database's rows."""
    ContentType.objects.clear_cache()


@pytest.fixture(params=DUMPS, ids=lambda path: path.name)
def half_way(
    request: pytest.FixtureRequest, transactional_db: None, pki: ServedPki, blob_folder: Path
) -> Iterator[list[str]]:
    """Play on from a dump, migrated; return the names of procedures and steps as it held them."""
    with another_database(lzma.decompress(request.param.read_bytes()).decode()):
        with connection.cursor() as cursor:
            cursor.execute(MAKING)
            names = [name for (name,) in cursor.fetchall()]
        call_command("migrate", verbosity=0)
        User.objects.update(password=make_password(PASSWORD))
        owner.serve()
        yield names


def test_two_contracts_left_half_way_are_played_to_their_end(half_way: list[str]) -> None:
    assert all(name.startswith("workflow/flows.CsiFlow") for name in half_way), "an older code's own names"
    assert {process.flow_class for process in Process.objects.all()} == {CsiFlow}
    asked, printing = (Contract.objects.get(reference=f"CSI-00-2026-{n}") for n in (901, 902))
    certify_signatories(asked)

    run_jobs()  # the printing that waited in the queue
    assert len(plot.tasks(printing, "review")) == 2
    waiting = plot.task(asked, "review")
    assert (waiting.status, waiting.owner) == ("ASSIGNED", plot.entitled(waiting))
    plot.opine(asked, waiting)
    plot.draft_and_freeze(asked)  # somebody had asked for changes
    for contract in (asked, printing):
        plot.review_all(contract)
        plot.approve_all(contract)
        plot.sign_next(contract)
        plot.record_resolution(contract)
        plot.sign_next(contract)
        run_jobs()
        contract.refresh_from_db()
        assert contract.status == Status.SIGNED
        report = validate(blobs.get(plot.envelope(contract).sealed_sha256))
        assert report.valid, report.problems
    assert journal.first_break() is None
