"""French typography of what a contract holds: dates, numbers, amounts, free text.

Free text stays what its author wrote, character for character, but for what would not
print: a character that no font of ours has (or that hides others, such as a change of
writing direction) is printed by its code point, « [U+1F600] », so that the paper never
silently says less than the data.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from pathlib import Path

from stakeholders.letters import unprintable
from stakeholders.wording import day, figures

FONTS = Path(__file__).resolve().parent.parent / "fonts"
NO_BREAK_SPACE = "\u00a0"
NARROW_NO_BREAK_SPACE = "\u202f"
ZERO_WIDTH_SPACE = "\u200b"
LONGEST_WORD = 26  # characters; a longer run of them may break anywhere, lest it leave the page
_LONG_RUN = re.compile(rf"[^\s{ZERO_WIDTH_SPACE}]{{{LONGEST_WORD},}}")
_SPACE_BEFORE = re.compile(" (?=[:;!?»%€])")
_SPACE_AFTER = re.compile("(?<=«) ")


def printable(text: str) -> str:
    """Prepare one line of free text for the page.

    Composes accents, names what has no glyph, keeps the punctuation that French precedes
    with a space on the line of its word, and lets endless words break.
    """
    text = unicodedata.normalize("NFC", text).replace("\t", " ")
    for character in unprintable(text):
        text = text.replace(character, f"[U+{ord(character):04X}]")
    text = _SPACE_AFTER.sub(NO_BREAK_SPACE, _SPACE_BEFORE.sub(NO_BREAK_SPACE, text))
    return _LONG_RUN.sub(lambda run: _with_breaks(run.group()), text)


def paragraphs(text: str) -> list[list[str]]:
    """Split free text on blank lines into paragraphs, and each paragraph into its lines."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    blocks = re.split(r"\n[ \t]*\n", text)
    lines = [[printable(line.strip()) for line in block.split("\n") if line.strip()] for block in blocks]
    return [block for block in lines if block]


def date(iso: str | None) -> str:
    """Write an ISO 8601 date in words, « 1er septembre 2028 »; nothing for None."""
    return day(iso)


def short_date(iso: str | None) -> str:
    """Write an ISO 8601 date in figures, « 01/09/2028 »; nothing for None."""
    return figures(dt.date.fromisoformat(iso)) if iso else ""


def number(value: str | None) -> str:
    """Write a canonical decimal as French does, « 1 150 000,5 »; a dash for None."""
    if value is None:
        return "–"
    return f"{Decimal(value):,f}".replace(",", NARROW_NO_BREAK_SPACE).replace(".", ",")


def euros(value: str | None) -> str:
    """Write an amount, « 1 150 000 € »; cents only where there are some."""
    if value is None:
        return "–"
    amount = Decimal(value)
    text = number(str(amount.quantize(Decimal(1) if amount == int(amount) else Decimal("0.01"))))
    return f"{text}{NO_BREAK_SPACE}€"


def quantity(value: str | None, unit: str) -> str:
    """Write a number with its unit, « 106 agents », « 40 % »; yes or no where the unit says so."""
    if value is None:
        return "–"
    if unit == "oui/non" and value in {"0", "1"}:
        return "oui" if value == "1" else "non"
    return f"{number(value)}{NO_BREAK_SPACE}{printable(unit)}".strip()


def _with_breaks(run: str) -> str:
    step = LONGEST_WORD // 3
    return ZERO_WIDTH_SPACE.join(run[i : i + step] for i in range(0, len(run), step))
