"""What a site sends is made harmless before it is shown: a terminal obeys some characters."""

from __future__ import annotations

import unicodedata

NOT_SHOWN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def harmless(text: object, limit: int = 300) -> str:
    """Return ``text`` on one line, without a character that steers a terminal or turns the reading round.

    Longer than ``limit`` characters, it ends with « … ». What is no text is shown as nothing.
    """
    if not isinstance(text, str):
        return ""
    spaced = "".join(" " if character.isspace() else character for character in text)
    kept = "".join(character for character in spaced if unicodedata.category(character) not in NOT_SHOWN)
    line = " ".join(kept.split(" ")).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def grouped(digest: str) -> str:
    """Return a hexadecimal digest by eight characters, so that two of them can be compared."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))
