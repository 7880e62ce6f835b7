"""A worker killed with SIGKILL at each point of the machine: in the end, one signature a place."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import override_settings
from procrastinate.contrib.django import app

from signatures import actions, blobs
from signatures.models import Envelope, SignatureRequest
from signatures.validation import validate
from tests import workers
from tests.database_address import database_address
from tests.pki import ServedPki
from tests.signatures import documents
from tests.signatures.brought import bring, by_a_tool
from tests.signatures.conftest import Signatories, ask, open_envelope, run_jobs
from tests.stage import worker_connector

pytestmark = [pytest.mark.kill, pytest.mark.django_db(transaction=True)]

WHILE_SIGNING = [
    "requested",
    "prepared:before-commit",
    "prepared",
    "signed:entitled",
    "signed:key-used",
    "signed:before-commit",
    "signed",
    "stamped:token",
    "stamped:before-commit",
    "stamped",
    "done:blob",
    "done:before-commit",
    "done",
]
WHILE_SEALING = ["seal", "seal:blob", "seal:before-commit", "sealed"]


@pytest.fixture
def state(pki: ServedPki, tmp_path: Path) -> Iterator[Path]:
    """Make a state folder that another process can be pointed at: its documents and its PKI."""
    (tmp_path / "pki").symlink_to(pki.folder)
    with override_settings(BLOB_DIR=tmp_path / "blobs"):
        yield tmp_path


def worker(state: Path, pki: ServedPki, kill_at: str = "") -> int:
    """Run the real worker in another process until no job is left; return how it ended."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_address(),
        "STATE_DIR": str(state),
        "PKI_URL": pki.url,
        "PKI_PASSPHRASE": settings.PKI_PASSPHRASE,
        "CONTRESEING_KILL_AT": kill_at,
        "LOG_LEVEL": "CRITICAL",
    }
    command = ("procrastinate", "worker", "--one-shot", "--queues", "signatures")
    return workers.ended(workers.start(environment, *command))


async def recover_all() -> None:
    """Put the dead worker's jobs back in the queue, as the periodic task does."""
    with app.replace_connector(worker_connector()):
        async with app.open_async():
            for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=0):
                await app.job_manager.retry_job(job)


def take_over() -> None:
    """Do here what the dead worker left."""
    asyncio.run(recover_all())
    run_jobs()


@pytest.mark.parametrize("point", WHILE_SIGNING)
def test_a_signature_survives_the_death_of_its_worker(
    point: str, state: Path, signatories: Signatories, pki: ServedPki
) -> None:
    envelope = open_envelope()
    request = ask(envelope, "Signataire-01", signatories.prefect)
    assert worker(state, pki, kill_at=point) == -signal.SIGKILL
    request.refresh_from_db()
    value = bytes(request.raw_signature)
    take_over()
    request.refresh_from_db()
    envelope.refresh_from_db()
    assert request.state == SignatureRequest.State.DONE, request.error_text
    assert value in (b"", bytes(request.raw_signature)), "a value once kept never changes"
    report = validate(blobs.get(envelope.current_sha256), expected=["Signataire-01"], intermediate=True)
    assert report.valid, report.problems
    assert SignatureRequest.objects.count() == 1


@pytest.mark.parametrize("point", WHILE_SEALING)
def test_a_seal_survives_the_death_of_its_worker(
    point: str, state: Path, signatories: Signatories, pki: ServedPki
) -> None:
    envelope = open_envelope()
    for name, user in zip(documents.FIELDS, (signatories.prefect, signatories.mayor), strict=True):
        ask(envelope, name, user)
        run_jobs()
    actions.request_seal(envelope)
    assert worker(state, pki, kill_at=point) == -signal.SIGKILL
    take_over()
    envelope.refresh_from_db()
    assert envelope.state == Envelope.State.SEALED, envelope.error_text
    assert validate(blobs.get(envelope.sealed_sha256), expected=documents.FIELDS).valid


@pytest.mark.parametrize("elsewhere", [False, True], ids=["here", "with a tool of one's own"])
def test_killed_at_every_point_one_after_the_other(
    state: Path, signatories: Signatories, pki: ServedPki, elsewhere: bool
) -> None:
    envelope = open_envelope()
    if elsewhere:
        email = signatories.prefect.get_username()
        document = by_a_tool(blobs.get(envelope.current_sha256), person=email)
        request = bring(envelope, "Signataire-01", signatories.prefect, document)
    else:
        request = ask(envelope, "Signataire-01", signatories.prefect)
    for point in WHILE_SIGNING[::2]:
        asyncio.run(recover_all())
        worker(state, pki, kill_at=point)
    take_over()
    request.refresh_from_db()
    assert request.state == SignatureRequest.State.DONE
    envelope.refresh_from_db()
    assert validate(blobs.get(envelope.current_sha256), expected=["Signataire-01"], intermediate=True).valid
