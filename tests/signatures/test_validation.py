"""Our validation: yes to the archive, at any time; no to everything else, for the right reason."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
import random
import re
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.management import call_command
from django.utils import timezone
from pikepdf import Array, Dictionary, Name, String
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from signatures import limited, pades, trust
from signatures.backends.demo import demo
from signatures.demo import pki as authorities
from signatures.errors import CertificateUntrusted, UnsignableDocument
from signatures.validation import validate
from signatures.verdict import whole
from tests.pki import ServedPki
from tests.signatures import documents
from tests.signatures.stages import Files, codes, files, people, self_signed, sign, sign_unasked, somebody

__all__ = ["files", "people"]


def test_the_archive_is_valid(files: Files) -> None:
    report = validate(files.sealed, expected=documents.FIELDS)
    assert report.valid, report.problems
    assert report.as_dict()["valid"] is True
    assert json.dumps(report.as_dict())
    first, second = report.signatures
    assert (first.field, first.title, first.level, first.ok) == ("Signataire-01", "Préfète", "B-LTA", True)
    assert first.timestamped_at is not None and second.timestamped_at is not None
    assert first.timestamped_at <= second.timestamped_at
    assert len(report.document_timestamps) == 1


@pytest.mark.parametrize("days", [0, 2, 10, 36, 400, 1000, 3600])
def test_it_stays_valid_long_after_the_certificates_end(files: Files, days: int) -> None:
    moment = timezone.now() + dt.timedelta(days=days, seconds=2)
    report = validate(files.sealed, expected=documents.FIELDS, moment=moment)
    assert report.valid, report.problems


def test_it_ends_with_the_authority_of_its_last_time_stamp(files: Files) -> None:
    assert "no_poe" in codes(files.sealed, moment=timezone.now() + dt.timedelta(days=3700))


def test_each_stage_is_valid_between_and_not_an_archive(files: Files) -> None:
    assert validate(files.one, expected=["Signataire-01"], intermediate=True).valid
    assert validate(files.two, expected=documents.FIELDS, intermediate=True).valid
    assert {"not_sealed", "unsigned_field"} <= codes(files.one)
    assert "not_sealed" in codes(files.two)
    assert codes(files.base) == {"unsigned_field"}


def test_who_signed_where_is_checked(files: Files) -> None:
    serials = {row.field: row.serial for row in validate(files.sealed).signatures}
    assert validate(files.sealed, expected=serials).valid
    swapped = dict(zip(serials, reversed(serials.values()), strict=True))
    assert codes(files.sealed, expected=swapped) == {"wrong_signer"}
    assert codes(files.sealed, expected=["Signataire-01"]) == {"unexpected_signature"}
    assert codes(files.sealed, expected=[*documents.FIELDS, "Signataire-03"]) == {"missing_signature"}


def test_a_third_signature_is_refused(files: Files, people: list[AbstractBaseUser]) -> None:
    for source in (files.two, files.sealed):
        writer = IncrementalPdfFileWriter(io.BytesIO(source))
        append_signature_field(writer, SigFieldSpec("Tiers", on_page=0, box=(10, 10, 90, 60)))
        output = io.BytesIO()
        writer.write(output)
        with pytest.raises(UnsignableDocument):
            asyncio.run(sign(output.getvalue(), "Tiers", people[0], first=False, last=False))
        third = asyncio.run(sign_unasked(output.getvalue(), "Tiers", people[0], first=False, last=False))
        assert "forbidden_change" in codes(third, intermediate=True)
        with pytest.raises(UnsignableDocument):
            asyncio.run(pades.seal(third))


def test_a_file_cut_back_to_the_first_signature_is_refused(files: Files) -> None:
    assert files.two.startswith(files.one)
    assert "unsigned_field" in codes(files.sealed[: len(files.one)])


def test_a_cut_before_the_seal_is_refused(files: Files) -> None:
    assert "not_sealed" in codes(files.sealed[: len(files.two)])


@pytest.mark.parametrize("part", [0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(files: Files, part: float) -> None:
    assert codes(files.sealed[: int(len(files.sealed) * part)])


@pytest.mark.parametrize(
    "tail", [b"x", b"\n%%EOF\n%PDF", b"\x00" * 10, b"<script>", b"\n%%EOF\n", b" \n%%EOF"]
)
def test_bytes_after_the_end_are_refused(files: Files, tail: bytes) -> None:
    assert codes(files.sealed + tail)


def test_any_bit_of_the_file_counts(files: Files) -> None:
    """Every bit outside the last time-stamp's own hole, which nothing can cover (ISO 32000-2 § 12.8.1)."""
    chosen = random.Random(1)  # noqa: S311
    content = files.sealed
    found = re.findall(rb"/ByteRange\s*\[\s*0\s+(\d+)\s+(\d+)\s+\d+\s*\]", content)
    hole = range(*map(int, found[-1]))
    places = [place for place in (chosen.randrange(len(content)) for _try in range(80)) if place not in hole]
    assert len(places) > 60
    for place in places:
        changed = bytearray(content)
        changed[place] ^= 1 << chosen.randrange(8)
        assert not validate(bytes(changed), expected=documents.FIELDS).valid, place


