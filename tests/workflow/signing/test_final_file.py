"""The archived file of a real contract: what strangers' tools say of it, and what our validation refuses."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name

from contracts.models import Annex
from signatures import blobs
from signatures.validation import validate
from tests import plot
from tests.cast import Cast
from tests.contracts import test_archival_form as archival
from tests.pki import ServedPki
from tests.signatures.test_enclosures import plain
from tests.signatures.test_independent import extract, run
from tests.snapshots import once
from tests.stage import run_jobs


@pytest.fixture
def final(cast: Cast) -> bytes:
    """Play Clairval's contract to its end; return the sealed file."""
    return once("final", lambda: _sealed(cast))


def _sealed(cast: Cast) -> bytes:
    pdf = plain()
    Annex.objects.create(
        contract=cast.contract,
        order=1,
        title="Diagnostic partagé",
        attached=True,
        file_sha256=blobs.put(pdf),
        size=len(pdf),
        pages=2,
    )
    contract = plot.to_signing(cast.contract)
    plot.sign_next(contract)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    run_jobs()
    return blobs.get(plot.envelope(contract).sealed_sha256)


def test_tools_that_are_not_ours_call_it_valid(final: bytes, pki: ServedPki, tmp_path: Path) -> None:
    file = tmp_path / "final.pdf"
    file.write_bytes(final)
    assert run("qpdf", "--check", file).returncode == 0
    assert run("pdfsig", file).stdout.count("Signature is Valid") == 2
    found = list(extract(final, tmp_path))
    assert [one.kind for one in found] == ["data", "data", "tst_info"]
    for one in found[:2]:
        verified = run(
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", one.contents),
            *("-content", one.covered, "-CAfile", pki.root, "-purpose", "any", "-out", tmp_path / "out"),
        )
        assert verified.returncode == 0, verified.stderr
    stamped = run(
        *("openssl", "ts", "-verify", "-token_in", "-in", found[2].contents, "-data", found[2].covered),
        *("-CAfile", pki.root, "-untrusted", pki.folder / "issuing.cert.pem"),
    )
    assert stamped.returncode == 0, stamped.stderr


def test_it_keeps_the_rules_of_pdf_a_and_pdf_ua_after_the_signatures(final: bytes) -> None:
    with pikepdf.open(io.BytesIO(final)) as pdf:
        with pdf.open_metadata() as metadata:
            standards = [metadata[archival.PDFAID + "part"], metadata[archival.PDFAID + "conformance"]]
            assert [*standards, metadata[archival.PDFUAID + "part"]] == ["3", "A", "1"]
        archival.test_output_intent_carries_its_profile(pdf)
        archival.nothing_runs(pdf, archival.FORBIDDEN_KEYS - {"/EmbeddedFiles"})
        archival.test_structure_tree_keys_are_consistent(pdf)
        archival.test_tab_order_follows_the_structure(pdf)


def test_the_annex_that_travels_is_under_every_signature(final: bytes) -> None:
    report = validate(final)
    assert report.valid and not report.problems
    with pikepdf.open(io.BytesIO(final)) as pdf:
        assert {name: one.get_file().read_bytes() for name, one in pdf.attachments.items()} == {
            "Annexe-01-diagnostic-partage.pdf": plain()
        }
    within = final.index(b"/EmbeddedFiles") if b"/EmbeddedFiles" in final else 0
    assert within < final.index(b"/ByteRange")


def test_every_page_and_every_stamp_says_specimen(final: bytes, tmp_path: Path) -> None:
    file = tmp_path / "final.pdf"
    file.write_bytes(final)
    with pikepdf.open(file) as pdf:
        pages = len(pdf.pages)
    for page in range(1, pages + 1):
        words = run("pdftotext", "-f", str(page), "-l", str(page), file, "-").stdout
        assert "SPÉCIMEN" in words, f"page {page}"
    assert words.count("Signé électroniquement") == 2
    assert words.count("SPÉCIMEN") >= 3, "the foot of the page and both stamps"


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Rewrite the file with one change, as a forger would."""
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        out = io.BytesIO()
        document.save(out)
        return out.getvalue()


def annotate(document: pikepdf.Pdf) -> None:
    note = Dictionary(Type=Name.Annot, Subtype=Name.Text, Rect=Array([0, 0, 20, 20]), Contents="Nul.")
    document.pages[0].Annots = Array([document.make_indirect(note)])


def repaint(document: pikepdf.Pdf) -> None:
    document.pages[2].contents_add(b"q 0 0 1 rg 100 100 200 200 re f Q")


def test_a_changed_or_cut_file_is_refused(final: bytes) -> None:
    assert validate(final).valid
    first_end = final.index(b"%%EOF", final.index(b"/ByteRange")) + 5
    for forged in (
        changed(final, annotate),
        changed(final, repaint),
        final[: len(final) // 2],
        final[:first_end] + b"\n",
        final + b"\n%trailing",
    ):
        report = validate(forged)
        assert not report.valid
        assert report.problems, "and it says why"
