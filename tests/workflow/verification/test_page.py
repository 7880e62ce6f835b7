"""« Vérifier un document »: any PDF, from anybody, one verdict, and nothing of the file kept."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from config import limits
from contracts.models import Contract
from signatures import blobs
from signatures.models import Envelope, SignatureRequest
from tests import plot
from tests.attacks.forging import Forger
from tests.cast import Cast
from tests.owner import as_owner, untied
from tests.pki import ServedPki
from tests.signatures import documents
from tests.signatures.etsi.schema import checked
from tests.workflow.verification.scene import signed
from workflow.record.models import JournalEntry
from workflow.verification import line, views

ADDRESS = "/verifier/"


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return signed(cast)


def sealed(contract: Contract) -> bytes:
    return blobs.get(plot.envelope(contract).sealed_sha256)


def send(pdf: bytes, browser: Client | None = None) -> Any:
    """Send a file as anybody does."""
    sent = SimpleUploadedFile("à vérifier.pdf", pdf, "application/pdf")
    return (browser or Client()).post(ADDRESS, {"file": sent})


def verdict(answer: Any) -> str:
    shown = BeautifulSoup(answer.content, "html.parser").select_one("#verdict")
    assert shown is not None, answer.content.decode()[-3000:]
    return shown.get_text(" ", strip=True).replace("\u00a0", " ")


def text(answer: Any) -> str:
    main = BeautifulSoup(answer.content, "html.parser").main
    assert main is not None
    return re.sub(r"\s+", " ", main.get_text(" "))


def revised(pdf: bytes) -> bytes:
    """Return the file with a later revision, by a tool that asks nobody."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.root["/Lang"] = generic.TextStringObject("en")
    writer.update_root()
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def test_the_final_contract_is_recognised_with_the_entries_that_agree(contract: Contract) -> None:
    answer = send(sealed(contract))
    assert answer.status_code == 200
    assert verdict(answer).startswith("Valide.")
    shown = text(answer)
    assert f"C’est le contrat {contract.reference}, complet et final" in shown
    numbers = {int(found) for found in re.findall(r"Écriture n° (\d+)", shown)}
    verbs = ["version_printed", "final_text_settled", "signature_made", "contract_sealed"]
    told = JournalEntry.objects.filter(contract=contract, verb__in=verbs)
    named = {entry.number for entry in told if any("sha256" in name for name in entry.payload)}
    assert {entry.number for entry in told.filter(verb="contract_sealed")} <= numbers <= named
    assert len(numbers) == 5  # printed, settled, two signatures, the seal
    assert "altérée" not in shown


def test_each_signature_says_who_when_by_whose_clock_and_what_it_covers(contract: Contract) -> None:
    shown = text(send(sealed(contract)))
    for said in (
        "En qualité de Préfète",
        "selon l’horloge de l’autorité « ",
        "B-LTA : avec une preuve de sa date",
        "aucune valeur juridique",
        "tout le fichier tel qu’il était alors",
        "une autre signature (« Signataire-02 »)",
        "TOTAL-PASSED",
    ):
        assert said in shown, said


def test_a_contract_between_two_signatures_is_not_the_final_one(contract: Contract) -> None:
    first = SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).earliest("done_at")
    answer = send(blobs.get(first.final_sha256))
    assert verdict(answer).startswith("Non valide")
    assert f"état intermédiaire du contrat {contract.reference}" in text(answer)
    assert "1 des 2 signatures attendues" in text(answer)


def test_a_contract_changed_by_somebody_is_told_of_which_it_is(contract: Contract) -> None:
    for changed in (
        sealed(contract) + b"\n% et dix fois plus\n%%EOF\n",
        revised(sealed(contract)),
    ):
        answer = send(changed)
        assert verdict(answer).startswith("Non valide")
        assert f"commence comme le contrat {contract.reference}" in text(answer)


def test_a_version_without_signature_and_a_stranger_s_file(contract: Contract) -> None:
    answer = send(blobs.get(plot.envelope(contract).base_sha256))
    assert verdict(answer).startswith("Non valide")
    assert f"du contrat {contract.reference}, sans aucune signature" in text(answer)
    other = send(documents.build())
    assert verdict(other).startswith("Non valide")
    assert "aucun contrat de cette installation n’a cette empreinte" in text(other)


