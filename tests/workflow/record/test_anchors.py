"""The journal's head, proven by somebody else: what a superuser of the database cannot undo."""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signatures import anchoring, signals
from signatures.errors import TimestampUnavailable
from signatures.models import Envelope
from signatures.timestamps import forget_failures
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner, untied
from tests.pki import ServedPki
from tests.signatures.test_independent import run
from tests.snapshots import once
from tests.stage import run_jobs
from workflow.management.commands.verify_journal import DOUBTFUL
from workflow.record import anchors, journal
from workflow.record import jobs as record_jobs
from workflow.record.journal import link
from workflow.record.models import Anchor, JournalEntry

TABLE = "workflow_journalentry"


@pytest.fixture
def count(cast: Cast) -> int:
    """Write a dozen entries and anchor the last; return how many there are."""

    def write() -> int:
        contract = plot.opened(small_contract(cast))
        plot.draft_and_freeze(contract)
        plot.review_all(contract)
        return journal.head()[0]

    number = once("journal", write)
    start_over()
    assert anchors.anchor(number) is not None
    return number


def start_over() -> None:
    """Forget the anchors that the worker took while the scene was set up."""
    shutil.rmtree(settings.ANCHOR_DIR, ignore_errors=True)
    with untied():
        Anchor.objects.all().delete()


def verified() -> tuple[int, str]:
    """Run the command; return its exit status and all that it said."""
    said = StringIO()
    try:
        call_command("verify_journal", stdout=said)
    except CommandError as error:
        return error.returncode, f"{said.getvalue()}{error}"
    return 0, said.getvalue()


