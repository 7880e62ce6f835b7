"""What a page inherits from a parent that no tree has may be filled in after the signature, by a kept proof.

The page of these tests calls « its parent » a node that is in no tree of pages. MuPDF, pdf.js and others take
from there what the page inherits; Poppler takes it from the tree. That node names a glyph, which is not there
when the page is signed. Later a certificate is added to the proofs (DSS), which is lawful: it is that glyph.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from signatures.validation import validate
from tests.attacks.forging import Forger, stream
from tests.attacks.test_honest_files import signed
from tests.pki import ServedPki

LATER = 5_000  # an object that no table has when the page is signed
FREED = 9
PAINTS = (
    b"\n595 0 d0 1 1 1 rg 0 680 595 60 re f 0 0 0 rg BT /F1 20 Tf 20 700 Td (Le prix est de 1 euro) Tj ET Q\n"
)


def document(glyph: int = LATER) -> bytes:
    """Return a page of one sentence, and of a glyph that does not exist."""
    text = b"BT /F1 20 Tf 20 700 Td (Le prix est de 1000 euros) Tj ET BT /F2 1 Tf (a) Tj ET"
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F1 4 0 R >> >> >>",
        b"<< /Type /Page /Parent 7 0 R /MediaBox [0 0 595 842] /Contents 5 0 R >>",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
        b"<< /Title (Contrat) >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /F1 4 0 R /F2 8 0 R >> >> >>",
        b"<< /Type /Font /Subtype /Type3 /FontBBox [0 0 595 842] /FontMatrix [1 0 0 1 0 0] /FirstChar 97"
        b" /LastChar 97 /Widths [595] /Encoding << /Type /Encoding /Differences [97 /a] >>"
        b" /Resources << /Font << /F1 4 0 R >> >> /CharProcs << /a %d 0 R >> >>" % glyph,
    ]
    if glyph == FREED:
        bodies.append(stream(b"595 0 d0"))
    output, offsets = bytearray(b"%PDF-1.7\n"), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(output))
        output += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    at = len(output)
    size = len(bodies) + 1
    output += b"xref\n0 %d\n0000000000 65535 f \n" % size
    output += b"".join(b"%010d 00000 n \n" % one for one in offsets)
    output += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R /ID [<00> <00>] >>\n" % size
    output += b"startxref\n%d\n%%%%EOF\n" % at
    return bytes(output)


def painting_certificate() -> bytes:
    """Return a certificate of anybody (DER) whose name, read as the content of a page, paints a text."""
    named = x509.NameAttribute(x509.NameOID.COMMON_NAME, PAINTS.decode(), _validate=False)
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([named]))
        .issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a")]))
        .public_key((key := ec.generate_private_key(ec.SECP256R1())).public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.DER)


def freed() -> bytes:
    """Return the same page, whose glyph was there once and was taken away before the signature."""
    pdf = document(FREED)
    tail = b"xref\n%d 1\n%010d 00001 f \ntrailer\n<< /Size 10 /Root 1 0 R /Info 6 0 R /ID [<00> <00>]" % (
        FREED,
        0,
    )
    previous = int(pdf[pdf.rindex(b"startxref") :].split()[1])
    return pdf + tail + b" /Prev %d >>\nstartxref\n%d\n%%%%EOF\n" % (previous, len(pdf))


def with_that_proof(pdf: bytes, number: int = LATER) -> bytes:
    """Return the file with one more revision: a certificate more in its proofs; no key is needed."""
    forger = Forger(pdf)
    proofs = forger.body(forger.parts.dss)
    added = re.sub(rb"/Certs \[", b"/Certs [ %d 0 R " % number, proofs)
    assert added != proofs
    glyph = {number: stream(painting_certificate())}
    return forger.update({forger.parts.dss: added, **glyph}, size=max(number + 1, forger.size))


def drawn(pdf: bytes, folder: Path, name: str) -> bytes:
    """Return the top of the first page as MuPDF draws it."""
    source, target = folder / f"{name}.pdf", folder / f"{name}.pgm"
    source.write_bytes(pdf)
    subprocess.run(
        ["mutool", "draw", "-q", "-r", "40", "-o", target, source, "1"], check=False, capture_output=True
    )
    image = target.read_bytes()
    return image[: len(image) // 2]


@pytest.mark.skipif(shutil.which("mutool") is None, reason="mutool is not installed")
@pytest.mark.parametrize("number", [LATER, FREED])
def test_a_proof_that_a_signed_page_draws_is_a_change(pki: ServedPki, tmp_path: Path, number: int) -> None:
    pdf = asyncio.run(signed(freed() if number == FREED else document(), "B-LTA"))
    forged = with_that_proof(pdf, number)
    assert drawn(pdf, tmp_path, "signed") != drawn(forged, tmp_path, "forged")  # else nothing is proved
    report = validate(forged)
    assert not report.valid, (report.verdict, report.problems)
    assert [problem.facts for problem in report.problems] == [{"which": "late"}]


def test_a_reference_to_what_is_not_there_is_nobodys_fault(pki: ServedPki) -> None:
    """The same file without the forger's revision: what its glyph is nobody said, and nobody shows."""
    assert validate(asyncio.run(signed(document().replace(b"/Parent 7 0", b"/Parent 2 0"), "B-LTA"))).valid
