"""The worker is killed with SIGKILL at each point of its work: the contract ends signed once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.conf import settings

from contracts.models import Contract, Status
from signatures import blobs
from signatures.models import SignatureRequest
from signatures.validation import validate
from tests import plot, workers
from tests.cast import Cast
from tests.database_address import database_address
from tests.pki import ServedPki
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.signing import acts as signing_acts

pytestmark = pytest.mark.kill
KILLED = -9

# Every state of the request, and the two moments that matter between them; the points in
# between are tried on the signatures room alone (tests/signatures/test_kill.py).
AT_A_SIGNATURE = [
    "requested",
    "prepared",
    "signed:key-used",
    "signed",
    "stamped",
    "done:before-commit",
    "done",
]
AT_THE_SEAL = ["seal:before-commit", "sealed"]


def worker(pki: ServedPki, kill_at: str = "") -> int:
    """Run a worker in a process of its own until nothing waits; return its exit status."""
    environment = {
        **os.environ,
        "DATABASE_URL": database_address(),
        "STATE_DIR": str(Path(settings.BLOB_DIR).parent),
        "SECRET_KEY": settings.SECRET_KEY,
        "PKI_PASSPHRASE": settings.PKI_PASSPHRASE,
        "PKI_URL": pki.url,
        "TRUST_ROOTS": str(pki.root),
        "CONTRESEING_KILL_AT": kill_at,
        "LOG_LEVEL": "ERROR",
    }
    Path(environment["STATE_DIR"], "pki").unlink(missing_ok=True)
    Path(environment["STATE_DIR"], "pki").symlink_to(pki.folder)
    return workers.ended(
        workers.start(environment, "run_worker", "--once", "--stalled-after", "0", "--skip-checks")
    )


@pytest.mark.parametrize("point", AT_A_SIGNATURE)
def test_killed_while_signing_the_contract_is_signed_once(cast: Cast, pki: ServedPki, point: str) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    assert worker(pki, kill_at=point) == KILLED
    assert worker(pki) == 0
    request = SignatureRequest.objects.get(slot__envelope=plot.envelope(contract))
    assert request.state == SignatureRequest.State.DONE, request.error_text
    plot.sign_next(contract)
    signed_once(contract)


@pytest.mark.parametrize("point", AT_THE_SEAL)
def test_killed_while_sealing_the_contract_is_sealed_once(cast: Cast, pki: ServedPki, point: str) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.maire, waiting.pk, **plot.confirm(cast.maire, contract))
    assert worker(pki, kill_at=point) == KILLED
    assert worker(pki) == 0
    signed_once(contract)


def signed_once(contract: Contract) -> None:
    """Check the end: one signature a place, a valid archive, each act journaled once, an intact journal."""
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    envelope = plot.envelope(contract)
    report = validate(blobs.get(envelope.sealed_sha256))
    assert report.valid, report.problems
    assert [row.field for row in report.signatures] == ["Signataire-01", "Signataire-02"]
    verbs = list(JournalEntry.objects.filter(contract=contract).values_list("verb", flat=True))
    assert (verbs.count("signature_made"), verbs.count("contract_sealed")) == (2, 1)
    assert journal.first_break() is None