def cut(last: int) -> None:
    """Take the end of the journal away, as the attack of the review did."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER ALL")
        cursor.execute(f"DELETE FROM {TABLE} WHERE number > %s", [last])  # noqa: S608 (names are ours)
        cursor.execute(f"ALTER TABLE {TABLE} ENABLE TRIGGER ALL")


def rewrite(first: int, **changes: object) -> None:
    """Change an entry, and compute every hash after it anew, so that the chain holds."""
    with untied():
        JournalEntry.objects.filter(number=first).update(**changes)
        previous = JournalEntry.objects.get(number=first - 1).hash
        for entry in JournalEntry.objects.filter(number__gte=first).order_by("number"):
            entry.previous_hash = previous
            entry.hash = previous = link(entry)
            entry.save()


def test_a_journal_whose_head_is_anchored_is_intact(count: int) -> None:
    row = Anchor.objects.get()
    assert (row.number, row.hash) == journal.head()
    assert abs(row.at - timezone.now()) < dt.timedelta(minutes=1)
    file = Path(settings.ANCHOR_DIR) / f"{row.number:012d}-{row.hash}.tst"
    assert file.read_bytes() == bytes(row.token)
    assert file.stat().st_mode & 0o222 == 0
    status, said = verified()
    assert (status, f"{count} écritures" in said) == (0, True)


def test_the_last_two_entries_disappear(count: int) -> None:
    """As a superuser: trigger off, two rows less, trigger on; the chain holds, the anchor does not."""
    cut(count - 2)
    assert journal.first_break() is None
    status, said = verified()
    assert status == 1
    assert "tronqué" in said
    assert f"n° {count} " in said


def test_the_end_and_the_anchors_of_the_database_disappear(count: int) -> None:
    """What lies outside the database still says it."""
    cut(count - 2)
    with untied():
        Anchor.objects.all().delete()
    status, said = verified()
    assert (status, "tronqué" in said) == (1, True)


def test_the_end_disappears_and_the_journal_grows_again(count: int, cast: Cast) -> None:
    cut(count - 2)
    for _entry in range(4):
        with transaction.atomic():
            journal.record("circuit_started", contract=None, actor=None)
    assert journal.first_break() is None
    status, said = verified()
    assert (status, "réécrit" in said) == (1, True)
    assert "tronqué" not in said


@pytest.mark.parametrize("first", [3, 5])
def test_the_tail_is_written_anew_with_hashes_that_fit(count: int, first: int) -> None:
    rewrite(first, quality="Ministre")
    assert journal.first_break() is None
    status, said = verified()
    assert (status, f"réécrit depuis l’écriture n° {count}" in said) == (1, True)


def test_what_was_rewritten_lies_between_two_anchors(cast: Cast, count: int) -> None:
    for _entry in range(3):
        with transaction.atomic():
            journal.record("circuit_started", contract=None, actor=None)
    anchors.anchor(count + 3)
    rewrite(count + 2, quality="Ministre")
    status, said = verified()
    assert (status, f"n° {count + 3} ou avant (après la n° {count})" in said) == (1, True)


def test_an_entry_is_dated_later_than_its_anchor_or_earlier_than_the_one_before(count: int) -> None:
    """A chain written anew and anchored anew still cannot hold hours that never were."""
    for hours, expected, said_of_it in ((5, 1, "après son ancrage"), (-5, DOUBTFUL, "antidatée")):
        rewrite(count, at=F("at") + dt.timedelta(hours=hours))
        anchors.anchor(count)
        with untied():
            Anchor.objects.exclude(hash=journal.head()[1]).delete()
        for key, path in anchors.filed().items():
            if key != journal.head():
                path.unlink()
        status, said = verified()
        assert (status, said_of_it in said) == (expected, True)
        rewrite(count, at=F("at") - dt.timedelta(hours=hours))


@pytest.mark.parametrize(
    "forge",
    [
        lambda token: b"",
        lambda token: b"\x30\x80rubbish",
        lambda token: token[:-1],
        lambda token: token + b"\0",
        lambda token: token[:-20] + bytes(20),
        lambda token: anchoring.stamp(b"something else"),
    ],
)
def test_an_anchor_that_proves_nothing_is_said_to(count: int, forge: Callable[[bytes], bytes]) -> None:
    row = Anchor.objects.get()
    with untied():
        Anchor.objects.update(token=forge(bytes(row.token)))
    status, said = verified()
    assert (status, f"n° {count} (dans la base) ne prouve rien" in said) == (1, True)


def test_an_authority_that_we_do_not_know_anchors_nothing(count: int, tmp_path: Path, pki: ServedPki) -> None:
    """A token of another authority, sound in itself, proves nothing here."""
    other = pki.folder / "issuing.cert.pem"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "TRUST_ROOTS", [tmp_path / "strangers.pem"])
        run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", tmp_path / "key.pem",
            "-subj", "/CN=Inconnue", "-days", "1", "-out", tmp_path / "strangers.pem")  # fmt: skip
        status, said = verified()
        with pytest.raises(TimestampUnavailable):
            anchoring.stamp(b"anything")
    assert other.exists()
    assert (status, "ne prouve rien" in said) == (1, True)


def test_an_anchor_missing_in_one_place_is_told_apart(count: int) -> None:
    file = next(Path(settings.ANCHOR_DIR).iterdir())
    kept = file.read_bytes()
    file.unlink()
    status, said = verified()
    assert (status, "manquent du dossier" in said) == (DOUBTFUL, True)
    anchors.complete_folder()
    assert file.read_bytes() == kept
    assert verified()[0] == 0
    with untied():
        Anchor.objects.all().delete()
    status, said = verified()
    assert (status, "manquent de la base" in said) == (DOUBTFUL, True)
    assert anchors.anchor(count) is not None, "the file's own token makes the row again"
    assert verified()[0] == 0


def test_a_journal_that_nobody_anchored_for_long_is_doubtful(cast: Cast) -> None:
    with transaction.atomic():
        journal.record("circuit_started", contract=None, actor=None)
    assert verified()[0] == 0, "it has just been written"
    with untied():
        JournalEntry.objects.update(at=F("at") - dt.timedelta(hours=3))
        entry = JournalEntry.objects.get()
        JournalEntry.objects.update(hash=link(entry))
    status, said = verified()
    assert (status, "Aucun ancrage" in said) == (DOUBTFUL, True)


def test_it_is_anchored_once_an_hour_and_only_when_it_moved(count: int) -> None:
    now = timezone.now()
    assert anchors.anchor_if_due(now + dt.timedelta(days=1)) is None, "nothing was written"
    with transaction.atomic():
        journal.record("circuit_started", contract=None, actor=None)
    assert anchors.anchor_if_due(now + dt.timedelta(minutes=20)) is None
    assert anchors.anchor_if_due(now + dt.timedelta(hours=1)) is not None
    assert Anchor.objects.count() == 2
    assert anchors.anchor_if_due(now + dt.timedelta(hours=2)) is None


def test_each_seal_is_anchored_and_whoever_downloads_the_journal_can_check_it(
    cast: Cast, pki: ServedPki, tmp_path: Path
) -> None:
    """The exported anchors, by openssl alone: over the very entries of the contract."""
    contract = plot.to_signing(cast.contract)
    with transaction.atomic():  # what the signatures room says once the file is sealed
        envelope = plot.envelope(contract)
        signals.envelope_sealed.send(Envelope, envelope=envelope)
    run_jobs()
    with untied():  # the worker's own, of the hour
        Anchor.objects.exclude(number=JournalEntry.objects.get(verb="contract_sealed").number).delete()
    browser = Client()
    browser.force_login(cast.maire)
    exported = browser.get(reverse("journal", args=[contract.pk])).json()
    hashes = {entry["number"]: entry["hash"] for entry in exported["entries"]}
    (anchor,) = [found for found in exported["anchors"] if found["number"] in hashes]
    assert hashes[anchor["number"]] == anchor["hash"]
    sealed = next(entry for entry in exported["entries"] if entry["verb"] == "contract_sealed")
    assert anchor["number"] == sealed["number"]

    (tmp_path / "token.tst").write_bytes(base64.b64decode(anchor["token"]))
    stated = {"hash": anchor["hash"], "number": anchor["number"]}
    (tmp_path / "anchored").write_text(json.dumps(stated, separators=(",", ":")))
    openssl: list[str | Path] = [
        *("openssl", "ts", "-verify", "-token_in", "-in", tmp_path / "token.tst", "-CAfile", pki.root),
        *("-untrusted", pki.folder / "issuing.cert.pem", "-data"),
    ]
    assert run(*openssl, tmp_path / "anchored").returncode == 0
    (tmp_path / "anchored").write_text(json.dumps({**stated, "number": 1}, separators=(",", ":")))
    assert run(*openssl, tmp_path / "anchored").returncode != 0


def test_an_authority_that_is_down_keeps_no_act_and_no_seal_waiting(cast: Cast, pki: ServedPki) -> None:
    with transaction.atomic():
        entry = journal.record("circuit_started", contract=None, actor=None)
        record_jobs.defer_anchor(entry.number)
    with pki.interrupted("/tsa"):
        run_jobs()
        record_jobs.anchor_journal.func(0)
    assert not Anchor.objects.exists()
    assert not anchors.filed()
    forget_failures()
    record_jobs.anchor_journal.func(0)
    assert Anchor.objects.get().number == entry.number


@pytest.mark.parametrize("sql", ["UPDATE workflow_anchor SET number = 1", "DELETE FROM workflow_anchor",
                                 "TRUNCATE workflow_anchor"])  # fmt: skip
def test_the_database_refuses_to_change_or_erase_an_anchor(count: int, sql: str) -> None:
    refused = pytest.raises(DatabaseError, match="ne se modifie pas")
    with as_owner(), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)
    assert Anchor.objects.get().number == count
