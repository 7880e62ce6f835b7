"""« Vérifier un document » says whether a signature is qualified, and by which list, in each form."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from tests.signatures.etsi.schema import checked, told
from tests.signatures.lists.scheme import Scheme, certified
from tests.signatures.lists.test_reports import KEY, signed

QUALITY = "//vr:SignatureQualityInformation"
NAMED = "urn:cef:dss:signatureQualification:"


def forms(pdf: bytes) -> tuple[str, str, bytes]:
    """Return the page, the XML and the JSON that anybody has of a file."""
    browser = Client()
    upload = SimpleUploadedFile("a.pdf", pdf, "application/pdf")
    page = browser.post("/verifier/", {"file": upload}).content.decode().replace("\u00a0", " ")
    found = re.search(r'name="held" value="([^"]+)"', page)
    assert found is not None
    xml, data = (
        browser.post("/verifier/rapport/", {"held": found[1], "form": form}).content
        for form in ("xml", "json")
    )
    return page, xml.decode(), data


def test_a_qualified_signature_is_called_so_by_its_list_and_a_broken_one_is_not(
    scheme: Scheme, tmp_path: Path
) -> None:
    scheme.keep(sequence=112)
    pdf = signed(certified(KEY.public_key(), "Karim Benali"))
    page, xml, data = forms(pdf)
    assert "signature qualifiée" in page and "liste de confiance FR n° 112" in page
    assert told(checked(xml), QUALITY) == [f"{NAMED}QESig"]
    assert json.loads(data)["signatures"][0]["qualification"]["sequence"] == "112"

    (tmp_path / "a.pdf").write_bytes(pdf)
    printed = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("verify", str(tmp_path / "a.pdf"), stdout=printed)
    assert ended.value.code == 0 and "signature qualifiée" in printed.getvalue()

    at = pdf.index(b"/MediaBox")
    page, xml, _data = forms(pdf[:at] + b"/mediaBox" + pdf[at + 9 :])
    assert "signature qualifiée" not in page
    assert f"{NAMED}QESig" not in told(checked(xml), QUALITY)
