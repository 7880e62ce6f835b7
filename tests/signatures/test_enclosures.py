"""What may go with a contract: a plain PDF as it is, a picture as a PDF; all else is refused by its name."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, Pdf, String
from PIL import Image

from signatures.enclosures import Prepared, prepared
from signatures.limited import MAX_MEMORY, last_usage
from signatures.uploads import Refused
from tests.signatures import documents
from tests.signatures.test_uploads import SCRIPT, attach, changed, link, open_with


def refusal(data: bytes, name: str = "annexe.pdf") -> str:
    with pytest.raises(Refused) as refused:
        prepared(data, name)
    return str(refused.value).replace("\u00a0", " ")


def plain(pages: int = 2) -> bytes:
    with pikepdf.new() as pdf:
        for _page in range(pages):
            pdf.add_blank_page()
        output = io.BytesIO()
        pdf.save(output, deterministic_id=True)
    return output.getvalue()


def picture(size: tuple[int, int], form: str, mode: str = "RGB", **options: Any) -> bytes:
    """Return a picture whose left half is red."""
    image = Image.new(mode, size)
    image.paste(Image.new(mode, (size[0] // 2, size[1]), "red" if mode != "L" else 128), (0, 0))
    output = io.BytesIO()
    image.save(output, form, **options)
    return output.getvalue()


def test_a_plain_pdf_keeps_its_bytes_and_is_counted() -> None:
    data = plain(3)
    assert prepared(data, "plan.exe") == Prepared(data, 3), "a name decides nothing of what is read"
    signed = documents.build()
    assert prepared(signed).pdf == signed, "places for signatures are no form to fill in"


def field(**facts: Any) -> bytes:
    def change(pdf: Pdf) -> None:
        one = pdf.make_indirect(Dictionary(FT=Name.Tx, T=String("a"), **facts))
        pdf.Root.AcroForm = Dictionary(Fields=Array([one]))

    return changed(change)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (changed(lambda pdf: None, encryption=pikepdf.Encryption(owner="a", user="")), "sans mot de passe"),
        (changed(open_with(SCRIPT)), "script"),
        (changed(link(Dictionary(S=Name.Launch, F=String("calc.exe")))), "lance un programme"),
        (changed(attach), "fichier joint"),
        (field(), "formulaire à remplir"),
        (field(Kids=Array([Dictionary(T=String("b"))])), "formulaire à remplir"),
        (plain(10_000), "trop long"),
        (plain()[:-200], "malformé"),
        (b"", "vide"),
    ],
    ids=["encrypted", "script", "launch", "attached", "form", "kids", "10,000 pages", "truncated", "empty"],
)
def test_what_cannot_be_kept_is_refused_with_what_to_do(data: bytes, word: str) -> None:
    assert word in refusal(data)


ZIP = b"PK\x03\x04" + b"\x00" * 40


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("plan.docx", ZIP, "enregistrez-le ou exportez-le au format PDF"),
        ("plan.ODT", ZIP, "(.odt)"),
        ("budget.xlsx", ZIP, "exportez-le au format PDF"),
        ("photo.heic", b"\x00\x00\x00\x18ftypheic", "JPEG, PNG ou PDF"),
        ("facture.pdf", b"MZ\x90\x00" + bytes(100), "programme"),
        ("sans-nom", ZIP, "archive"),
        ("page.pdf", b"<html>", "ni un PDF"),
    ],
)
def test_another_kind_of_file_is_refused_by_its_name(name: str, data: bytes, word: str) -> None:
    assert word in refusal(data, name)


@pytest.mark.parametrize(("form", "mode"), [("JPEG", "RGB"), ("JPEG", "CMYK"), ("PNG", "RGBA"), ("PNG", "L")])
def test_a_picture_becomes_a_pdf_of_one_page_on_a4(form: str, mode: str) -> None:
    found = prepared(picture((3000, 1500), form, mode), "carte")
    assert (found.pages, found.converted_from) == (1, form)
    with pikepdf.open(io.BytesIO(found.pdf)) as pdf:
        (page,) = pdf.pages
        width, height = (float(value) for value in page.mediabox[2:])
        assert width > height and width <= 843 and height <= 596
    assert prepared(found.pdf).pages == 1, "and is itself one that is taken"


def test_a_photograph_is_turned_upright_and_says_nothing_of_where_it_was_taken() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    exif[0x010F] = "TELEPHONE-DE-PAUL"
    exif[0x8825] = {1: "N", 2: (48.0, 51.0, 24.0)}
    data = picture((1200, 600), "JPEG", exif=exif)
    assert b"TELEPHONE-DE-PAUL" in data
    found = prepared(data, "IMG_1.JPG")
    assert b"TELEPHONE" not in found.pdf and b"Exif" not in found.pdf
    with pikepdf.open(io.BytesIO(found.pdf)) as pdf:
        width, height = (float(value) for value in pdf.pages[0].mediabox[2:])
    assert height > width


def png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def test_a_picture_that_would_fill_the_memory_is_refused_at_its_size() -> None:
    bomb = png(40_000, 40_000, zlib.compress(bytes(40_000_000), 9))
    assert len(bomb) < 50_000
    assert "trop de points (40000 × 40000)" in refusal(bomb, "plan.png")
    usage = last_usage()
    assert usage is not None and usage.peak_bytes < MAX_MEMORY / 2


@pytest.mark.parametrize(
    "data",
    [picture((800, 800), "JPEG")[:1500], png(500, 500, b"not deflated"), b"\xff\xd8\xff" + bytes(50)],
    ids=["cut", "damaged", "header alone"],
)
def test_a_broken_picture_is_refused(data: bytes) -> None:
    assert "endommagée" in refusal(data, "plan.jpg")


def test_a_large_photograph_is_taken_smaller() -> None:
    noise = Image.effect_noise((4096, 3072), 90).convert("RGB").resize((9000, 6750))
    output = io.BytesIO()
    noise.save(output, "JPEG", quality=60)
    found = prepared(output.getvalue(), "drone.jpg")
    assert len(found.pdf) <= 4_000_000