def test_a_holder_of_a_draft_learns_no_name_and_no_hash_of_what_followed(contract: Contract) -> None:
    """It shows the reference, the state, and the numbers and days of the entries about that very file."""
    shown = text(send(blobs.get(plot.envelope(contract).base_sha256)))
    assert contract.reference in shown
    assert plot.envelope(contract).sealed_sha256 not in shown
    assert contract.title not in shown
    for entry in JournalEntry.objects.filter(contract=contract).select_related("actor"):
        assert entry.actor is None or str(entry.actor) not in shown


def test_the_report_is_had_as_pdf_json_and_xml_without_the_file(contract: Contract) -> None:
    browser = Client()
    page = BeautifulSoup(send(sealed(contract), browser).content, "html.parser")
    held = page.select_one("input[name=held]")
    assert held is not None
    address, given = reverse("verify_report"), {}
    for form in ("pdf", "json", "xml"):
        answer = browser.post(address, {"held": held["value"], "form": form})
        assert answer.status_code == 200, form
        assert f".{form}" in answer["Content-Disposition"]
        given[form] = answer.content
    words = pdf_words(given["pdf"])
    assert hashlib.sha256(sealed(contract)).hexdigest() in words and "TOTAL-PASSED" in words
    data = json.loads(given["json"])
    assert data["valid"] is True and data["contract"]["reference"] == contract.reference
    assert data["result"]["headline"] == "Valide."
    checked(given["xml"].decode())
    forged = browser.post(address, {"held": "x" + str(held["value"]), "form": "pdf"}, follow=True)
    assert "plus de deux heures, ou n’est pas complet" in text(forged)


def _rows() -> dict[str, int]:
    return {
        model._meta.label: model._base_manager.count()
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and model.__name__ not in {"Session", "SharedEntry"}  # the count of tries
    }


def _files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}


def test_nothing_of_the_file_is_kept(
    contract: Contract, tmp_path: Path, monkeypatch: Any, cast: Cast
) -> None:
    """No row, no blob, no temporary file; large enough to be spooled, from a stranger and from a member."""
    folder = tmp_path / "spooled"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    member = Client()
    member.force_login(cast.outsider)
    pdf = documents.build(padding=200_000) + b"\n%" + os.urandom(3 << 20).hex().encode() + b"\n%%EOF\n"
    before, stored = _rows(), _files(Path(settings.BLOB_DIR))
    for browser in (Client(), member):
        assert send(pdf, browser).status_code == 200
    assert _rows() == before
    assert _files(Path(settings.BLOB_DIR)) == stored
    assert _files(folder) == set()


def test_what_is_no_pdf_and_no_file_get_a_sentence(db: None, pki: ServedPki) -> None:
    assert verdict(send(b"bonjour")).startswith("Non valide")
    empty = Client().post(ADDRESS, {})
    assert empty.status_code == 422 and "Choisissez le fichier" in text(empty)


def test_a_file_too_large_for_the_page_is_refused_before_it_is_read(
    db: None, pki: ServedPki, monkeypatch: Any
) -> None:
    monkeypatch.setattr("workflow.verification.forms.LARGEST", 1000)
    answer = send(documents.build())
    assert answer.status_code == 422 and "30 Mo" in text(answer)
    assert limits.route(ADDRESS, "multipart/form-data; boundary=a") == 31 * limits.MIB
    assert limits.route(ADDRESS, "application/x-www-form-urlencoded") == limits.SMALL
    assert limits.OPEN_TO_ALL.match(ADDRESS) and not limits.OPEN_TO_ALL.match("/verifier/autre/")


def test_more_files_than_the_line_holds_are_told_to_come_again(
    db: None, pki: ServedPki, monkeypatch: Any
) -> None:
    monkeypatch.setattr(line, "PATIENCE", 0.01)
    with line.place():
        answer = send(documents.build())
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) == line.RETRY_AFTER
    assert "rien n’en est gardé" in text(answer)
    assert send(documents.build()).status_code == 200  # the place is given back


def test_the_line_is_as_long_as_it_says() -> None:
    with line.place():
        waiting = threading.Semaphore(0)
        let_go = threading.Event()

        def wait() -> None:
            assert line._line.acquire(blocking=False)
            waiting.release()
            let_go.wait(10)
            line._line.release()

        held = [threading.Thread(target=wait) for _each in range(line.WAITING)]
        for one in held:
            one.start()
        for _each in held:
            assert waiting.acquire(timeout=10)
        with pytest.raises(line.Full), line.place():
            pass
        let_go.set()
        for one in held:
            one.join()


