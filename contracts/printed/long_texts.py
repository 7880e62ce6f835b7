"""A long text as the page lays it out: its blocks as data, every string finished.

A paragraph in one style is a list of lines, as contents before their structure had them; another block is an
object whose ``kind`` is « paragraph », « heading », « list » or « table ». A line with styles is a list of
[letters, style], where the style is made of « b » and « i ».
"""

from __future__ import annotations

import re
from typing import Any

from contracts.canonical import Content, is_structured
from contracts.printed.typography import LONGEST_WORD, ZERO_WIDTH_SPACE, paragraphs, printable
from contracts.structure import Block, Heading, Item, Line, Listing, Paragraph, Table, structure
from contracts.structure.blocks import plain

Row = dict[str, Any]
Laid = list[list[str] | Row]


def long_text(content: Content, text: str) -> Laid:
    """Return a long text of a content; one of a schema that had no structure is the lines that it was."""
    if not is_structured(content):
        return list(paragraphs(text))
    return [_block(block) for block in structure(text)]


def _block(block: Block) -> list[str] | Row:
    if isinstance(block, Heading):
        return {"kind": "heading", "level": block.level, "text": printable(plain(block.line))}
    if isinstance(block, Listing):
        return _listing(block)
    if isinstance(block, Table):
        return _table(block)
    if any(_is_styled(line) for line in block.lines):
        return {"kind": "paragraph", "lines": [_line(line) for line in block.lines]}
    return _plain(block)


def _is_styled(line: Line) -> bool:
    return any(run.bold or run.italic for run in line)


def _plain(block: Paragraph) -> list[str]:
    return [printable(plain(line)) for line in block.lines]


def _listing(listing: Listing) -> Row:
    return {"kind": "list", "ordered": listing.is_ordered, "items": [_item(item) for item in listing.items]}


def _item(item: Item) -> Row:
    return {
        "number": item.number,
        "lines": [_line(line) for line in item.lines],
        "below": [_listing(listing) for listing in item.below],
    }


def _table(table: Table) -> Row:
    """Return a table with the letters of its cells twice: as they are set, and plain, to be measured."""
    rows = [table.head, *table.rows]
    return {
        "kind": "table",
        "sides": list(table.sides),
        "rows": [[_line(cell, in_cell=True) for cell in row] for row in rows],
        "plain": [["".join(said for said, _ in _line(cell, in_cell=True)) for cell in row] for row in rows],
    }


def _line(line: Line, *, in_cell: bool = False) -> list[list[str]]:
    """Return the runs of a line; a long word of two styles may break between them, in a cell any word."""
    said: list[list[str]] = []
    before = ""
    for run in line:
        text = printable(run.text)
        word = _last(before) + _first(text)
        if _last(before) and _first(text) and (in_cell or len(word) >= LONGEST_WORD):
            text = ZERO_WIDTH_SPACE + text
        said.append([text, ("b" if run.bold else "") + ("i" if run.italic else "")])
        before += text
    return said


def _last(text: str) -> str:
    found = re.search(r"\S+\Z", text[-LONGEST_WORD:])
    return found[0] if found else ""


def _first(text: str) -> str:
    found = re.match(r"\S+", text)
    return found[0] if found else ""
