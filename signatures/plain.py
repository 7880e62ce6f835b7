"""Text from a file, made harmless to read: in a terminal, a log, a page or the database."""

from __future__ import annotations

import unicodedata

# controls, formats (direction overrides, zero widths, tags), surrogates, private, unassigned,
# and the two line separators: all that acts on what shows it, or cannot be shown
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_STACKED = 4  # marks piled on one letter, at most


def visible(text: object, limit: int = 500) -> str:
    """Return ``text`` on one line, each character that is not plainly printed written as its code.

    ``\\x1b``, ``\\u202e``… are shown, not obeyed; longer than ``limit`` it ends by « … ».
    """
    shown, marks = [], 0
    for character in str(text)[: limit + 1]:
        kind = unicodedata.category(character)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        shown.append(_code(character) if kind in _UNSEEN or marks > _STACKED else character)
        if len(shown) > limit:
            return "".join(shown[:limit]) + "…"
    return "".join(shown)


def _code(character: str) -> str:
    number = ord(character)
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
