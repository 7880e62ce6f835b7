"""From paragraphs and tables to volets and commitments: what a document is likely to mean, line by line.

Nothing is dropped: what is taken for nothing else is a line that is left, with the reason. The reader of
the preview has the last word on each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from contracts.imports import marks
from contracts.imports.blocks import Block, Cell, Document, Paragraph, Table
from contracts.imports.columns import folded
from contracts.imports.faults import Unreadable
from contracts.imports.lines import Kind, Line, Understood
from contracts.imports.tabular import Filled, first_paragraph, pairs, rows_of

LINES = 1500
LONGEST = 20_000  # characters of one text, as its column takes
PATH = 200  # characters of the path of headings that says where a line stands
_HARMLESS_WHERE_LEFT = {"contents", "own", "note"}  # said once, not line by line


@dataclass(frozen=True)
class Habits:
    """How this document marks its volets and its commitments.

    ``level`` is that of the headings of volets, 0 where there are none; ``says`` whether they say « Volet »;
    ``is_numbered`` whether commitments have a number or a table; ``has_below`` whether there are headings
    below those of volets.
    """

    level: int
    says: bool
    is_numbered: bool
    has_below: bool

    @property
    def has_volets(self) -> bool:
        return self.level > 0 or self.says


def understand(document: Document, volets: list[str]) -> Understood:
    """Say what each part of a document is; ``volets`` are the titles that the contract knows.

    Raises Unreadable for a document of too many lines.
    """
    blocks = list(_flattened(document.blocks))
    builder = _Builder(_habits(blocks, volets), {folded(title) for title in volets})
    for block in [*blocks, *document.notes]:
        builder.take(block)
    lines = list(_cut(builder.lines))
    if len(lines) > LINES:
        raise Unreadable("too_long")
    return Understood(lines, dict(document.told))


def _flattened(blocks: list[Block]) -> Iterator[Block]:
    """Yield the blocks; a table of one column is a box around paragraphs."""
    for block in blocks:
        if isinstance(block, Table) and block.columns <= 1:
            for row in block.rows:
                for cell in row:
                    yield from _flattened(cell.blocks)
        elif isinstance(block, Table) or block.text:
            yield block


def _habits(blocks: list[Block], known: list[str]) -> Habits:
    paragraphs = [
        b for b in blocks if isinstance(b, Paragraph) and not b.role and not marks.is_contents(b.text)
    ]
    headings = [p for p in paragraphs if p.level and not marks.commitment(p.text)]
    titles = {folded(title) for title in known}
    saying = Counter(p.level for p in paragraphs if marks.volet(p.text))
    named = Counter(p.level for p in headings if folded(p.text) in titles)
    others = Counter(p.level for p in headings if not marks.is_own(p.text))
    if saying:
        level = saying.most_common(1)[0][0]
    elif named:
        level = named.most_common(1)[0][0]
    else:
        several = [level for level, count in sorted(others.items()) if count > 1]
        level = several[0] if several else min(others, default=0)
    numbered = any(marks.commitment(p.text) for p in paragraphs)
    tables = any(_is_of_commitments(b) for b in blocks if isinstance(b, Table))
    below = any(p.level > level for p in headings) if level else False
    return Habits(level, bool(saying), numbered or tables, below)


def _is_of_commitments(table: Table) -> bool:
    return any(row is not None for row, _line in rows_of(table))


class _Builder:
    """Takes the blocks one after the other, and knows in which volet and commitment it stands."""

    def __init__(self, habits: Habits, known: set[str]) -> None:
        self.habits, self.known = habits, known
        self.lines: list[Line] = []
        self._path: list[tuple[int, str]] = []
        self._number = 0
        self._aside = "before" if habits.has_volets else ""  # why what comes is left, if it is
        self._has_volet = False
        self._commitment: Line | None = None

    def take(self, block: Block) -> None:
        """Take the next block."""
        if isinstance(block, Table):
            self._table(block)
            return
        self._number = block.number
        text = block.text
        if block.role or marks.is_contents(text):
            self._leave(text, block.role or "contents")
        elif block.level and not self._starts_commitment(block):
            self._heading(block)
        elif not self.habits.level and (found := marks.volet(text)):
            self._volet(*found)
        else:
            self._sentence(block)

    # --- headings

    def _heading(self, block: Paragraph) -> None:
        level, text = block.level, block.text
        self._path = [step for step in self._path if step[0] < level]
        habits = self.habits
        if marks.is_own(text) and (not habits.level or level <= habits.level):
            self._put_aside(text, "own")
        elif (found := marks.volet(text)) and (not habits.level or level == habits.level):
            self._volet(*found)
        elif level == habits.level and (not habits.says or folded(text) in self.known):
            self._volet("", text)
        elif level <= habits.level:
            self._put_aside(text, "heading")
        elif not self._aside and not habits.is_numbered and level == self._level_below():
            self._begin(*(marks.item(text) or ("", text)))
        else:
            self._commitment = None
            self._text(text)
        self._path.append((level, text))

    def _level_below(self) -> int:
        return self.habits.level + 1 if self.habits.level else 0

    def _put_aside(self, text: str, reason: str) -> None:
        self._aside, self._commitment = reason, None
        self._leave(text, reason)

    def _volet(self, number: str, title: str) -> None:
        self._aside, self._commitment, self._has_volet = "", None, True
        title, rest = marks.titled(title)
        line = self._line(Kind.VOLET, number=number, title=title[: marks.LONG_HEADING])
        if len(title) > marks.LONG_HEADING:
            rest = f"{title[marks.LONG_HEADING :]}\n{rest}".strip()
        self.lines.append(line)
        if rest:
            self._text(rest)

    # --- sentences

    def _starts_commitment(self, block: Paragraph) -> bool:
        return bool(marks.commitment(block.text)) and not marks.volet(block.text)

    def _sentence(self, block: Paragraph) -> None:
        text = block.text
        if self._aside:
            self._leave(text, self._aside)
        elif found := marks.commitment(text):
            self._begin(*found)
            if block.level:
                self._path = [step for step in self._path if step[0] < block.level]
        elif self._is_item(block):
            self._begin(*(marks.item(text) or ("", text)))
        elif self._commitment is not None:
            self._go_on(block)
        else:
            self._text(_listed(block))

    def _is_item(self, block: Paragraph) -> bool:
        """Whether a line of a counted list is a commitment: where nothing else in the document is one."""
        if self.habits.is_numbered or self.habits.has_below:
            return False
        return block.listed == "number" or bool(marks.item(block.text))

    def _begin(self, number: str, said: str) -> None:
        self._owe_volet()
        title, rest = marks.titled(said)
        self._commitment = self._line(Kind.COMMITMENT, number=number, title=title, text=rest)
        self.lines.append(self._commitment)

    def _owe_volet(self) -> None:
        """Open a volet without a name for commitments that stand in none."""
        if not self._has_volet:
            self._has_volet = True
            self.lines.append(self._line(Kind.VOLET, reason="no_volet"))

    def _go_on(self, block: Paragraph) -> None:
        line = self._commitment
        assert line is not None  # noqa: S101 (as the caller asks)
        if found := marks.keyed(block.text):
            Filled(line).say(*found)
        else:
            _add(line, _listed(block))

    def _text(self, text: str) -> None:
        if self._aside or not self._has_volet:
            self._leave(text, self._aside or "before")
            return
        last = self.lines[-1]
        if last.kind == Kind.TEXT and len(last.text) + len(text) < LONGEST:
            _add(last, text)
        else:
            self.lines.append(self._line(Kind.TEXT, text=text))

    def _leave(self, text: str, reason: str) -> None:
        last = self.lines[-1] if self.lines else None
        joins = reason in _HARMLESS_WHERE_LEFT and last is not None and last.reason == reason
        if joins and last is not None and last.kind == Kind.LEFT and len(last.text) + len(text) < LONGEST:
            _add(last, text)
        else:
            self.lines.append(self._line(Kind.LEFT, text=text, reason=reason))

    # --- tables

    def _table(self, table: Table) -> None:
        self._number = first_paragraph(table.rows) or self._number
        if (
            self._aside
            and self.habits.has_volets
            and not (self._aside == "before" and self._names_volets(table))
        ):
            for row in table.rows:
                self._leave(_row(row), self._aside)
            return
        if (found := pairs(table)) is not None:
            self._pairs(found)
            return
        read = list(rows_of(table))
        if not any(filled is not None for filled, _text in read):
            for text in [text for _filled, text in read] or [_row(row) for row in table.rows]:
                self._leave(text, "table")
            return
        self._rows(read)

    def _names_volets(self, table: Table) -> bool:
        return any(filled is not None and filled.volet for filled, _text in rows_of(table))

    def _rows(self, read: list[tuple[Filled | None, str]]) -> None:
        volet = ""
        self._aside = ""
        for filled, text in read:
            if filled is None:
                if found := marks.volet(text):
                    self._volet(*found)
                elif text:
                    self._commitment = None
                    self._text(text) if self._has_volet else self._leave(text, "table")
                continue
            if filled.volet and folded(filled.volet) != volet:
                volet = folded(filled.volet)
                self._volet(*(marks.volet(filled.volet) or ("", filled.volet)))
            self._add_filled(filled)
        self._commitment = None

    def _pairs(self, filled: Filled) -> None:
        """Take a table of labels and values: of the commitment above it, or one by itself."""
        if self._commitment is not None and not filled.line.title:
            filled.into(self._commitment)
            return
        if filled.line.title:
            if filled.volet:
                self._volet(*(marks.volet(filled.volet) or ("", filled.volet)))
            self._add_filled(filled)
            self._commitment = self.lines[-1]
            return
        for label, value in filled.said:
            self._leave(f"{label} : {value}", "table")

    def _add_filled(self, filled: Filled) -> None:
        self._owe_volet()
        line = filled.line
        line.place, line.paragraph = self._place(), line.paragraph or self._number
        if found := marks.commitment(line.title):
            line.number, line.title = line.number or found[0], found[1]
        self.lines.append(line)

    # --- what a line is

    def _line(self, kind: Kind, **facts: str) -> Line:
        return Line(kind, place=self._place(), paragraph=self._number, **facts)  # type: ignore[arg-type]

    def _place(self) -> str:
        return " › ".join(text for _level, text in self._path)[:PATH]


def _listed(block: Paragraph) -> str:
    return f"• {block.text}" if block.listed else block.text


def _add(line: Line, text: str) -> None:
    """Add a paragraph to a text; a line of a list follows the one before without a gap."""
    if text:
        gap = "\n" if text.startswith("• ") else "\n\n"
        line.text = f"{line.text}{gap}{text}" if line.text else text


def _row(row: list[Cell]) -> str:
    return " | ".join(filter(None, (cell.text.replace("\n", " ") for cell in row if not cell.goes_on)))


def _cut(lines: list[Line]) -> Iterator[Line]:
    """Yield the lines, each text cut where it is longer than its column takes."""
    for line in lines:
        rest = line.text
        if len(rest) <= LONGEST:
            yield line
            continue
        end = rest.rfind("\n", 1, LONGEST)
        end = end if end > 0 else LONGEST
        line.text, rest = rest[:end].strip(), rest[end:].strip()
        yield line
        kind = Kind.LEFT if line.kind == Kind.LEFT else Kind.TEXT
        while rest:
            yield Line(kind, line.place, line.paragraph, text=rest[:LONGEST].strip(), reason="too_long")
            rest = rest[LONGEST:]
