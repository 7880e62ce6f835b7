"""The visible stamp of a signature: a few lines of text in the field's box.

Drawn with our own embedded font, whose units are 1,000 an em: PDF/A wants every font
embedded with true widths (ISO 19005-3 § 6.2.11), and the default style of pyHanko uses a
Courier that is not.
"""

from __future__ import annotations

import datetime as dt
import functools
import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.content import PdfContent, ResourceType
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.layout import AxisAlignment, BoxConstraints, Margins, SimpleBoxLayoutRule
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.stamp import StaticStampStyle

from signatures.errors import clock, comes_twice, on_day, paris

FONT_FILE = Path(__file__).parent / "fonts" / "ContreseingSans-Regular.ttf"
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


@dataclass(frozen=True)
class Font:
    """What a PDF must know of a TrueType font (OpenType 1.9 tables head, hhea, hmtx, cmap)."""

    data: bytes
    glyphs: dict[int, int]
    widths: tuple[int, ...]
    box: tuple[int, int, int, int]
    ascent: int
    descent: int

    def encode(self, text: str) -> list[int]:
        """Return the glyphs of ``text``; a letter that the font lacks loses its accents, or becomes « ? »."""
        encoded: list[int] = []
        for character in text:
            spaced = " " if unicodedata.category(character) == "Zs" else character
            plain = unicodedata.normalize("NFKD", spaced)[:1]
            glyph = self.glyphs.get(ord(spaced)) or self.glyphs.get(ord(plain)) or self.glyphs[ord("?")]
            encoded.append(glyph)
        return encoded

    def width(self, text: str) -> int:
        """Return the width of ``text`` in thousandths of an em."""
        return sum(self.widths[glyph] for glyph in self.encode(text))


@functools.cache
def load_font() -> Font:
    """Read the font shipped with this room; raises ValueError if it is not 1,000 units an em."""
    data = FONT_FILE.read_bytes()
    tables: dict[bytes, bytes] = {}
    for index in range(struct.unpack_from(">H", data, 4)[0]):
        tag, _checksum, offset, length = struct.unpack_from(">4sLLL", data, 12 + 16 * index)
        tables[tag] = data[offset : offset + length]
    units, x_min, y_min, x_max, y_max = struct.unpack_from(">18xH16x4h", tables[b"head"])
    if units != 1000:
        raise ValueError(f"{FONT_FILE.name}: {units} units an em instead of 1000")
    ascent, descent = struct.unpack_from(">4x2h", tables[b"hhea"])
    (metrics,) = struct.unpack_from(">34xH", tables[b"hhea"])
    (count,) = struct.unpack_from(">4xH", tables[b"maxp"])
    widths = [
        struct.unpack_from(">H", tables[b"hmtx"], 4 * min(glyph, metrics - 1))[0] for glyph in range(count)
    ]
    return Font(
        data, _read_cmap(tables[b"cmap"]), tuple(widths), (x_min, y_min, x_max, y_max), ascent, descent
    )


def _read_cmap(table: bytes) -> dict[int, int]:
    """Return code point → glyph from the Windows Unicode subtable (3, 1), format 4."""
    for index in range(struct.unpack_from(">H", table, 2)[0]):
        platform, encoding, offset = struct.unpack_from(">HHL", table, 4 + 8 * index)
        if (platform, encoding) == (3, 1):
            break
    else:
        raise ValueError(f"{FONT_FILE.name}: no Unicode character map")
    segments = struct.unpack_from(">6xH", table, offset)[0] // 2
    arrays = [offset + 14 + part * 2 * segments + (2 if part else 0) for part in range(4)]
    glyphs: dict[int, int] = {}
    for segment in range(segments):
        end, start, delta, skip = (
            struct.unpack_from(">H", table, array + 2 * segment)[0] for array in arrays
        )
        for code in range(start, min(end, 0xFFFE) + 1):
            glyph = code
            if skip:
                glyph = struct.unpack_from(">H", table, arrays[3] + 2 * segment + skip + 2 * (code - start))[
                    0
                ]
            if glyph := (glyph + delta) & 0xFFFF:
                glyphs[code] = glyph
    return glyphs


def fitted(font: Font, lines: list[str], width: float, height: float) -> tuple[float, list[str]]:
    """Return the largest size (points) at which the lines, wrapped, fit the box, and those lines."""
    size = LARGEST
    while True:
        shown = [part for line in lines for part in wrapped(font, line, width, size)]
        if size <= SMALLEST or len(shown) * size * LEADING <= height:
            return size, shown
        size = max(size - 0.25, SMALLEST)


def wrapped(font: Font, line: str, width: float, size: float) -> list[str]:
    """Cut a line between its words so that each part is at most ``width`` points wide."""
    parts = [""]
    for word in line.split(" "):
        longer = f"{parts[-1]} {word}".strip(" ")
        if font.width(longer) * size <= width * 1000 or not parts[-1]:
            parts[-1] = longer
        else:
            parts.append(word)
    return parts


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
        self.set_resource(ResourceType.FONT, pdf_name("/CS"), _embed(self._ensure_writer, font))
        top = float(height) - MARGIN - size
        commands = [b"BT /CS %.2f Tf %.2f TL %.2f %.2f Td" % (size, size * LEADING, MARGIN, top), INK]
        last = len(lines) - len(wrapped(font, self.lines[-1], room[0], size))
        for index, line in enumerate(lines):
            if self.specimen and index == last:
                commands.append(SPECIMEN_INK)
            shown = b"".join(b"%04x" % glyph for glyph in font.encode(line))
            commands.append(b"<%s> Tj T*" % shown)
        return b"\n".join([*commands, b"ET"])


def _embed(writer: BasePdfFileWriter, font: Font) -> generic.IndirectObject:
    """Write the font once as a Type 0 font with a CIDFontType2 (ISO 32000-1 § 9.7)."""
    add = writer.add_object
    name = pdf_name("/ContreseingSans-Regular")
    program = generic.StreamObject(
        {pdf_name("/Length1"): generic.NumberObject(len(font.data))}, stream_data=font.data
    )
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
            pdf_name("/W"): generic.ArrayObject([generic.NumberObject(0), _numbers(font.widths)]),
        }
    )
    to_unicode = generic.StreamObject(stream_data=_to_unicode(font))
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


def _to_unicode(font: Font) -> bytes:
    """Return the CMap that lets a reader copy and read aloud the text (ISO 32000-1 § 9.10.3)."""
    pairs = sorted({glyph: code for code, glyph in sorted(font.glyphs.items(), reverse=True)}.items())
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
