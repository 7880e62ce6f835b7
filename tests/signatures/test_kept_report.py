"""The report of a sealed file is made once, kept with its date and its rules, and made anew when due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.test import override_settings
from django.utils import timezone
from procrastinate.contrib.django import app

from signatures import blobs, kept, output
from signatures.lists import keeping
from signatures.models import Envelope, KeptReport
from signatures.report import Verdict
from signatures.validation import validate
from tests.owner import as_owner
from tests.pki import ServedPki
from tests.signatures import documents
from tests.signatures.conftest import run_jobs
from tests.signatures.lists.scheme import Scheme
from tests.signatures.stages import self_signed


def defer_renewal() -> None:
    """Queue the job as its hour would."""
    app.configure_task("signatures.renew_reports").defer(timestamp=0)


def test_sealing_keeps_the_report_of_what_was_sealed(sealed: Callable[[], bytes], envelope: Envelope) -> None:
    final = sealed()
    envelope.refresh_from_db()
    found = kept.kept(envelope.sealed_sha256)
    assert found is not None and not found.former
    assert found.report.valid and found.report.profile == "contract"
    assert [row.level for row in found.report.signatures] == ["B-LTA", "B-LTA"]
    assert timezone.now() - found.made_at < dt.timedelta(minutes=5)
    again = validate(final, expected=documents.FIELDS)
    assert [row.serial for row in again.signatures] == [row.serial for row in found.report.signatures]
    assert KeptReport.objects.get().verdict == Verdict.PASSED
    assert not list(kept.due(10))


def test_a_report_of_former_rules_says_so_until_the_job_made_a_new_one(
    sealed: Callable[[], bytes], envelope: Envelope, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sealed()
    envelope.refresh_from_db()
    monkeypatch.setattr(kept, "RULES", kept.RULES + 1)
    before = kept.kept(envelope.sealed_sha256)
    assert before is not None and before.former
    assert [one.pk for one in kept.due(10)] == [envelope.pk]
    output.renew_report(envelope)
    after = kept.kept(envelope.sealed_sha256)
    assert after is not None and not after.former and after.made_at > before.made_at
    assert not list(kept.due(10))


def test_other_roots_make_another_report(
    sealed: Callable[[], bytes], envelope: Envelope, tmp_path: Path, pki: ServedPki
) -> None:
    sealed()
    envelope.refresh_from_db()
    other = tmp_path / "other.pem"
    other.write_bytes(self_signed())
    with override_settings(TRUST_ROOTS=[other]):
        before = kept.kept(envelope.sealed_sha256)
        assert before is not None and before.former and before.report.valid
        output.renew_report(envelope)
        after = kept.kept(envelope.sealed_sha256)
        assert after is not None and after.report.indeterminate and not after.former
    back = kept.kept(envelope.sealed_sha256)
    assert back is not None and back.report.valid and not back.former


def test_the_job_makes_what_is_missing_or_old(sealed: Callable[[], bytes], envelope: Envelope) -> None:
    sealed()
    envelope.refresh_from_db()
    with as_owner():
        KeptReport.objects.all().delete()
    assert kept.kept(envelope.sealed_sha256) is None
    defer_renewal()
    run_jobs()
    assert kept.kept(envelope.sealed_sha256) is not None
    old = timezone.now() - 2 * kept.MADE_ANEW_AFTER
    with as_owner():
        KeptReport.objects.update(made_at=old)
    defer_renewal()
    run_jobs()
    latest = kept.kept(envelope.sealed_sha256)
    assert latest is not None and latest.made_at > old


def test_a_document_that_is_damaged_stops_no_other(sealed: Callable[[], bytes], envelope: Envelope) -> None:
    sealed()
    envelope.refresh_from_db()
    with as_owner():
        KeptReport.objects.all().delete()
    path = blobs._path(envelope.sealed_sha256)
    path.write_bytes(path.read_bytes()[:-1])
    defer_renewal()
    run_jobs()
    assert not KeptReport.objects.exists()


def test_a_report_that_was_kept_is_never_changed(db: None) -> None:
    row: dict[str, Any] = {"document_sha256": "0" * 64, "rules": "1", "data": {}}
    report = KeptReport.objects.create(**row, verdict="TOTAL-FAILED")
    with pytest.raises(IntegrityError), transaction.atomic():
        KeptReport.objects.create(**row, verdict="valide")
    for change in (lambda: KeptReport.objects.update(verdict="TOTAL-PASSED"), report.delete):
        with pytest.raises(ProgrammingError), transaction.atomic():
            change()


def test_another_edition_of_a_list_has_the_report_made_anew(
    sealed: Callable[[], bytes], envelope: Envelope, tmp_path: Path, settings: Any
) -> None:
    scheme = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [scheme.anchor]
    scheme.keep(sequence=112)
    sealed()
    assert not list(kept.due(10))
    keeping.keep(scheme.french(sequence=113), "tl-fr.xml")
    assert [one.pk for one in kept.due(10)] == [envelope.pk]
    envelope.refresh_from_db()
    shown = kept.kept(envelope.sealed_sha256)
    assert shown is not None and not shown.former, "shown meanwhile, with its date and its list"
    defer_renewal()
    run_jobs()
    assert KeptReport.objects.count() == 2
    assert not list(kept.due(10))
