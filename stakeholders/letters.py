"""Which characters exist on paper, and how those that do not are written by those that do.

What people type comes from word processors, spreadsheets and other sites: ligatures, bullets of
private fonts, ends of lines of another age, control characters of another code page. One table
puts right whatever has one plain meaning; what no font of ours has is for its author to replace.
"""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from pathlib import Path

COVERAGE = Path(__file__).with_name("coverage.json")  # written by contracts/fonts/build_fonts.py
DIRECTION = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u061c")
# Ends of lines that no key gives: vertical tab (a forced line in Word), form feed, next line, separators.
RARE_BREAKS = "\x0b\x0c\x85\u2028\u2029"
_NOTHING = "\u00ad\ufeff\ufe0e\ufe0f"  # soft hyphens, byte order marks, how a sign is coloured
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"}
# The fonts Symbol and Wingdings as Word keeps them, from U+F020 on; only what one cannot mistake.
_PRIVATE = {
    **dict.fromkeys("\uf0b7\uf0a7\uf0d8\uf076\uf06c\uf06e\uf0a2\uf075\uf0d2\uf0c4", "•"),
    **dict.fromkeys("\uf0e0\uf0e8\uf0ae", "→"),
    "\uf0de": "⇒",
    "\uf0b3": "≥",
    "\uf0a3": "≤",
    "\uf0b1": "±",
    "\uf0b0": "°",
    "\uf0b4": "×",
    "\uf02d": "–",
    "\uf020": " ",
}
_BULLETS = dict.fromkeys("▪▫◦❖➢➤►▸⁃✦✧◆◇❑❒", "•") | dict.fromkeys("➔➜➞➝➡", "→")
# Control characters that are letters of Windows-1252, read as Latin-1 by some program on the way.
_WINDOWS = {
    chr(code): bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x85, 0x8D, 0x8F, 0x90, 0x9D}
}
TABLE = str.maketrans({**dict.fromkeys(_NOTHING, ""), **_LIGATURES, **_PRIVATE, **_BULLETS, **_WINDOWS})
_PUT_RIGHT = frozenset(map(chr, TABLE))


@cache
def coverage() -> frozenset[int]:
    """Return the code points that can be printed (coverage.json)."""
    ranges = json.loads(COVERAGE.read_text(encoding="utf-8"))
    return frozenset(point for first, last in ranges for point in range(first, last + 1))


def can_print(character: str) -> bool:
    """Tell whether one character, in composed form, is in the fonts of the contract."""
    return ord(character) in coverage() and character not in DIRECTION


def unprintable(text: str) -> set[str]:
    """Return the characters of a text that no font of the contract has; ends of lines and tabs aside."""
    folded = unicodedata.normalize("NFC", text)
    return {c for c in set(folded) if c not in "\n\r\t" and not can_print(c)}


def plain(text: str) -> str:
    """Write a text in composed form (NFC), with the characters that can be printed where they mean the same.

    What is known is in TABLE; what else has no glyph takes its compatible form (NFKC), if that one has.
    """
    # by the signs that there are, few in the longest text: all that is kept and printed passes here
    put_right = text if _PUT_RIGHT.isdisjoint(text) else text.translate(TABLE)
    composed = unicodedata.normalize("NFC", put_right)
    others: dict[str, str | int | None] = {
        c: form for c in set(composed) if not can_print(c) and (form := _compatible(c)) != c
    }
    return unicodedata.normalize("NFC", composed.translate(str.maketrans(others))) if others else composed


@cache
def _compatible(character: str) -> str:
    form = unicodedata.normalize("NFKC", character)
    return form if form.strip() and all(can_print(c) for c in form) else character
