"""Tables of commitments: one a row under headings, or one a table of labels and values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from contracts.imports.blocks import Cell, Paragraph, Table
from contracts.imports.columns import NOTHING, column, columns, facts_of, folded
from contracts.imports.lines import Kind, Line
from contracts.imports.marks import LONG_TITLE, titled

_OVER_PAIRS = {("rubrique", "contenu"), ("champ", "valeur"), ("element", "contenu"), ("rubrique", "detail")}
HEADINGS_WITHIN = 3  # first rows of a table in which its headings may be


@dataclass
class Filled:
    """A commitment while its cells are read; ``said`` is what they say, in order."""

    line: Line = field(default_factory=lambda: Line(Kind.COMMITMENT))
    volet: str = ""
    said: list[tuple[str, str]] = field(default_factory=list)

    def say(self, name: str, label: str, value: str) -> None:
        """Fill a field with a cell; what it cannot hold goes, with its label, into the description."""
        self.said.append((label, value))
        if value.strip().lower() in NOTHING:
            return
        line = self.line
        if name == "title" and not line.title:
            line.title, rest = titled(value)
            self.describe(rest)
        elif name == "number" and not line.number and len(value) <= 20:
            line.number = value
        elif name == "volet" and not self.volet:
            self.volet = " ".join(value.split())
        elif name == "description":
            self.describe(value)
        else:
            found = facts_of(name, value)
            if found is None or any(line.facts.get(key, each) != each for key, each in found.items()):
                self.describe(f"{label} : {value}" if label else value)
            else:
                line.facts |= found

    def describe(self, text: str) -> None:
        """Add a line to the description."""
        if text:
            self.line.text = f"{self.line.text}\n{text}" if self.line.text else text

    def into(self, line: Line) -> None:
        """Give what is said to a commitment that is there already."""
        other = Filled(line)
        for label, value in self.said:
            other.say(_name(label, self.said), label, value)


def _name(label: str, said: list[tuple[str, str]]) -> str:
    """Return what a label of a table of labels means: a person is responsible where an organisation leads."""
    name = column(label)
    leads = any(column(other) == "lead" for other, _value in said)
    return "lead" if name == "owner" and not leads else name


def pairs(table: Table) -> Filled | None:
    """Read a table of labels and values; None for any other."""
    rows = [[cell for cell in row if cell.text] for row in table.rows]
    said = [(row[0].text, "\n".join(cell.text for cell in row[1:])) for row in rows if row]
    if said and (folded(said[0][0]), folded(said[0][1])) in _OVER_PAIRS:
        said = said[1:]
    named = [label for label, _value in said if column(label)]
    if table.columns > 3 or len(said) < 2 or any(len(row) > 3 for row in rows):
        return None
    if len(named) < 2 or 2 * len(named) < len(said) or columns([cell.text for cell in rows[0]]):
        return None
    filled = Filled()
    has_title = any(value and column(label) == "title" for label, value in said)
    for label, value in said:
        if value:
            filled.say(_name(label, said), label, value)
        elif not column(label) and not has_title and not filled.line.title:
            filled.line.title = label[:LONG_TITLE]  # « Fiche-action n° 3 », alone across the table
            filled.describe(label[LONG_TITLE:])
        elif not column(label):
            filled.describe(label)
    return filled


def rows_of(table: Table) -> Iterator[tuple[Filled | None, str]]:
    """Yield each row below the headings as a commitment, or as its words alone where it is none."""
    place, names, headings = _headings(table)
    above: list[str] = []
    last: Filled | None = None
    for number, row in enumerate(table.rows):
        cells = _spread(row)
        texts = [cell.text if cell is not None else "" for cell in cells]
        words = " | ".join(text.replace("\n", " ") for text in texts if text)
        if number == place:
            continue
        if not names or number < place or not words and not any(c and c.goes_on for c in cells):
            if words:
                yield None, words
            continue
        if sum(cell is not None for cell in cells) == 1 and len(names) > 1:
            yield None, words  # one cell across the table: a heading in it
            above = []
            continue
        texts = [
            above[i] if cell is not None and cell.goes_on and i < len(above) else texts[i]
            for i, cell in enumerate(cells)
        ]
        title = names.index("title")
        goes_on = title < len(cells) and (one := cells[title]) is not None and one.goes_on
        if goes_on and last is not None:
            _go_on(last, cells, names, headings)
            continue
        if title >= len(texts) or not texts[title].strip():
            yield None, words
            continue
        above, last = texts, _filled(texts, names, headings)
        last.line.paragraph = first_paragraph([row])
        yield last, words


def _headings(table: Table) -> tuple[int, list[str], list[str]]:
    """Return the row of headings, what each column means, and its words; no columns where there is none."""
    for place, row in enumerate(table.rows[:HEADINGS_WITHIN]):
        headings = [cell.text if cell is not None else "" for cell in _spread(row)]
        if names := columns(headings):
            return place, names, headings
    return -1, [], []


def first_paragraph(rows: list[list[Cell]]) -> int:
    """Return the number, in the document, of the first paragraph of these rows; 0 where there is none."""
    for cell in (cell for row in rows for cell in row):
        for block in cell.blocks:
            if number := block.number if isinstance(block, Paragraph) else first_paragraph(block.rows):
                return number
    return 0


def _spread(row: list[Cell]) -> list[Cell | None]:
    """Return the cells by column; None where the one before goes on."""
    return [part for cell in row for part in (cell, *[None] * (cell.span - 1))]


def _filled(texts: list[str], names: list[str], headings: list[str]) -> Filled:
    filled = Filled()
    for place, text in enumerate(texts):
        name, heading = (names[place], headings[place]) if place < len(names) else ("", "")
        filled.say(name, heading, text)
    return filled


def _go_on(filled: Filled, cells: list[Cell | None], names: list[str], headings: list[str]) -> None:
    """Add the cells that are new in a row whose commitment began above."""
    for place, cell in enumerate(cells):
        if cell is not None and not cell.goes_on and cell.text:
            known = place < len(names)
            filled.say(names[place] if known else "", headings[place] if known else "", cell.text)
