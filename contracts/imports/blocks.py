"""A document once read, whatever program wrote it: its paragraphs and its tables, in their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from contracts.imports.faults import Unreadable

PARAGRAPHS = 20_000
CELLS = 40_000
CHARACTERS = 1_500_000


@dataclass
class Paragraph:
    """One paragraph.

    ``level`` is that of a heading, from 1. ``role``: "title" of the document, "contents" of its table of
    contents, "note". ``listed``: "number" or "bullet" where the word processor counts or marks it by itself.
    """

    text: str
    level: int = 0
    role: str = ""
    listed: str = ""
    number: int = 0  # its place in the document, from 1


@dataclass
class Cell:
    """A cell, over ``span`` columns; ``goes_on`` where it is the lower part of the one above."""

    blocks: list[Block] = field(default_factory=list)
    span: int = 1
    goes_on: bool = False

    @property
    def text(self) -> str:
        """All that it says, a line a paragraph."""
        return "\n".join(filter(None, _lines(self.blocks)))


@dataclass
class Table:
    """A table, row by row."""

    rows: list[list[Cell]] = field(default_factory=list)

    @property
    def columns(self) -> int:
        """How many columns it has."""
        return max((sum(cell.span for cell in row) for row in self.rows), default=0)


Block: TypeAlias = Paragraph | Table


@dataclass
class Document:
    """What was read, and how often what was not; ``told`` by its code."""

    blocks: list[Block] = field(default_factory=list)
    notes: list[Paragraph] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)
    paragraphs: int = 0
    cells: int = 0
    characters: int = 0

    def paragraph(self, text: str, **facts: object) -> Paragraph:
        """Return a new paragraph, numbered; raises Unreadable for one too many."""
        self.paragraphs += 1
        self.characters += len(text)
        if self.paragraphs > PARAGRAPHS or self.characters > CHARACTERS:
            raise Unreadable("too_long")
        return Paragraph(text, number=self.paragraphs, **facts)  # type: ignore[arg-type]

    def cell(self, span: int, *, goes_on: bool = False) -> Cell:
        """Return a new cell; raises Unreadable for one too many."""
        self.cells += 1
        if self.cells > CELLS:
            raise Unreadable("too_long")
        return Cell([], min(max(span, 1), 64), goes_on)


def _lines(blocks: list[Block]) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield f"• {block.text}" if block.listed == "bullet" and block.text else block.text
        else:
            for row in block.rows:
                yield " ; ".join(filter(None, (cell.text.replace("\n", " ") for cell in row)))
