"""The blocks of a long text as HTML.

Two functions alone make what is safe: ``_letters`` escapes all that was typed, ``_tag`` puts a tag of ours
around what is safe already; the types say which is which. (``format_html``, tag by tag, costs twenty times
more.)
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import escape
from django.utils.safestring import SafeString

from contracts.structure.blocks import Block, Heading, Item, Line, Listing, Run, Table

_BREAK = SafeString("<br>")
_SIDES = {"left": "start", "center": "center", "right": "end"}


def as_html(blocks: Iterable[Block], level: int) -> SafeString:
    """Return the blocks as HTML; ``level`` is that of the heading above them, from 1 to 4."""
    return _joined(_block(block, level) for block in blocks)


def _letters(text: str) -> SafeString:
    return escape(text)


def _tag(name: str, inside: SafeString, attributes: str = "") -> SafeString:
    return SafeString(f"<{name}{attributes}>{inside}</{name}>")


def _joined(parts: Iterable[SafeString], between: str = "") -> SafeString:
    return SafeString(between.join(parts))


def _block(block: Block, level: int) -> SafeString:
    if isinstance(block, Heading):
        return _tag(f"h{min(level + block.level, 6)}", _line(block.line))
    if isinstance(block, Listing):
        return _listing(block)
    if isinstance(block, Table):
        return _table(block)
    return _tag("p", _lines(block.lines))


def _listing(listing: Listing) -> SafeString:
    return _tag("ol" if listing.is_ordered else "ul", _joined(map(_item, listing.items)))


def _item(item: Item) -> SafeString:
    """Return a point; one that is numbered shows the number that was typed, not one that is counted."""
    parts = [_tag("span", _letters(f"{item.number} "), ' class="number"')] if item.number else []
    return _tag("li", _joined([*parts, _lines(item.lines), *map(_listing, item.below)]))


def _table(table: Table) -> SafeString:
    """Return a table in a box of its own, which scrolls where the page is narrow."""
    kinds = [f' class="text-{_SIDES[side]}"' for side in table.sides]
    head = _row("th", table.head, [f'{kind} scope="col"' for kind in kinds])
    rows = _joined(_row("td", row, kinds) for row in table.rows)
    inside = _joined([_tag("thead", head), _tag("tbody", rows)])
    return _tag("div", _tag("table", inside), ' class="scroll-x" tabindex="0"')


def _row(name: str, cells: Iterable[Line], kinds: Iterable[str]) -> SafeString:
    told = (_tag(name, _line(cell), kind) for cell, kind in zip(cells, kinds, strict=True))
    return _tag("tr", _joined(told))


def _lines(lines: Iterable[Line]) -> SafeString:
    return _joined(map(_line, lines), _BREAK)


def _line(line: Line) -> SafeString:
    return _joined(map(_run, line))


def _run(run: Run) -> SafeString:
    said = _letters(run.text)
    if run.italic:
        said = _tag("em", said)
    return _tag("strong", said) if run.bold else said
