"""A stamp says the names that the contract says, letter for letter, and stays in its box."""

from __future__ import annotations

import datetime as dt
import io
import re
import subprocess
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import BoxConstraints

from contracts.printed.typography import FONTS
from signatures import lettering, stamp
from stakeholders.letters import coverage
from tests.signatures import documents

WIDTH, HEIGHT, LEFT, BOTTOM = 212, 85, 60, 400
MOMENT = dt.datetime(2027, 2, 12, 9, 30, tzinfo=dt.UTC)


def stamped(*lines: str) -> bytes:
    """Return a page that bears the stamp alone, as a signature draws it."""
    with pikepdf.open(io.BytesIO(documents.build([], pages=1))) as pdf:
        pdf.pages[0].Contents = pdf.make_stream(b"")
        blank = io.BytesIO()
        pdf.save(blank)
    writer = IncrementalPdfFileWriter(blank)
    style = stamp.stamp_style(
        stamp.stamp_text(list(lines), MOMENT, specimen=True), WIDTH, HEIGHT, specimen=True
    )
    style.create_stamp(writer, BoxConstraints(width=WIDTH, height=HEIGHT), {}).apply(0, LEFT, BOTTOM)
    output = io.BytesIO()
    writer.write(output)
    return output.getvalue()


def read(pdf: bytes, *options: str) -> str:
    run = subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True)
    return run.stdout.decode()


def words(pdf: bytes) -> dict[str, tuple[float, float, float, float]]:
    """Return the place of each word: left, top, right, bottom (points from the top left corner)."""
    found = re.findall(
        r'<word xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)">(.*?)</word>', read(pdf, "-bbox")
    )
    return {word: (float(a), float(b), float(c), float(d)) for a, b, c, d, word in found}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Mme E\u0301lodie Lefe\u0300vre", "Mme Élodie Lefèvre"),
        ("M. Łukasz Ščerbić", "M. Łukasz Ščerbić"),
        ("Mme Nguyễn Thị Hà", "Mme Nguyễn Thị Hà"),
        ("M. Αλέξης Иванов", "M. Αλέξης Иванов"),
        ("M. Oﬃcier", "M. Officier"),
        ("Mme 😀", "Mme [U+1F600]"),
        ("M. علي", "M. [U+0639][U+0644][U+064A]"),
        ("Qualité → délégué", "Qualité [U+2192] délégué"),
    ],
)
def test_a_name_is_stamped_as_the_contract_prints_it(typed: str, shown: str) -> None:
    said = read(stamped(typed, "Préfète de l’Orme"))
    assert shown in said
    assert "?" not in said


def test_an_accent_that_is_no_part_of_its_letter_stands_over_it(tmp_path: Path) -> None:
    """« x́ » has no composed form: seen on the page, ink over the letter, none beside it."""
    font = lettering.load_font()
    small, mark = font.placed("x\u0301")
    capital, high = font.placed("X\u0301")
    assert mark.back == font.widths[small.glyph] // 2
    assert font.width("x\u0301") == font.width("x"), "the mark takes no room"
    assert high.rise > mark.rise == 0
    assert font.heights(high.glyph)[0] + high.rise > font.heights(capital.glyph)[1] - 20
    plain, marked = (ink(stamped(text), tmp_path) for text in ("xxxx", "x\u0301x\u0301x\u0301x\u0301"))
    assert marked[1] == plain[1], "as wide"
    assert marked[0] > plain[0], "more ink"


def ink(pdf: bytes, folder: Path) -> tuple[int, int]:
    """Return how many dots of the second line of the stamp are dark, and the last column that has any."""
    (folder / "stamp.pdf").write_bytes(pdf)
    line = ["-x", "260", "-y", "1545", "-W", "600", "-H", "60"]
    run = ["pdftoppm", "-r", "300", "-gray", *line, str(folder / "stamp.pdf")]
    data = subprocess.run(run, capture_output=True, check=True).stdout
    head = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", data)
    assert head
    width, dots = int(head[1]), data[head.end() :]
    dark = [place % width for place, grey in enumerate(dots) if grey < 128]
    return len(dark), max(dark, default=0)


def test_only_what_is_shown_is_embedded_with_its_true_widths() -> None:
    pdf = stamped("Mme Hélène Vasseur-Mondière", "Préfète de l’Orme", "Préfecture de l’Orme")
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fonts = [o for o in document.objects if isinstance(o, pikepdf.Dictionary) and "/CIDToGIDMap" in o]
        (font,) = fonts
        program = TTFont(io.BytesIO(font.FontDescriptor.FontFile2.read_bytes()), checkChecksums=2)
        assert re.fullmatch(r"/[A-Z]{6}\+ContreseingSans-Regular", str(font.BaseFont))
        assert str(font.BaseFont) == str(font.FontDescriptor.FontName)
        names, widths = program.getGlyphOrder(), list(font.W)
        for glyph, (width,) in zip(widths[::2], widths[1::2], strict=True):
            assert program["hmtx"][names[int(glyph)]][0] == int(width)
        drawn = [name for name in names if program["glyf"][name].numberOfContours]
        assert 25 < len(drawn) < 70
    assert len(pdf) < 15_000


def test_the_longest_stamp_stays_in_its_box() -> None:
    pdf = stamped("W" * 140, "Pour la préfète de l’Orme et par délégation, " + "m" * 200, "arrêté " * 60)
    for word, (left, top, right, bottom) in words(pdf).items():
        assert left >= LEFT and right <= LEFT + WIDTH, word
        assert top >= 842 - BOTTOM - HEIGHT and bottom <= 842 - BOTTOM + 2, word


def test_the_stamp_s_letters_are_the_contract_s() -> None:
    """What may be typed is printed alike in both, but for the signs that the typesetter alone lends."""
    own, contract = TTFont(lettering.FONT_FILE).getBestCmap(), TTFont(FONTS / lettering.FONT_FILE.name)
    assert set(own) == set(contract.getBestCmap()) == set(lettering.load_font().glyphs)
    assert {code for code in coverage() if code < 0x2000} <= set(own)