def test_an_address_that_sends_too_many_is_told_when_to_come_back(
    db: None, pki: ServedPki, monkeypatch: Any
) -> None:
    monkeypatch.setattr(views, "LIMITS", {**views.LIMITS, "file": "1/10m/ip"})
    assert send(b"%PDF-1.7\n%%EOF").status_code == 200
    answer = send(b"%PDF-1.7\n%%EOF")
    assert answer.status_code == 429 and answer["Retry-After"]


def test_a_form_of_another_site_is_refused(db: None, pki: ServedPki) -> None:
    sent = SimpleUploadedFile("a.pdf", documents.build(), "application/pdf")
    assert Client(enforce_csrf_checks=True).post(ADDRESS, {"file": sent}).status_code == 403


def test_each_page_leads_there(cast: Cast) -> None:
    member = Client()
    member.force_login(cast.prefete)
    for browser, address in (
        (Client(), reverse("account_login")),
        (member, "/"),
        (Client(), "/introuvable/"),
    ):
        foot = BeautifulSoup(browser.get(address).content, "html.parser").footer
        assert foot is not None and foot.select_one(f'a[href="{ADDRESS}"]') is not None, address


def test_an_entry_altered_by_who_owns_the_database_no_longer_agrees(contract: Contract) -> None:
    entry = JournalEntry.objects.get(contract=contract, verb="contract_sealed")
    with untied():
        JournalEntry.objects.filter(pk=entry.pk).update(payload={**entry.payload, "version": 7})
    assert "l’écriture a été altérée" in text(send(sealed(contract)))


def test_a_signature_round_that_was_annulled_says_so(contract: Contract) -> None:
    with as_owner():
        Envelope.objects.filter(pk=plot.envelope(contract).pk).update(
            state=Envelope.State.VOID, void_reason="essai"
        )
    assert "a été annulée" in text(send(sealed(contract)))
    assert "C’est le contrat" not in text(send(sealed(contract)))


def test_the_address_on_the_paper_shows_no_more_than_the_paper(contract: Contract, settings: Any) -> None:
    version = plot.version(contract)
    address = version.content["verified_at"] + version.content_sha256[:16]
    assert address.startswith(f"{settings.PUBLIC_URL}/v/")
    answer = Client().get(address.removeprefix(settings.PUBLIC_URL))
    assert answer.status_code == 200 and answer["X-Robots-Tag"] == "noindex"
    shown = text(answer)
    assert contract.reference in shown and contract.title in shown
    printed = pdf_words(blobs.get(version.pdf_sha256))
    for row in version.content["signatories"]:
        assert row["organisation"] in shown and row["organisation"] in printed
        assert not row["person"] or row["person"] not in shown
    envelope = plot.envelope(contract)
    for secret in (envelope.sealed_sha256, version.content_sha256, version.pdf_sha256):
        assert secret not in shown
    for state in ("scellé", "Valide", "a signé"):  # the paper may be older than its signature
        assert state not in shown


def pdf_words(pdf: bytes) -> str:
    found = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True, timeout=60)
    return " ".join(found.stdout.decode().split())


def test_no_other_address_of_that_kind_leads_anywhere(contract: Contract) -> None:
    version = plot.version(contract)
    mark = version.content_sha256[:16]
    for wrong in (mark[:15], mark + "0", mark.upper(), "0" * 16, "_" * 16, version.content_sha256):
        assert Client().get(f"/v/{wrong}").status_code == 404, wrong
    assert Client().post(f"/v/{mark}").status_code == 405
    with untied():
        version.content.pop("verified_at")  # a version printed before papers bore an address
        type(version).objects.filter(pk=version.pk).update(content=version.content)
    assert Client().get(f"/v/{mark}").status_code == 404


def test_a_contract_that_another_renewed_is_valid_and_not_our_final_file(contract: Contract) -> None:
    """A true time-stamp by another hand: every signature holds, and the file is none that we gave."""
    answer = send(Forger(sealed(contract)).stamped())
    assert verdict(answer).startswith("Les signatures sont valides, mais ce fichier n’est pas le contrat")
    assert f"commence comme le contrat {contract.reference}" in text(answer)
