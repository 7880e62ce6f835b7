"""A tree of pages that lies: two readers show two documents of one signed file, or of one annex."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from signatures.uploads import Refused, look
from signatures.validation import validate_here
from tests.attacks.test_honest_files import signed
from tests.pki import ServedPki

pytestmark = pytest.mark.skipif(
    not (shutil.which("pdftotext") and shutil.which("mutool")), reason="two readers are wanted"
)


def written(bodies: list[bytes]) -> bytes:
    """Return a file of these objects, numbered from 1; the first is the catalog."""
    output, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(output))
        output += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(output)
    output += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    output += b"".join(b"%010d 00000 n \n" % one for one in offsets)
    output += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, at)
    return bytes(output)


def stream(words: bytes, entries: bytes = b"") -> bytes:
    text = b"BT /F1 20 Tf 20 700 Td (%s) Tj ET" % words
    return b"<< %s /Length %d >>\nstream\n%s\nendstream" % (entries, len(text), text)


FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"


def counted(count: int) -> bytes:
    """Return two pages, of which the first is in a node of its own that says that it has ``count``."""
    page = (
        b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
        b" /Resources << /Font << /F1 6 0 R >> >> >>"
    )
    return written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R 5 0 R] /Count 2 >>",
            b"<< /Type /Pages /Parent 2 0 R /Kids [4 0 R] /Count %d >>" % count,
            page % (3, 7),
            page % (2, 8),
            FONT,
            stream(b"Article 1"),
            stream(b"Article 2"),
        ]
    )


def adopted(parent: int) -> bytes:
    """Return a page that draws the form « X »: of the node above it, or of the one it calls its parent."""
    drawn = b"<< /Length 5 >>\nstream\n/X Do\nendstream"
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /Font << /F1 4 0 R >> >>"
    return written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /XObject << /X 6 0 R >> >> >>",
            b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents 5 0 R >>" % parent,
            FONT,
            drawn,
            stream(b"Prix: 1000 euros", form),
            stream(b"Prix: 1 euro", form),
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /XObject << /X 7 0 R >> >> >>",
        ]
    )


def shown(pdf: bytes, folder: Path) -> list[set[str]]:
    """Return which of our words each of two readers shows."""
    path = folder / "shown.pdf"
    path.write_bytes(pdf)
    commands = (["pdftotext", str(path), "-"], ["mutool", "draw", "-q", "-F", "text", str(path)])
    said = [subprocess.run(each, capture_output=True, text=True, check=False).stdout for each in commands]
    words = ("Article 1", "Article 2", "1000 euros", "1 euro")
    return [{one for one in words if one in text} for text in said]


@pytest.mark.parametrize("document", [counted(1), adopted(2)], ids=["counted", "adopted"])
def test_a_tree_that_tells_the_truth_is_valid(pki: ServedPki, document: bytes, tmp_path: Path) -> None:
    pdf = asyncio.run(signed(document, "B-LTA"))
    one, other = shown(pdf, tmp_path)
    assert one == other
    assert validate_here(pdf).valid
    assert look(document)


@pytest.mark.parametrize("document", [counted(0), counted(2), adopted(8)], ids=["none", "more", "adopted"])
def test_what_two_readers_show_otherwise_is_not_valid(
    pki: ServedPki, document: bytes, tmp_path: Path
) -> None:
    pdf = asyncio.run(signed(document, "B-LTA"))
    one, other = shown(pdf, tmp_path)
    assert one != other  # else there is nothing to prove
    report = validate_here(pdf)
    assert not report.valid, (one, other)


@pytest.mark.parametrize("document", [counted(0), adopted(8)], ids=["counted", "adopted"])
def test_what_two_readers_show_otherwise_is_no_annex(document: bytes, tmp_path: Path) -> None:
    one, other = shown(document, tmp_path)
    assert one != other
    with pytest.raises(Refused, match="enregistrez-le de nouveau en PDF"):
        look(document)


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
@pytest.mark.parametrize(
    "options", [["--linearize"], ["--object-streams=generate"], ["--pages", ".", "1-z", "--"]]
)
def test_what_another_tool_writes_is_an_annex(options: list[str], tmp_path: Path) -> None:
    source, target = tmp_path / "source.pdf", tmp_path / "target.pdf"
    source.write_bytes(counted(1))
    subprocess.run(["qpdf", source, *options, target], check=True)
    assert look(target.read_bytes()) == 2
