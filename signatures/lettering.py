"""The letters of a stamp: the contract's own sans-serif, read and cut down to what a stamp says.

A PDF wants a font embedded with its true widths (ISO 19005-3 § 6.2.11); all of ours would add
sixty kilobytes a signature, so the outlines that a stamp does not show are left out, and every
glyph keeps its number. What the font lacks is named by its code point, as in the contract.
"""

from __future__ import annotations

import functools
import hashlib
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

FONT_FILE = Path(__file__).parent / "fonts" / "ContreseingSans-Regular.ttf"
SMALL_LETTER = 486  # the height over which accents are drawn, in thousandths of an em
BETWEEN_MARKS = 40
# What a reader of PDF asks of a TrueType program that maps no character itself (ISO 32000-1 § 9.9).
EMBEDDED = (b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp")
_MORE, _WORDS, _SCALES = 0x20, 0x01, ((0x08, 2), (0x40, 4), (0x80, 8))  # of the parts of a glyph


@dataclass(frozen=True)
class Placed:
    """One glyph of a line: moved back over the letter it marks, and up by ``rise`` (thousandths of an em)."""

    glyph: int
    back: int = 0
    rise: int = 0


@dataclass(frozen=True)
class Font:
    """What a PDF must know of a TrueType font (OpenType 1.9 tables head, hhea, hmtx, cmap, loca, glyf)."""

    tables: dict[bytes, bytes]
    glyphs: dict[int, int]
    widths: tuple[int, ...]
    places: tuple[int, ...]  # of each glyph's outline in the table glyf, and the end
    box: tuple[int, int, int, int]
    ascent: int
    descent: int

    def spelled(self, text: str) -> str:
        """Write a text with letters that the font has: composed, or compatible, or named « [U+1F600] »."""
        return "".join(
            c if ord(c) in self.glyphs else self._otherwise(c) for c in unicodedata.normalize("NFC", text)
        )

    def _otherwise(self, character: str) -> str:
        if unicodedata.category(character) == "Zs":
            return " "
        compatible = unicodedata.normalize("NFKC", character)
        if compatible.strip() and all(ord(c) in self.glyphs for c in compatible):
            return compatible
        return f"[U+{ord(character):04X}]"

    def width(self, text: str) -> int:
        """Return the width of ``text`` in thousandths of an em."""
        return sum(self.widths[self.glyphs[ord(c)]] for c in self.spelled(text))

    def placed(self, text: str) -> list[Placed]:
        """Return the glyphs of ``text``; an accent that is no part of its letter stands over its middle."""
        line: list[Placed] = []
        base = top = 0
        for character in self.spelled(text):
            glyph = self.glyphs[ord(character)]
            if unicodedata.combining(character) == 0:
                line.append(Placed(glyph))
                base, top = self.widths[glyph], max(SMALL_LETTER, self.heights(glyph)[1])
                continue
            low, high = self.heights(glyph)
            rise = top - SMALL_LETTER if low > 0 else 0
            line.append(Placed(glyph, base // 2, rise))
            top += high - low + BETWEEN_MARKS if low > 0 else 0
        return line

    def heights(self, glyph: int) -> tuple[int, int]:
        """Return the lowest and the highest point of a glyph's outline; zeros where it has none."""
        outline = self._outline(glyph)
        return struct.unpack_from(">4xh2xh", outline) if outline else (0, 0)

    def _outline(self, glyph: int) -> bytes:
        return self.tables[b"glyf"][self.places[glyph] : self.places[glyph + 1]]

    def _parts(self, glyph: int) -> Iterator[int]:
        """Yield the glyphs that this one is made of (table glyf, composite glyphs)."""
        outline = self._outline(glyph)
        if not outline or struct.unpack_from(">h", outline)[0] >= 0:
            return
        place, flags = 10, _MORE
        while flags & _MORE:
            flags, part = struct.unpack_from(">HH", outline, place)
            yield part
            scale = next((size for flag, size in _SCALES if flags & flag), 0)
            place += 4 + (4 if flags & _WORDS else 2) + scale

    def program(self, used: Iterable[int]) -> bytes:
        """Return the font file to embed: every glyph's number and width, the outlines of the used ones."""
        kept, asked = set(), {0, *used}
        while asked:
            glyph = asked.pop()
            kept.add(glyph)
            asked |= set(self._parts(glyph)) - kept
        outlines = bytearray()
        places: list[int] = []
        for glyph in sorted(kept):  # those between two have none: they begin where the next one does
            places += [len(outlines)] * (glyph + 1 - len(places))
            outline = self._outline(glyph)
            outlines += outline + bytes(-len(outline) % 4)
        places += [len(outlines)] * (len(self.places) - len(places))
        head = bytearray(self.tables[b"head"])
        struct.pack_into(">L", head, 8, 0)  # the checksum of the whole, set below
        struct.pack_into(">h", head, 50, 1)  # long places
        return _file(
            self.tables
            | {
                b"head": bytes(head),
                b"glyf": bytes(outlines),
                b"loca": struct.pack(f">{len(places)}L", *places),
            }
        )

    def name(self, used: Iterable[int]) -> str:
        """Return the font's name with the tag of a part of it (ISO 32000-1 § 9.6.4)."""
        digest = hashlib.sha256(repr(sorted(set(used))).encode()).digest()
        tag = "".join(chr(ord("A") + octet % 26) for octet in digest[:6])
        return f"{tag}+{FONT_FILE.stem}"


@functools.cache
def load_font() -> Font:
    """Read the font shipped with this room; raises ValueError if it is not 1,000 units an em."""
    data = FONT_FILE.read_bytes()
    tables: dict[bytes, bytes] = {}
    for index in range(struct.unpack_from(">H", data, 4)[0]):
        tag, _checksum, offset, length = struct.unpack_from(">4sLLL", data, 12 + 16 * index)
        tables[tag] = data[offset : offset + length]
    units, *box = struct.unpack_from(">18xH16x4h", tables[b"head"])
    if units != 1000:
        raise ValueError(f"{FONT_FILE.name}: {units} units an em instead of 1000")
    ascent, descent = struct.unpack_from(">4x2h", tables[b"hhea"])
    (metrics,) = struct.unpack_from(">34xH", tables[b"hhea"])
    (count,) = struct.unpack_from(">4xH", tables[b"maxp"])
    widths = [
        struct.unpack_from(">H", tables[b"hmtx"], 4 * min(glyph, metrics - 1))[0] for glyph in range(count)
    ]
    glyphs = _read_cmap(tables[b"cmap"])
    kept = {tag: tables[tag] for tag in EMBEDDED}
    x_min, y_min, x_max, y_max = box
    return Font(
        kept, glyphs, tuple(widths), _places(tables, count), (x_min, y_min, x_max, y_max), ascent, descent
    )


def _places(tables: dict[bytes, bytes], count: int) -> tuple[int, ...]:
    if struct.unpack_from(">50xh", tables[b"head"])[0]:
        return struct.unpack_from(f">{count + 1}L", tables[b"loca"])
    return tuple(2 * place for place in struct.unpack_from(f">{count + 1}H", tables[b"loca"]))


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
                place = arrays[3] + 2 * segment + skip + 2 * (code - start)
                glyph = struct.unpack_from(">H", table, place)[0]
            if glyph := (glyph + delta) & 0xFFFF:
                glyphs[code] = glyph
    return glyphs


def _file(tables: dict[bytes, bytes]) -> bytes:
    """Put tables in a font file (OpenType 1.9, § Organization of an OpenType Font)."""
    power = len(tables).bit_length() - 1
    start = struct.pack(
        ">LHHHH", 0x00010000, len(tables), 16 << power, power, 16 * (len(tables) - (1 << power))
    )
    directory, body = b"", b""
    place = len(start) + 16 * len(tables)
    for tag, table in sorted(tables.items()):
        directory += struct.pack(">4sLLL", tag, _checksum(table), place + len(body), len(table))
        if tag == b"head":
            whole = place + len(body) + 8
        body += table + bytes(-len(table) % 4)
    font = bytearray(start + directory + body)
    struct.pack_into(">L", font, whole, (0xB1B0AFBA - _checksum(font)) & 0xFFFFFFFF)
    return bytes(font)


def _checksum(data: bytes | bytearray) -> int:
    padded = bytes(data) + bytes(-len(data) % 4)
    words: tuple[int, ...] = struct.unpack(f">{len(padded) // 4}L", padded)
    return sum(words) & 0xFFFFFFFF
