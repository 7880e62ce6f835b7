"""Steps of the system that fail say why, keep what led to them, and may be tried again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from django.db import connection

from contracts.models import Contract, Status
from contracts.printed import rendering
from contracts.printed.edition import edition_of
from signatures import blobs
from signatures.jobs import MAX_ATTEMPTS
from signatures.timestamps import forget_failures
from signatures.validation import validate
from tests import plot
from tests.cast import Cast, small_contract
from tests.pki import ServedPki
from tests.stage import run_jobs
from tests.workflow.outages import rewrite
from workflow.drafting.jobs import printed
from workflow.engine import jobs as engine_jobs
from workflow.opinions import acts as opinions_acts
from workflow.opinions.models import Approval
from workflow.record import journal
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import AlreadyDone, NotAllowed
from workflow.signing import acts as signing_acts
from workflow.signing import jobs as signing_jobs
from workflow.tasks import acts as tasks_acts


def approved(cast: Cast) -> Contract:
    """Return a contract that both parties approved, its final text not settled yet."""
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    pdf = plot.version(contract).pdf_sha256
    for waiting in plot.tasks(contract, "approve"):
        opinions_acts.approve(plot.entitled(waiting), waiting.pk, approved=True, reason="", pdf_sha256=pdf)
    return contract


def test_a_text_that_no_longer_prints_the_approved_bytes_is_not_settled(cast: Cast) -> None:
    contract = approved(cast)
    version = plot.version(contract)
    sound = version.content
    forged = {**sound, "preamble": "Un préambule que personne n’a approuvé."}
    table = "contracts_contractversion"
    rewrite(table, "content", connection.ops.adapt_json_value(forged, None), version.pk)
    run_jobs()
    (failed,) = plot.tasks(contract, "final_text")
    assert failed.status == "ERROR"
    assert "approuvé" in failed.data["error"]
    assert JournalEntry.objects.filter(contract=contract, verb="job_failed").count() == 1
    assert Event.objects.filter(contract=contract, kind="job_failed").count() == 1
    assert Approval.objects.filter(version=version, approved=True).count() == 2, "the approvals stay"

    for other in (cast.maire, cast.bailleur_oh, cast.outsider, cast.admin):
        with pytest.raises(NotAllowed):
            tasks_acts.retry_job(other, failed.pk)
    rewrite(table, "content", connection.ops.adapt_json_value(sound, None), version.pk)
    tasks_acts.retry_job(cast.pilote_prefecture, failed.pk)
    with pytest.raises(AlreadyDone):
        tasks_acts.retry_job(cast.pilote_prefecture, failed.pk)
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNING
    assert plot.task(contract, "sign")


def test_an_approval_of_other_bytes_does_not_open_the_signature(cast: Cast) -> None:
    contract = approved(cast)
    approval = Approval.objects.filter(version=plot.version(contract))[0]
    rewrite("workflow_approval", "pdf_sha256", "0" * 64, approval.pk)
    run_jobs()
    (failed,) = plot.tasks(contract, "final_text")
    assert failed.status == "ERROR"
    assert not plot.tasks(contract, "sign")


def test_a_damaged_file_is_healed_from_the_frozen_text(cast: Cast) -> None:
    contract = approved(cast)
    sha256 = plot.version(contract).pdf_sha256
    path = blobs._path(sha256)
    path.write_bytes(b"%PDF-1.7 garbage")
    run_jobs()
    assert plot.task(contract, "sign")
    assert len(blobs.get(sha256)) > 1000


@contextmanager
def a_newer_edition(folder: Path) -> Iterator[None]:
    """Print with a copy of the template whose lines are a little closer, as an upgrade may."""
    shutil.copytree(rendering.TEMPLATE.parent, folder)
    template = folder / rendering.TEMPLATE.name
    template.write_text(template.read_text().replace("leading: 0.68em", "leading: 0.67em", 1))
    with mock.patch.object(rendering, "TEMPLATE", template):
        yield


def test_a_newer_edition_of_the_print_changes_nothing_of_what_was_frozen(cast: Cast, tmp_path: Path) -> None:
    contract = approved(cast)
    version = plot.version(contract)
    shown = blobs.get(version.pdf_sha256)
    with a_newer_edition(tmp_path / "newer"):
        assert edition_of(rendering.TEMPLATE) != version.print_edition != ""
        assert printed(contract, version).sha256 != version.pdf_sha256, "the upgrade does change the print"
        run_jobs()
        plot.sign_next(contract)
        plot.record_resolution(contract)
        plot.sign_next(contract)
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    final = blobs.get(plot.envelope(contract).sealed_sha256)
    assert final.startswith(shown)
    assert validate(final, expected=["Signataire-01", "Signataire-02"]).valid


@pytest.mark.parametrize("fault", ["missing", "damaged"])
def test_a_lost_file_that_a_newer_edition_prints_otherwise_is_named_and_restored(
    cast: Cast, tmp_path: Path, fault: str
) -> None:
    contract = approved(cast)
    sha256 = plot.version(contract).pdf_sha256
    shown = blobs.get(sha256)
    if fault == "missing":
        blobs._path(sha256).unlink()
    else:
        blobs._path(sha256).write_bytes(shown[:-1] + b"x")
    with a_newer_edition(tmp_path / "newer"):
        run_jobs()
        (failed,) = plot.tasks(contract, "final_text")
        assert failed.status == "ERROR"
        assert "version 1" in failed.data["error"]
        assert sha256[:12] in failed.data["error"]
        blobs.put(shown)  # the administrator restores it
        tasks_acts.retry_job(cast.pilote_prefecture, failed.pk)
        run_jobs()
    assert plot.task(contract, "sign")
    assert plot.envelope(contract).base_sha256 == sha256


def test_a_step_that_is_delivered_twice_is_done_once(cast: Cast) -> None:
    contract = approved(cast)
    (waiting,) = plot.tasks(contract, "final_text")
    run_jobs()
    count = JournalEntry.objects.count()
    engine_jobs.defer(signing_jobs.settle_final_text, waiting)
    engine_jobs.defer_go_on(waiting.process_id, "final_text")
    run_jobs()
    assert JournalEntry.objects.count() == count
    assert len(plot.tasks(contract, "sign")) == 1


def test_a_signature_that_no_authority_stamps_fails_then_is_retried(cast: Cast, pki: ServedPki) -> None:
    contract = plot.at_signing(cast)
    user, waiting = cast.prefete, plot.task(contract, "sign")
    signing_acts.sign(user, waiting.pk, **plot.confirm(user, contract))
    with connection.cursor() as cursor:  # as after an hour and a quarter of tries
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s WHERE status = 'todo'", [MAX_ATTEMPTS])
    with pki.interrupted("/tsa"):
        run_jobs()
    forget_failures()
    (failed,) = plot.tasks(contract, "make_signature")
    assert failed.status == "ERROR"
    assert failed.data["error"]
    tasks_acts.retry_job(cast.pilote_ville, failed.pk)
    run_jobs()
    assert not plot.tasks(contract, "make_signature")
    verbs = list(JournalEntry.objects.filter(contract=contract).values_list("verb", flat=True))
    assert verbs.count("signature_made") == 1
    plot.record_resolution(contract)
    plot.sign_next(contract)
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    assert journal.first_break() is None


def test_a_council_that_refuses_while_the_prefect_is_being_signed_leaves_no_signature(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    plot.record_resolution(contract, **plot.REJECTED, reason="Le conseil a refusé.")
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert not JournalEntry.objects.filter(contract=contract, verb="signature_made").exists()
    assert not plot.tasks(contract, "make_signature")
