"""Honest files are not refused with the forged: ours renewed, and those that other tools wrote and signed."""

from __future__ import annotations

import asyncio
import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pikepdf
import pytest
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfTimeStamper

from signatures import pades, verification
from signatures.demo import pki
from signatures.report import Verdict
from signatures.timestamps import CheckedTimeStamper
from signatures.trust import online_context
from signatures.validation import validate_here
from tests.attacks.forging import Forger
from tests.attacks.test_files import Stranger
from tests.pki import ServedPki
from tests.signatures.stages import Files, files, people

__all__ = ["files", "people"]


def plain(**options: object) -> bytes:
    """Return a document of two pages as this writer writes it with these options."""
    with pikepdf.new() as pdf:
        for number in (1, 2):
            pdf.add_blank_page().Contents = pdf.make_stream(b"BT (Page %d) Tj ET" % number)
        pdf.docinfo["/Title"] = "Convention, article 1 2 objets"  # words that look like an object
        pdf.docinfo["/Producer"] = "Un autre outil"
        output = io.BytesIO()
        pdf.save(output, **options)  # type: ignore[arg-type]
        return output.getvalue()


def with_crlf() -> bytes:
    """Return a document written by hand with the line ends of Windows, and no identifier."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
        b"<< /Length 5 0 R >>\r\nstream\r\nBT ET\r\nendstream",
        b"5",
    ]
    output, offsets = bytearray(b"%PDF-1.4\r\n%\xe2\xe3\xcf\xd3\r\n"), []
    for number, body in enumerate(bodies, 1):
        offsets.append(len(output))
        output += b"%d 0 obj\r\n" % number + body + b"\r\nendobj\r\n"
    at = len(output)
    output += b"xref\r\n0 6\r\n0000000000 65535 f\r\n"
    output += b"".join(b"%010d 00000 n\r\n" % offset for offset in offsets)
    output += b"trailer\r\n<< /Size 6 /Root 1 0 R >>\r\nstartxref\r\n%d\r\n%%%%EOF\r\n" % at
    return bytes(output)


def updated() -> bytes:
    """Return a document changed once, by another tool, before anybody signs."""
    writer = IncrementalPdfFileWriter(io.BytesIO(plain()))
    page = writer.root["/Pages"]["/Kids"][0]
    writer.update_container(page)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


WRITERS: dict[str, Callable[[], bytes]] = {
    "pikepdf": plain,
    "object streams": lambda: plain(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "linearised": lambda: plain(linearize=True),
    "linearised with object streams": lambda: plain(
        linearize=True, object_stream_mode=pikepdf.ObjectStreamMode.generate
    ),
    "windows": with_crlf,
    "updated": updated,
}


async def signed(document: bytes, level: str, *, certify: bool = False) -> bytes:
    """Sign as stock pyHanko does, which dates its work in /Info at each revision."""
    path = pki.issue_person("tiers@ailleurs.test", "Odile Autre", "Ailleurs", "Directrice")
    signer = SimpleSigner.load_pkcs12(str(path), passphrase=settings.PKI_PASSPHRASE.encode())
    assert signer is not None
    async with online_context() as context:
        metadata = PdfSignatureMetadata(
            field_name="Signature1",
            subfilter=SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            certify=certify,
            embed_validation_info=level == "B-LTA",
            use_pades_lta=level == "B-LTA",
            validation_context=context if level == "B-LTA" else None,
        )
        pdf_signer = PdfSigner(
            metadata,
            signer,
            timestamper=None if level == "B-B" else CheckedTimeStamper(),
            new_field_spec=SigFieldSpec("Signature1", on_page=0, box=(50, 50, 250, 120)),
        )
        output = io.BytesIO()
        await pdf_signer.async_sign_pdf(IncrementalPdfFileWriter(io.BytesIO(document)), output=output)
    return output.getvalue()


@pytest.mark.parametrize("level", ["B-B", "B-T", "B-LTA"])
@pytest.mark.parametrize("writer", WRITERS)
def test_another_tools_file_is_sound(pki: ServedPki, writer: str, level: str) -> None:
    pdf = asyncio.run(signed(WRITERS[writer](), level))
    verification.examine(pdf)


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
@pytest.mark.parametrize("options", [[], ["--qdf"], ["--linearize"], ["--object-streams=generate"]])
def test_a_file_that_qpdf_wrote_is_sound(tmp_path: Path, options: list[str]) -> None:
    source, target = tmp_path / "source.pdf", tmp_path / "target.pdf"
    source.write_bytes(plain())
    subprocess.run(["qpdf", *options, source, target], check=True)  # noqa: S603, S607
    verification.examine(target.read_bytes())


def test_ours_stays_valid_renewed_once_and_twice(files: Files) -> None:
    once = asyncio.run(pades.seal(files.sealed))
    twice = asyncio.run(pades.seal(once))
    for renewed in (once, twice):
        report = validate_here(renewed)
        assert report.valid, report.problems


def test_ours_stays_valid_with_a_time_stamp_alone(files: Files) -> None:
    async def stamp() -> bytes:
        output = io.BytesIO()
        writer = pades._Revision(io.BytesIO(files.sealed))
        await PdfTimeStamper(CheckedTimeStamper()).async_timestamp_pdf(writer, "sha256", None, output=output)
        return output.getvalue()

    report = validate_here(asyncio.run(stamp()))
    assert report.valid, report.problems


def test_ours_stays_valid_with_proofs_alone(files: Files) -> None:
    """A DSS update that nothing covers yet is maintenance, not a change."""

    async def update() -> bytes:
        async with online_context() as context:
            return await _with_proofs(files.sealed, context)

    report = validate_here(asyncio.run(update()))
    assert report.valid, report.problems


async def _with_proofs(pdf: bytes, context: object) -> bytes:
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.validation.dss import DocumentSecurityStore, collect_validation_info

    reader = PdfFileReader(io.BytesIO(pdf))
    paths = []
    for signature in reader.embedded_regular_signatures:
        paths += await collect_validation_info(signature, context)  # type: ignore[arg-type]
    writer = pades._Revision.from_reader(reader)
    DocumentSecurityStore.supply_dss_in_writer(writer, None, paths=paths, validation_context=context)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def test_another_tools_archive_is_valid_and_a_strangers_time_stamp_leaves_a_question(pki: ServedPki) -> None:
    """Nothing says of another's file who may seal it: that is not known, and not forged."""
    archive = asyncio.run(signed(plain(), "B-LTA"))
    report = validate_here(archive)
    assert report.valid, report.problems
    renewed = validate_here(Forger(archive).stamped(authorities=Stranger()))
    assert renewed.verdict == Verdict.INDETERMINATE, renewed.problems
    assert "timestamp_unlisted" in {problem.code for problem in renewed.problems}
    certified = validate_here(asyncio.run(signed(plain(), "B-LTA", certify=True)))
    assert certified.valid, certified.problems