def incremental(source: bytes, change: Any) -> bytes:
    """Return ``source`` with one more revision, whose objects ``change`` altered."""
    writer = IncrementalPdfFileWriter(io.BytesIO(source))
    change(writer)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def add_annotation(writer: IncrementalPdfFileWriter) -> None:
    """Stick a note on the first page."""
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Text"),
            pdf_name("/Rect"): generic.ArrayObject(generic.NumberObject(n) for n in (10, 10, 50, 50)),
            pdf_name("/Contents"): generic.pdf_string("ajout"),
        }
    )
    page["/Annots"] = generic.ArrayObject([writer.add_object(note)])
    writer.update_container(page)


def change_page(writer: IncrementalPdfFileWriter) -> None:
    """Replace what the first page says."""
    page = writer.root["/Pages"]["/Kids"][0]
    stream = generic.StreamObject(stream_data=b"BT /F1 14 Tf 72 760 Td (Autre chose) Tj ET")
    page["/Contents"] = writer.add_object(stream)
    writer.update_container(page)


def change_title(writer: IncrementalPdfFileWriter) -> None:
    """Rename the document."""
    writer.set_info(generic.DictionaryObject({pdf_name("/Title"): generic.pdf_string("Autre")}))


def move_widget(writer: IncrementalPdfFileWriter) -> None:
    """Move the box of the second signature."""
    field = writer.root["/AcroForm"]["/Fields"][1]
    field["/Rect"] = generic.ArrayObject(generic.NumberObject(n) for n in (0, 0, 20, 20))
    writer.update_container(field)


def attach_file(writer: IncrementalPdfFileWriter) -> None:
    """Attach something."""
    writer.root["/Names"] = generic.DictionaryObject(
        {pdf_name("/EmbeddedFiles"): generic.DictionaryObject({pdf_name("/Names"): generic.ArrayObject()})}
    )
    writer.update_root()


@pytest.mark.parametrize(
    "change",
    [add_annotation, change_page, change_title, move_widget, attach_file],
    ids=lambda change: change.__name__,
)
@pytest.mark.parametrize("stage", ["one", "two", "sealed"])
def test_a_change_after_a_signature_is_refused(files: Files, stage: str, change: Any) -> None:
    changed = incremental(getattr(files, stage), change)
    found = codes(changed, intermediate=stage != "sealed")
    assert found & {"forbidden_change", "changed_after_last"}, found


def test_a_page_added_is_refused(files: Files) -> None:
    with pikepdf.open(io.BytesIO(files.sealed)) as pdf:
        pdf.add_blank_page()
        output = io.BytesIO()
        pdf.save(output)
    assert codes(output.getvalue())


def test_a_change_between_the_signatures_is_refused(files: Files) -> None:
    changed = incremental(files.one, change_title)
    assert "changed_after_last" in codes(changed, intermediate=True)


def test_a_mayor_who_signs_a_changed_file_does_not_make_it_valid(
    files: Files, people: list[AbstractBaseUser]
) -> None:
    changed = incremental(files.one, change_page)
    with pytest.raises(UnsignableDocument):
        asyncio.run(sign(changed, "Signataire-02", people[1], first=False, last=True))
    two = asyncio.run(sign_unasked(changed, "Signataire-02", people[1], first=False, last=True))
    assert "forbidden_change" in codes(two, intermediate=True)
    with pytest.raises(UnsignableDocument):
        asyncio.run(pades.seal(two))


def test_an_uncertified_document_is_refused(people: list[AbstractBaseUser]) -> None:
    """Unless the lock of the field says instead what may follow, as of a tool that only signs."""
    unlocked = documents.build(locks=False)
    one = asyncio.run(sign(unlocked, "Signataire-01", people[0], first=False, last=False))
    two = asyncio.run(sign(one, "Signataire-02", people[1], first=False, last=True))
    assert "not_certified" in codes(asyncio.run(pades.seal(two)))


