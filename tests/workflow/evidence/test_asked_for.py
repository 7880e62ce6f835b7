"""Who asks for the evidence of a contract has it made by the worker: theirs to read, once, as it is now."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Part
from signatures import blobs
from signatures.models import Envelope, KeptReport
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.pki import ServedPki
from tests.stage import run_jobs
from tests.workflow.evidence.checking import check, scene, source, unpack
from workflow.evidence import acts, contents, jobs, making
from workflow.evidence.models import EvidenceFile, Scope
from workflow.evidence.parts import stored, write
from workflow.record import journal
from workflow.record.models import JournalEntry


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return scene(cast)


def browser(user: User) -> Client:
    found = Client()
    found.force_login(user)
    return found


def asked(user: User, contract: Contract, name: str = "evidence") -> zipfile.ZipFile:
    """Ask for a file by its page, have the worker make it, and take it."""
    there = browser(user)
    page = there.post(reverse(f"{name}_ask", args=[contract.pk]), follow=True).content.decode()
    assert "en préparation" in page
    run_jobs()
    assert (
        reverse(f"{name}_file", args=[contract.pk]) in there.get(reverse("result", args=[contract.pk])).text
    )
    return zipfile.ZipFile(io.BytesIO(taken(there, contract, name)))


def taken(there: Client, contract: Contract, name: str = "evidence") -> bytes:
    answer = there.get(reverse(f"{name}_file", args=[contract.pk]))
    assert answer["Content-Type"] == "application/zip"
    data = b"".join(answer)
    assert len(data) == int(answer["Content-Length"])
    return data


def test_who_may_read_all_has_the_restricted_annex_and_who_looks_on_its_hash(
    cast: Cast, contract: Contract, tmp_path: Path
) -> None:
    with as_owner():
        contract.participations.filter(organisation=cast.organisation("org-rtac")).update(part=Part.OBSERVER)
    whole, open_ = asked(cast.maire, contract), asked(cast.rtac, contract)
    annex = "annexes/01-plan-des-cameras.pdf"
    assert whole.read(annex) == b"%PDF-1.7 where the cameras are"
    assert annex not in open_.namelist()
    told = json.loads(open_.read("manifeste.json"))
    [absent] = told["absents"]
    assert absent["fichier"] == annex and "sécurité publique" in absent["motif"]
    assert absent["sha256"] == plot.version(contract).annex_files.get().file_sha256
    assert b"cameras are" not in b"".join(open_.read(name) for name in open_.namelist())
    for number, archive in enumerate((whole, open_)):
        status, said = check(unpack(archive, tmp_path / str(number) / "dossier"))
        assert status == 0, said
    rows = JournalEntry.objects.filter(verb="evidence_taken").order_by("number")
    assert [row.payload["scope"] for row in rows] == ["whole", "open"]
    assert [row.actor for row in rows] == [cast.maire, cast.rtac]


def test_it_is_journaled_once_a_person_and_is_not_made_anew_for_that(cast: Cast, contract: Contract) -> None:
    asked(cast.maire, contract)
    count = journal.head()[0]
    there = browser(cast.maire)
    first = taken(there, contract)
    there.head(reverse("evidence_file", args=[contract.pk]))
    assert taken(there, contract) == first
    assert journal.head()[0] == count
    assert there.post(reverse("evidence_ask", args=[contract.pk]), follow=True).status_code == 200
    assert "en préparation" not in there.get(reverse("result", args=[contract.pk])).text


def test_the_same_state_gives_the_same_bytes(contract: Contract) -> None:
    """Also once the file was forgotten: the token over its list is kept."""
    first, token = making.make(source(contract), Scope.WHOLE, None)
    path = making.path_of(contract.pk, Scope.WHOLE, first.sha256)
    path.unlink()
    again, same = making.make(source(contract), Scope.WHOLE, token)
    assert (again, same) == (first, token)


def test_before_the_seal_there_is_none(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    there = browser(cast.maire)
    assert there.post(reverse("evidence_ask", args=[contract.pk])).status_code == 404
    assert there.get(reverse("evidence_file", args=[contract.pk])).status_code == 404


def test_two_who_ask_at_once_have_one_file(cast: Cast, contract: Contract) -> None:
    def ask(_turn: int) -> None:
        try:
            acts.ask(source(contract), Scope.WHOLE)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(4)))
    run_jobs()
    row = EvidenceFile.objects.get()
    assert row.made == row.asked
    assert [path.name for path in making.folder().glob("*.zip")] == [f"{contract.pk}-whole-{row.archive}.zip"]


def test_a_proof_renewed_meanwhile_makes_the_file_one_of_the_past(cast: Cast, contract: Contract) -> None:
    """Of one sealed file whole, never of two; and the page asks for it anew."""
    asked(cast.maire, contract)
    envelope = plot.envelope(contract)
    renewed = blobs.put(blobs.get(envelope.sealed_sha256) + b"% as a renewal would")
    with transaction.atomic(), as_owner():
        Envelope.objects.filter(pk=envelope.pk).update(sealed_sha256=renewed)
    there = browser(cast.maire)
    answer = there.get(reverse("evidence_file", args=[contract.pk]), follow=True)
    assert "demandez-le de nouveau" in answer.content.decode()
    assert "Préparer le dossier de preuve" in answer.content.decode()


def test_an_authority_that_is_down_is_said_and_made_up_for(
    cast: Cast, contract: Contract, pki: ServedPki
) -> None:
    with pki.interrupted("/tsa"):
        browser(cast.maire).post(reverse("evidence_ask", args=[contract.pk]))
        run_jobs()
    row = EvidenceFile.objects.get()
    assert not row.made and "dès que possible" in row.fault
    assert "dès que possible" in browser(cast.maire).get(reverse("result", args=[contract.pk])).text


def test_a_document_that_is_lost_is_named(cast: Cast, contract: Contract) -> None:
    version = plot.version(contract)
    (Path(settings.BLOB_DIR) / version.pdf_sha256[:2] / version.pdf_sha256).unlink()
    browser(cast.maire).post(reverse("evidence_ask", args=[contract.pk]))
    run_jobs()
    assert version.pdf_sha256[:12] in EvidenceFile.objects.get().fault
    assert not list(making.folder().glob("*"))


def test_older_versions_are_named_and_not_held_beyond_the_room(
    contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "MOST_OF_VERSIONS", 10)
    found = contents.gather(source(contract), Scope.WHOLE)
    assert "versions/v1.pdf" in {part.path for part in found.parts}, "the one that was signed, always"


def test_what_was_made_long_ago_is_forgotten(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    written, _token = making.make(source(contract), Scope.WHOLE, None)
    path = making.path_of(contract.pk, Scope.WHOLE, written.sha256)
    jobs.forget_evidence.func(0)
    assert path.exists()
    monkeypatch.setattr(jobs, "KEPT_FOR", -jobs.KEPT_FOR)
    jobs.forget_evidence.func(0)
    assert not path.exists()


def test_a_contract_without_a_report_yet_says_so(contract: Contract) -> None:
    with as_owner():
        KeptReport.objects.all().delete()
    found = contents.gather(source(contract), Scope.WHOLE)
    assert "rapports/verification.json" not in {part.path for part in found.parts}


def test_one_document_at_a_time_is_in_memory(blob_folder: Path, tmp_path: Path) -> None:
    """However many there are: a ZIP of 120 MB is written within three documents of 10 MB."""
    kept = [blobs.put(bytes([number]) * 10_000_000) for number in range(12)]
    parts = [stored(f"annexes/{number:02d}.pdf", "", sha256) for number, sha256 in enumerate(kept)]
    tracemalloc.start()
    try:
        written = write(tmp_path / "out", "x", parts, timezone.now())
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert written.size > 120_000_000
    assert peak < 30_000_000
