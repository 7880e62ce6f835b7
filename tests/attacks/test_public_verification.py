"""Somebody would have « Vérifier un document » say « valide », wear itself out, or ask elsewhere."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from pikepdf import Array, Dictionary, Name, String

from signatures import limited
from signatures.etsi.xml import as_xml
from signatures.report import Verdict
from signatures.sheets import sheets_of
from signatures.validation import examine
from tests.attacks import bombs, forged_bytes, forged_changes
from tests.attacks.forging import Forger
from tests.attacks.test_exhausting_files import LASTING
from tests.pki import Interruptible, ServedPki
from tests.signatures import others
from tests.signatures.etsi.schema import checked
from tests.signatures.stages import Files, files, people

__all__ = ["files", "people"]

FORGERIES = forged_bytes.FORGERIES | forged_changes.FORGERIES
KEPT = sorted((Path(__file__).parent / "files").glob("*.pdf"))
# those take all the seconds that a file may have, and tests/attacks/test_exhausting_files.py gives them
QUICK = sorted(set(bombs.KINDS) - LASTING - {"long_number"})


def hostile(files: Files) -> Iterator[tuple[str, bytes]]:
    """Yield every hostile file that the tests make, and those that once deceived us."""
    forger = Forger(files.sealed)
    for name, make in FORGERIES.items():
        yield name, make(forger)
    for name in QUICK:
        yield name, bombs.made(name)
    for path in KEPT:
        yield path.name, path.read_bytes()


def test_no_hostile_file_of_all_is_called_valid(files: Files, pki: ServedPki) -> None:
    """Each within 10 s and 512 MB, each with a sentence; the file that they are made of is valid."""
    assert examine(files.sealed).report.valid
    tried, wrong = 0, []
    for name, pdf in hostile(files):
        examined = examine(pdf)
        used = limited.last_usage()
        tried += 1
        report = examined.report
        told = report.problems and all(problem.message for problem in report.problems)
        passed = any(sheet.verdict == Verdict.PASSED for sheet in sheets_of(examined))
        within = used is not None and used.cpu_seconds < 10 and used.peak_bytes < 512 * 1024 * 1024
        if report.valid or passed or not told or not within:
            wrong.append((name, report.verdict, used))
        if tried % 20 == 0:
            checked(as_xml(examined))
    assert wrong == []
    assert tried >= 250


def pointing(address: str) -> bytes:
    """Return a document that names an address in each of the ways that a PDF has."""
    with pikepdf.open(io.BytesIO(others.plain())) as pdf:
        there = Dictionary(Type=Name.Filespec, FS=Name.URL, F=String(address))
        page = pdf.pages[0]
        outside = pdf.make_stream(b"")
        outside.update(Dictionary(Type=Name.XObject, Subtype=Name.Image, Width=1, Height=1, F=there))
        page.obj.Resources.XObject = Dictionary(Away=outside)
        actions = [
            Dictionary(S=Name.URI, URI=String(address)),
            Dictionary(S=Name.GoToR, F=there, D=Array([0, Name.Fit])),
            Dictionary(S=Name.SubmitForm, F=there, Flags=4),
            Dictionary(S=Name.ImportData, F=there),
        ]
        page.obj.Annots = Array(
            [
                pdf.make_indirect(
                    Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), F=4, A=one)
                )
                for one in actions
            ]
        )
        pdf.Root.OpenAction = actions[0]
        output = io.BytesIO()
        pdf.save(output)
    return output.getvalue()


def test_nothing_that_a_file_names_is_asked(
    db: None, pki: ServedPki, tmp_path: Path, monkeypatch: Any
) -> None:
    """The addresses of its certificates (OCSP, CRL, issuer) and of its pages are served, on loopback."""
    by = others.signer("curieux@ailleurs.test")
    kinds = ("B-B", "B-T", "B-LT")
    sent = {kind: asyncio.run(others.signed(pointing(f"{pki.url}/ocsp"), kind, signer=by)) for kind in kinds}
    hits: list[str] = []
    answer = Interruptible.__call__

    async def counted(self: Interruptible, scope: Any, receive: Any, send: Any) -> None:
        hits.append(scope["path"])
        await answer(self, scope, receive, send)

    monkeypatch.setattr(Interruptible, "__call__", counted)
    for kind, pdf in sent.items():
        upload = SimpleUploadedFile("a.pdf", pdf, "application/pdf")
        assert "verdict" in Client().post("/verifier/", {"file": upload}).content.decode()
        (tmp_path / f"{kind}.pdf").write_bytes(pdf)
        with pytest.raises(SystemExit):
            call_command("verify", str(tmp_path / f"{kind}.pdf"), "--xml", stdout=io.StringIO())
    assert hits == []
    assert not examine(sent["B-B"]).report.valid  # what it would have had to ask for is not supposed

    asyncio.run(others.signed(others.plain(), "B-LT", signer=by))
    assert any(path.startswith("/ocsp") or path.endswith(".crl") for path in hits)  # they do answer


def test_no_text_of_a_file_acts_in_any_form_of_its_report(db: None, pki: ServedPki) -> None:
    """Names, reasons and places that are markup, commands of the typesetter, or turn the line around."""
    text = '<script>alert(1)</script>&\u202e]]>#image("/etc/passwd")\x1b[2J\ufffe\U0001f600 ' + "é\u0301" * 9
    by = others.signer("acteur@ailleurs.test", name=text[:60], organisation=text[:60], title=text[:60])
    pdf = asyncio.run(
        others.signed(others.plain(), "B-T", signer=by, field="<b>&x", reason=text, location=text)
    )
    upload = SimpleUploadedFile("<img src=x onerror=alert(1)>.pdf", pdf, "application/pdf")
    browser = Client()
    answer = browser.post("/verifier/", {"file": upload})
    shown = answer.content.decode()
    assert answer.status_code == 200
    for raw in ("<script>alert", "<img src=x", "<b>&x", "\u202e", "\x1b"):
        assert raw not in shown, raw
    held = re.search(r'name="held" value="([^"]+)"', shown)
    assert held is not None
    forms = {
        form: browser.post("/verifier/rapport/", {"held": held[1], "form": form}).content
        for form in ("pdf", "json", "xml")
    }
    assert forms["pdf"].startswith(b"%PDF-") and b"/JavaScript" not in forms["pdf"]
    assert json.loads(forms["json"])["signatures"][0]["field"] == "<b>&x"
    checked(forms["xml"].decode())