def test_another_root_is_not_believed(files: Files, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(self_signed())
    assert "no_certificate_chain_found" in codes(files.sealed, trust_roots=[other])
    assert "untrusted" in codes(files.two, trust_roots=[self_signed()], intermediate=True)


def test_no_root_is_an_error_of_the_installation(files: Files, tmp_path: Path) -> None:
    with pytest.raises(trust.NoTrustRoot):
        validate(files.sealed, trust_roots=[tmp_path / "absente.pem"])


def test_a_certificate_revoked_before_signing_is_refused(
    pki: ServedPki, people: list[AbstractBaseUser]
) -> None:
    """Sealing asks the authorities again: a file cannot hide what they say."""
    revoked = somebody("revoque@validation.test")
    authorities.issue_person(revoked.get_username(), "Révoqué", "Ville", "Maire")
    one = asyncio.run(sign(documents.build(["Seul"]), "Seul", revoked, first=True, last=True))
    authorities.revoke(int(demo().held_by(revoked).serial, 16))
    try:
        with pytest.raises(CertificateUntrusted):
            asyncio.run(pades.seal(one))
    finally:
        (pki.folder / "revoked.json").unlink()


@pytest.mark.parametrize("size", [0, 1, 10, 1000, 100_000])
def test_noise_is_refused(size: int, pki: ServedPki) -> None:
    noise = random.Random(size).randbytes(size)  # noqa: S311
    for hostile in (noise, b"%PDF-1.7\n" + noise, b"%PDF-1.7\n" + noise + b"\n%%EOF\n"):
        assert codes(hostile)


HOSTILE = {
    "no xref": b"%PDF-1.7\nstartxref\n999999\n%%EOF\n",
    "negative": b"%PDF-1.7\nstartxref\n-1\n%%EOF\n",
    "loop": b"%PDF-1.7\nxref\n0 1\n0000000000 65535 f \ntrailer <</Size 1/Prev 9/Root 1 0 R>>\n"
    b"startxref\n9\n%%EOF\n",
    "deep": b"%PDF-1.7\n1 0 obj\n" + b"[" * 50_000 + b"\nendobj\nstartxref\n9\n%%EOF\n",
    "html": b"%PDF-<script>alert(1)</script>%%EOF",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused(name: str, pki: ServedPki) -> None:
    assert codes(HOSTILE[name])


def test_too_large_a_file_is_not_even_read(pki: ServedPki) -> None:
    assert codes(b"%PDF-1.7" + bytes(limited.MAX_BYTES)) == {"too_large"}


def test_too_many_pages_are_refused(files: Files) -> None:
    with pikepdf.new() as pdf:
        for _page in range(whole.MAX_PAGES + 1):
            pdf.add_blank_page()
        output = io.BytesIO()
        pdf.save(output)
    assert codes(output.getvalue()) == {"too_many_pages"}


def test_an_encrypted_file_is_refused(files: Files) -> None:
    with pikepdf.open(io.BytesIO(files.base)) as pdf:
        output = io.BytesIO()
        pdf.save(output, encryption=pikepdf.Encryption(owner="a", user="b"))
    assert codes(output.getvalue()) & {"encrypted", "unreadable"}


def test_a_signature_that_is_no_cms_is_refused(pki: ServedPki) -> None:
    with pikepdf.open(io.BytesIO(documents.build())) as pdf:
        pdf.Root.AcroForm.Fields[0].V = pdf.make_indirect(
            Dictionary(
                Type=Name.Sig,
                Filter=Name("/Adobe.PPKLite"),
                SubFilter=Name("/ETSI.CAdES.detached"),
                Contents=String(b"\x30\x03\x02\x01\x01"),
                ByteRange=Array([0, 10, 20, 10]),
            )
        )
        output = io.BytesIO()
        pdf.save(output)
    assert codes(output.getvalue())


async def test_validating_on_an_event_loop_is_a_mistake(files: Files) -> None:
    with pytest.raises(TypeError):
        validate(files.sealed)


def test_nothing_is_fetched(files: Files, pki: ServedPki) -> None:
    with pki.interrupted("/"):
        assert validate(files.sealed, expected=documents.FIELDS).valid


def verify(*arguments: str | Path) -> int:
    """Run the command and return how it exits."""
    with pytest.raises(SystemExit) as caught:
        call_command("verify", *map(str, arguments))
    return int(caught.value.code or 0)


@pytest.mark.django_db  # the command asks for the trusted lists
def test_the_command_exits_0_only_for_a_valid_file(
    files: Files, pki: ServedPki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad, other = tmp_path / "bon.pdf", tmp_path / "mauvais.pdf", tmp_path / "autre.pem"
    good.write_bytes(files.sealed)
    bad.write_bytes(files.two)
    other.write_bytes(self_signed())
    assert verify(good) == 0
    assert "VALIDE" in capsys.readouterr().out
    assert verify(good, "--root", pki.root) == 0
    assert verify(good, "--root", other) == 3
    capsys.readouterr()
    assert verify(bad) == 1
    assert "n’est pas scellé" in capsys.readouterr().out
    assert verify(good, "--json") == 0
    assert json.loads(capsys.readouterr().out)["valid"] is True
    assert verify(tmp_path / "absent.pdf") == 2
    assert "absent.pdf" in capsys.readouterr().err
    assert verify(good, "--root", tmp_path / "absente.pem") == 2
