"""What a long text is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Run:
    """Letters set alike."""

    text: str
    bold: bool = False
    italic: bool = False


Line = tuple[Run, ...]


@dataclass(frozen=True)
class Paragraph:
    """Lines that follow each other: each was ended by its author."""

    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Heading:
    """A heading of the text's own; ``level`` is 1 or 2, relative to where the text stands.

    No level 2 comes before a level 1: a heading is never skipped (ISO 14289-1, 7.4.2).
    """

    level: int
    line: Line


@dataclass(frozen=True)
class Item:
    """A point of a list: its number as it was typed (« 3. ») or nothing, its lines, the lists below."""

    number: str
    lines: tuple[Line, ...]
    below: tuple[Listing, ...] = ()


@dataclass(frozen=True)
class Listing:
    """A list; those below its points have none below theirs."""

    is_ordered: bool
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Table:
    """A table with a row of headings; every row has as many cells. ``sides``: left, center, right."""

    sides: tuple[str, ...]
    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


Block = Paragraph | Heading | Listing | Table


def plain(line: Line) -> str:
    """Return the letters of a line."""
    return "".join(run.text for run in line)
