"""From what is typed to its blocks: a subset of Markdown that leaves every other text as it is.

Line by line, so that nothing is lost and that time grows with the length alone: CommonMark would number a
list anew, take the line after a list into its last point and drop the cells that a table has no column for.
Bold and italic, whose rules are CommonMark's, are read by markdown-it in each line.

    ## Titre, ### Sous-titre            - point, • point, – point; 1. point, 1) point; two levels, by their
    **gras**, *italique*                indentation; | a | b |, then | --- | --- |, then rows

``#``, ``*`` and ``+`` at the head of a line, « > », « _ », links, images, code and HTML mean what they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import islice

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline

from contracts.structure.blocks import Block, Heading, Item, Line, Listing, Paragraph, Run, Table

MOST_COLUMNS = 8  # of a table that a page can hold; a wider one stays lines
MOST_CELLS = 2000  # of a table; the rows that follow stay lines
MOST_STARS = 400  # of one line; beyond, they are stars
_HEADING = re.compile(r"[ \t]*(#{2,3})[ \t]+(\S.*)")
# « o », « § » and « · » before a tab are bullets of Word, pasted as text
_ITEM = re.compile(r"([ \t]*)([-•–]|[0-9]{1,2}[.)]|[o§·](?=\t))[ \t\u00a0]+(\S.*)")
_DEEPER = frozenset("o§")  # Word's bullets of the second level and below: pasted, they are not indented
_RULE = re.compile(r":?-+:?")
_CELLS = re.compile(r"(?<!\\)\|")
_INDENT = 2  # columns from which a line is under a point
_ESCAPED = frozenset("*#|•–-")  # after a reversed stroke, a sign that means itself


def structure(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text. Never raises; every word is in one of them, in its order."""
    reader = _Reader(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    reader.read()
    return tuple(_as_block(block) for block in reader.found)


def has_wide_table(text: str) -> bool:
    """Whether a text holds a table of too many columns, which therefore stays lines."""
    lines = text.split("\n")
    for place, line in enumerate(lines[1:]):
        rule = _cells(line)
        if (
            len(rule) > MOST_COLUMNS
            and all(map(_RULE.fullmatch, rule))
            and len(_cells(lines[place])) == len(rule)
        ):
            return True
    return False


class _Listed:
    """A list while it is read."""

    def __init__(self, kind: str) -> None:
        self.kind = kind  # what ends its numbers, or nothing
        self.items: list[tuple[str, list[Line], list[_Listed]]] = []

    def as_listing(self) -> Listing:
        items = (
            Item(number, tuple(lines), tuple(listed.as_listing() for listed in below))
            for number, lines, below in self.items
        )
        return Listing(bool(self.kind), tuple(items))


class _Reader:
    """Lines on one side, blocks on the other; a paragraph is a list of lines while it is read."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.found: list[Block | _Listed | list[Line]] = []
        self.is_apart = True  # an empty line, or the beginning
        self.had_heading = False

    def read(self) -> None:
        place = 0
        while place < len(self.lines):
            line = self.lines[place]
            taken = 1
            if not line.strip():
                self.is_apart = True
            elif table := _table(self.lines, place):
                block, taken = table
                self._add(block)
            elif heading := _HEADING.fullmatch(line):
                self._heading(heading)
            elif item := _ITEM.fullmatch(line):
                self._item(item)
            else:
                self._line(line)
            place += taken

    def _add(self, block: Block | _Listed | list[Line]) -> None:
        self.found.append(block)
        self.is_apart = False

    def _heading(self, heading: re.Match[str]) -> None:
        level = len(heading[1]) - 1 if self.had_heading else 1
        self.had_heading = True
        self._add(Heading(level, inline(heading[2].strip())))

    def _item(self, item: re.Match[str]) -> None:
        mark, lines = item[2], [inline(item[3].strip())]
        number, kind = (mark, mark[-1]) if mark[0].isdigit() else ("", "")
        last = self.found[-1] if self.found else None
        is_below = (mark in _DEEPER or _columns(item[1]) >= _INDENT) and isinstance(last, _Listed)
        if isinstance(last, _Listed) and is_below:
            below = last.items[-1][2]
            if not below or below[-1].kind != kind:
                below.append(_Listed(kind))
            below[-1].items.append((number, lines, []))
        elif isinstance(last, _Listed) and last.kind == kind:
            last.items.append((number, lines, []))
        else:
            last = _Listed(kind)
            last.items.append((number, lines, []))
            self._add(last)
        self.is_apart = False

    def _line(self, line: str) -> None:
        last = self.found[-1] if self.found and not self.is_apart else None
        said = inline(line.strip())
        if isinstance(last, list):
            last.append(said)
        elif isinstance(last, _Listed) and _columns(line) >= _INDENT:
            _number, lines, below = last.items[-1]
            (below[-1].items[-1][1] if below else lines).append(said)
        else:
            self._add([said])


def inline(line: str) -> Line:
    """Return a line as runs of letters set alike."""
    if not ("*" in line or "\\" in line) or line.count("*") > MOST_STARS:
        return (Run(line),) if line else ()
    bold = italic = 0
    runs: list[Run] = []
    for token in _markdown().parseInline(line)[0].children or []:
        if token.type.startswith("strong_"):
            bold += token.nesting
        elif token.type.startswith("em_"):
            italic += token.nesting
        elif token.content:
            last = runs.pop() if runs and (runs[-1].bold, runs[-1].italic) == (bold > 0, italic > 0) else None
            runs.append(Run((last.text if last else "") + token.content, bold > 0, italic > 0))
    return tuple(runs)


@cache
def _markdown() -> MarkdownIt:
    """Return a reader of stars alone: no other rule is on."""
    markdown = MarkdownIt("zero").enable(["emphasis", "balance_pairs"])
    markdown.inline.ruler.before("emphasis", "as_it_is", _as_it_is)
    return markdown


def _as_it_is(state: StateInline, _silent: bool) -> bool:
    """Take « _ » as a letter, and after a reversed stroke a sign that would be a mark."""
    sign, following = state.src[state.pos], state.src[state.pos + 1 : state.pos + 2]
    if sign == "_":
        state.pending += sign
    elif sign == "\\" and following in _ESCAPED and following:
        state.pending += following
        state.pos += 1
    else:
        return False
    state.pos += 1
    return True


def _columns(line: str) -> int:
    """Return by how many columns a line is indented."""
    line = line.replace("\t", "    ")
    return len(line) - len(line.lstrip(" "))


def _table(lines: list[str], place: int) -> tuple[Table, int] | None:
    """Return the table that begins at a line and how many lines it has; None where none does."""
    head = _cells(lines[place])
    rule = _cells(lines[place + 1]) if head and place + 1 < len(lines) else []
    if not head or len(head) != len(rule) or len(head) > MOST_COLUMNS:
        return None
    if not all(_RULE.fullmatch(cell) for cell in rule):
        return None
    rows = list(islice(_rows(lines, place + 2, len(head)), MOST_CELLS // len(head)))
    sides = tuple(_side(cell) for cell in rule)
    return Table(sides, tuple(map(inline, head)), tuple(rows)), 2 + len(rows)


def _rows(lines: list[str], place: int, columns: int) -> Iterator[tuple[Line, ...]]:
    """Yield the rows below; a row's last cell takes those that have no column."""
    while place < len(lines) and (cells := _cells(lines[place])):
        kept = [*cells[: columns - 1], " | ".join(cells[columns - 1 :])]
        yield tuple(inline(cell) for cell in [*kept, *[""] * (columns - len(kept))])
        place += 1


def _cells(line: str) -> list[str]:
    """Return the cells of a line that a stroke begins; none of another."""
    line = line.strip()
    if not line.startswith("|") or line == "|":
        return []
    cells = [cell.strip() for cell in _CELLS.split(line[1:])]
    return cells[:-1] if len(cells) > 1 and not cells[-1] else cells


def _side(cell: str) -> str:
    if cell.endswith(":"):
        return "center" if cell.startswith(":") else "right"
    return "left"


def _as_block(found: Block | _Listed | list[Line]) -> Block:
    if isinstance(found, _Listed):
        return found.as_listing()
    return Paragraph(tuple(found)) if isinstance(found, list) else found
