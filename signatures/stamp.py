"""The visible stamp of a signature: a few lines of text in the field's box.

Drawn with our own embedded font (:mod:`signatures.lettering`): PDF/A wants every font embedded
with true widths (ISO 19005-3 § 6.2.11), and the default style of pyHanko uses a Courier that is not.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import PdfContent, ResourceType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import StaticStampStyle

from signatures.errors import clock, comes_twice, on_day, paris
from signatures.lettering import Font, Placed, load_font

LARGEST, SMALLEST, LEADING, MARGIN = 9.0, 4.0, 1.25, 5.0
SPECIMEN_INK = b"0.70 0.11 0.11 rg"
INK = b"0.10 0.12 0.20 rg"


def stamp_text(lines: list[str], moment: dt.datetime, *, specimen: bool) -> list[str]:
    """Return the lines of a stamp; ``lines`` say who signs and as what."""
    when = _("le %(day)s à %(time)s (%(clock)s de Paris)") % {
        "day": on_day(moment),
        "time": clock(moment),
        "clock": paris(moment) if comes_twice(moment) else _("heure"),
    }
    text = [_("Signé électroniquement par"), *lines, when]
    if specimen:
        text.append(_("SPÉCIMEN, signature sans valeur juridique"))
    return text


def stamp_style(lines: list[str], width: float, height: float, *, specimen: bool) -> StaticStampStyle:
    """Return the pyHanko style that draws ``lines`` in a box of this size (points).

    ``specimen`` prints the last line in red.
    """
    return StaticStampStyle(
        background=_Lines(lines, width, height, specimen=specimen),
        background_layout=SimpleBoxLayoutRule(
            x_align=AxisAlignment.ALIGN_MIN,
            y_align=AxisAlignment.ALIGN_MIN,
            margins=Margins.uniform(0),
        ),
        border_width=0,
    )


def fitted(font: Font, lines: list[str], width: float, height: float) -> tuple[float, list[str]]:
    """Return the largest size (points) at which the lines, wrapped, fit the box, and those lines."""
    size = LARGEST
    while True:
        shown = [part for line in lines for part in wrapped(font, line, width, size)]
        if size <= SMALLEST or len(shown) * size * LEADING <= height:
            return size, shown
        size = max(size - 0.25, SMALLEST)


def wrapped(font: Font, line: str, width: float, size: float) -> list[str]:
    """Cut a line between its words so that each part is at most ``width`` points wide.

    A word that is wider alone is cut where it must be, as the contract does.
    """
    parts = [""]
    for word in line.split(" "):
        longer = f"{parts[-1]} {word}".strip(" ")
        if font.width(longer) * size <= width * 1000:
            parts[-1] = longer
            continue
        pieces = list(_pieces(font, word, width, size))
        parts = [*parts, *pieces] if parts[-1] else [*parts[:-1], *pieces]
    return parts


def _pieces(font: Font, word: str, width: float, size: float) -> Iterator[str]:
    piece = ""
    for character in font.spelled(word):
        if piece and font.width(piece + character) * size > width * 1000:
            yield piece
            piece = ""
        piece += character
    yield piece


class _Lines(PdfContent):
    """Lines of text, wrapped, as large as the box allows, from its top left corner."""

    def __init__(self, lines: list[str], width: float, height: float, *, specimen: bool) -> None:
        super().__init__(box=BoxConstraints(width=width, height=height))
        self.lines, self.specimen = lines, specimen
        self.size = (width, height)

    def render(self) -> bytes:
        """Return the content stream, and leave the font in the resources."""
        font, (width, height) = load_font(), self.size
        room = (float(width) - 2 * MARGIN, float(height) - 2 * MARGIN)  # a PDF number may be a Decimal
        size, lines = fitted(font, self.lines, *room)
        used = {one.glyph: ord(c) for line in lines for c, one in _spelt(font, line)}
        self.set_resource(ResourceType.FONT, pdf_name("/CS"), _embed(self._ensure_writer, font, used))
        top = float(height) - MARGIN - size
        commands = [b"BT /CS %.2f Tf %.2f TL %.2f %.2f Td" % (size, size * LEADING, MARGIN, top), INK]
        last = len(lines) - len(wrapped(font, self.lines[-1], room[0], size))
        for index, line in enumerate(lines):
            if self.specimen and index == last:
                commands.append(SPECIMEN_INK)
            commands += [*_shown(font.placed(line), size), b"T*"]
        return b"\n".join([*commands, b"ET"])


def _spelt(font: Font, line: str) -> Iterator[tuple[str, Placed]]:
    return zip(font.spelled(line), font.placed(line), strict=True)


def _shown(line: list[Placed], size: float) -> Iterator[bytes]:
    """Yield the operators that show a line (ISO 32000-1 § 9.4.3): most often one string."""
    if not any(one.back for one in line):
        yield b"<%s> Tj" % b"".join(b"%04x" % one.glyph for one in line)
        return
    for one in line:
        if one.rise:
            yield b"%.2f Ts" % (one.rise * size / 1000)
        yield b"[%d <%04x> %d] TJ" % (one.back, one.glyph, -one.back)
        if one.rise:
            yield b"0 Ts"


def _embed(writer: BasePdfFileWriter, font: Font, used: dict[int, int]) -> generic.IndirectObject:
    """Write the glyphs that a stamp uses, once, as a Type 0 font with a CIDFontType2 (ISO 32000-1 § 9.7).

    ``used`` says which character each glyph shows.
    """
    add = writer.add_object
    name = pdf_name(f"/{font.name(used)}")
    data = font.program(used)
    program = generic.StreamObject({pdf_name("/Length1"): generic.NumberObject(len(data))}, stream_data=data)
    program.compress()
    descriptor = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/FontDescriptor"),
            pdf_name("/FontName"): name,
            pdf_name("/Flags"): generic.NumberObject(4),
            pdf_name("/FontBBox"): _numbers(font.box),
            pdf_name("/ItalicAngle"): generic.NumberObject(0),
            pdf_name("/Ascent"): generic.NumberObject(font.ascent),
            pdf_name("/Descent"): generic.NumberObject(font.descent),
            pdf_name("/CapHeight"): generic.NumberObject(660),
            pdf_name("/StemV"): generic.NumberObject(84),
            pdf_name("/FontFile2"): add(program),
        }
    )
    system = {
        pdf_name("/Registry"): generic.pdf_string("Adobe"),
        pdf_name("/Ordering"): generic.pdf_string("Identity"),
        pdf_name("/Supplement"): generic.NumberObject(0),
    }
    descendant = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Font"),
            pdf_name("/Subtype"): pdf_name("/CIDFontType2"),
            pdf_name("/BaseFont"): name,
            pdf_name("/CIDSystemInfo"): generic.DictionaryObject(system),
            pdf_name("/FontDescriptor"): add(descriptor),
            pdf_name("/CIDToGIDMap"): pdf_name("/Identity"),
            pdf_name("/DW"): generic.NumberObject(1000),
            pdf_name("/W"): _widths(font, used),
        }
    )
    to_unicode = generic.StreamObject(stream_data=_to_unicode(used))
    to_unicode.compress()
    found: generic.IndirectObject = add(
        generic.DictionaryObject(
            {
                pdf_name("/Type"): pdf_name("/Font"),
                pdf_name("/Subtype"): pdf_name("/Type0"),
                pdf_name("/BaseFont"): name,
                pdf_name("/Encoding"): pdf_name("/Identity-H"),
                pdf_name("/DescendantFonts"): generic.ArrayObject([add(descendant)]),
                pdf_name("/ToUnicode"): add(to_unicode),
            }
        )
    )
    return found


def _numbers(values: Iterable[int]) -> generic.ArrayObject:
    return generic.ArrayObject(generic.NumberObject(value) for value in values)


def _widths(font: Font, used: Iterable[int]) -> generic.ArrayObject:
    """Return the true width of each glyph that is shown (ISO 32000-1 § 9.7.4.3)."""
    widths = generic.ArrayObject()
    for glyph in sorted({0, *used}):
        widths += [generic.NumberObject(glyph), _numbers([font.widths[glyph]])]
    return widths


def _to_unicode(used: dict[int, int]) -> bytes:
    """Return the CMap that lets a reader copy and read aloud the text (ISO 32000-1 § 9.10.3)."""
    pairs = sorted(used.items())
    lines = [
        "/CIDInit /ProcSet findresource begin 12 dict begin begincmap",
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def",
        "/CMapName /Adobe-Identity-UCS def /CMapType 2 def",
        "1 begincodespacerange <0000> <FFFF> endcodespacerange",
    ]
    for start in range(0, len(pairs), 100):
        chunk = pairs[start : start + 100]
        lines.append(f"{len(chunk)} beginbfchar")
        lines += [f"<{glyph:04X}> <{code:04X}>" for glyph, code in chunk]
        lines.append("endbfchar")
    lines.append("endcmap CMapName currentdict /CMap defineresource pop end end")
    return "\n".join(lines).encode()
