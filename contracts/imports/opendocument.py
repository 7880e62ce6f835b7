"""An .odt file (ISO/IEC 26300) as paragraphs and tables; what was deleted under tracked changes is out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from contracts.imports.archive import Archive
from contracts.imports.blocks import Block, Cell, Document, Paragraph, Table
from contracts.imports.faults import Unreadable
from contracts.imports.markup import attribute, child, inside, named, read

TEXT = ("application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.text-template")
CONTENTS = {"text:table-of-content", "text:alphabetical-index", "text:illustration-index", "text:table-index"}
REPEATED = 40  # times one row or one cell is repeated, at most
_HEADING = re.compile(r"(?:heading|titre)(?:_20_| )([1-9])", re.IGNORECASE)
_TITLE = {"title", "titre", "subtitle", "sous-titre"}
_OBJECTS = {"draw:object", "draw:object-ole", "draw:plugin", "draw:applet", "draw:floating-frame"}
_WHOLE = {"text:span", "text:a", "text:meta", "text:meta-field", "text:ruby", "text:ruby-base"}
_BLANKS = re.compile(r"[ \t\r\n]+")
_UP = 20


def is_one(archive: Archive) -> bool:
    """Whether an archive says that it is an OpenDocument file."""
    return archive.has("mimetype") and archive.has("content.xml")


def document(archive: Archive) -> Document:
    """Read a document; raises Unreadable."""
    kind = archive.part("mimetype", 200).decode("ascii", "replace").strip()
    if kind not in TEXT:
        raise Unreadable("other_office")
    if archive.has("META-INF/manifest.xml"):
        manifest = read(archive.part("META-INF/manifest.xml"))
        if any(named(one) == "manifest:encryption-data" for one in manifest.iter()):
            raise Unreadable("encrypted")
    root = read(archive.part("content.xml"))
    if any(named(one) == "script:event-listener" for one in root.iter()) or _has_script(root):
        raise Unreadable("macros", "content.xml")
    body = inside(root, "office:body", "office:text")
    if body is None:
        raise Unreadable("incomplete", "content.xml")
    styles = [child(root, "office:automatic-styles")]
    if archive.has("styles.xml"):
        shared = read(archive.part("styles.xml"))
        styles += [child(shared, "office:styles"), child(shared, "office:automatic-styles")]
    reader = _Reader([one for one in styles if one is not None])
    reader.document.blocks = list(reader.blocks(body))
    return reader.document


def _has_script(root: Element) -> bool:
    scripts = child(root, "office:scripts")
    return scripts is not None and any(named(one) == "office:script" and len(one) for one in scripts)


class _Reader:
    """Goes through the text of a document."""

    def __init__(self, styles: list[Element]) -> None:
        self.document = Document()
        self._styles: dict[str, Element] = {}
        self._lists: dict[str, Element] = {}
        for one in (style for group in styles for style in group):
            if named(one) == "style:style":
                self._styles.setdefault(attribute(one, "style:name"), one)
            elif named(one) == "text:list-style":
                self._lists.setdefault(attribute(one, "style:name"), one)

    def blocks(self, parent: Element, role: str = "", listed: str = "") -> Iterator[Block]:
        """Yield the paragraphs and the tables of a body, a section, a cell, a box."""
        for one in parent:
            name = named(one)
            if name in {"text:h", "text:p"}:
                yield from self._paragraph(one, role, listed)
            elif name == "text:list":
                yield from self._list(one, role)
            elif name == "table:table":
                yield self._table(one)
            elif name in CONTENTS:
                yield from self.blocks(one, "contents")
            elif name == "text:tracked-changes":
                self._changes(one)
            elif name in {"text:section", "text:index-body", "text:index-title", "text:numbered-paragraph"}:
                yield from self.blocks(one, role, listed)
            elif name.startswith("draw:"):
                yield from self._drawn(one)

    def _changes(self, changes: Element) -> None:
        for change in changes:
            for one in change:
                if named(one) == "text:deletion":
                    self.document.told["deleted"] += 1
                elif named(one) == "text:insertion":
                    self.document.told["inserted"] += 1

    def _list(self, element: Element, role: str, style: str = "", depth: int = 1) -> Iterator[Block]:
        style = attribute(element, "text:style-name") or style
        listed = self._shown(style, depth)
        for item in element:
            for one in item:
                if named(one) == "text:list":
                    yield from self._list(one, role, style, depth + 1)
                else:
                    holder = Element("holder")
                    holder.append(one)
                    yield from self.blocks(holder, role, listed)

    def _shown(self, style: str, depth: int) -> str:
        found = self._lists.get(style)
        for level in found if found is not None else ():
            if attribute(level, "text:level") == str(depth):
                is_counted = named(level) == "text:list-level-style-number" and attribute(
                    level, "style:num-format"
                )
                return "number" if is_counted else "bullet"
        return "bullet"

    def _paragraph(self, element: Element, role: str, listed: str) -> Iterator[Block]:
        parts: list[str] = [_flat(element.text)]
        boxes: list[Element] = []
        self._spans(element, parts, boxes)
        style = attribute(element, "text:style-name")
        level = self._level(element, style)
        yield self.document.paragraph(
            "".join(parts).strip(" \n"), level=level, role=role or self._role(style), listed=listed
        )
        for box in boxes:
            yield from self._drawn(box)

    def _level(self, element: Element, style: str) -> int:
        said = attribute(element, "text:outline-level")
        if named(element) == "text:h":
            return int(said) if re.fullmatch(r"[1-9]", said) else 1
        for name, row in self._chain(style):
            outline = attribute(row, "style:default-outline-level")
            if re.fullmatch(r"[1-9]", outline):
                return int(outline)
            if match := _HEADING.fullmatch(name):
                return int(match[1])
        return 0

    def _role(self, style: str) -> str:
        names = {name.lower() for name, _row in self._chain(style)} | {style.lower()}
        return "title" if names & _TITLE else ""

    def _chain(self, style: str) -> list[tuple[str, Element]]:
        found: list[tuple[str, Element]] = []
        while style in self._styles and len(found) < _UP:
            row = self._styles[style]
            found.append((style, row))
            style = attribute(row, "style:parent-style-name")
        return found

    def _spans(self, parent: Element, parts: list[str], boxes: list[Element]) -> None:
        """Add what the pieces of a paragraph say."""
        for one in parent:
            name = named(one)
            if name == "text:s":
                count = attribute(one, "text:c")
                parts.append(" " * (int(count) if re.fullmatch(r"[1-9][0-9]?", count) else 1))
            elif name == "text:tab":
                parts.append("\t")
            elif name == "text:line-break":
                parts.append("\n")
            elif name == "text:note":
                self._note(one)
            elif name == "office:annotation":
                self.document.told["comments"] += 1
            elif name.startswith("draw:"):
                boxes.append(one)
            elif name in _WHOLE or (name.startswith("text:") and (one.text or len(one))):
                parts.append(_flat(one.text))
                self._spans(one, parts, boxes)
            parts.append(_flat(one.tail))

    def _note(self, note: Element) -> None:
        self.document.told["notes"] += 1
        body = child(note, "text:note-body")
        if body is not None:
            self.document.notes += [
                block for block in self.blocks(body, "note") if isinstance(block, Paragraph) and block.text
            ]

    def _drawn(self, element: Element) -> Iterator[Block]:
        """Yield the text of a box; refuse an object."""
        if any(named(one) in _OBJECTS for one in element.iter()):
            raise Unreadable("objects", "object")
        boxes = [one for one in element.iter() if named(one) == "draw:text-box"]
        self.document.told["boxes" if boxes else "images"] += 1
        for box in boxes:
            yield from self.blocks(box)

    def _table(self, element: Element) -> Table:
        table = Table()
        covers: dict[int, tuple[int, int]] = {}  # by column: the rows that a cell covers below, its columns
        for row in _rows(element):
            cells: list[Cell] = []
            column = 0
            for one in row:
                name = named(one)
                if name == "table:table-cell":
                    cells.append(self._cell(one))
                    covers[column] = (_number(one, "table:number-rows-spanned") - 1, cells[-1].span)
                    column += cells[-1].span
                elif name == "table:covered-table-cell" and covers.get(column, (0, 0))[0] > 0:
                    left, span = covers[column]
                    covers[column] = (left - 1, span)
                    cells.append(self.document.cell(span, goes_on=True))
                    column += span
            table.rows.append(cells)
        return table

    def _cell(self, element: Element) -> Cell:
        columns = _number(element, "table:number-columns-spanned")
        repeated = _number(element, "table:number-columns-repeated")
        cell = self.document.cell(max(columns, repeated))
        cell.blocks = list(self.blocks(element))
        return cell


def _rows(parent: Element) -> Iterator[Element]:
    for one in parent:
        name = named(one)
        if name == "table:table-row":
            yield one
        elif name in {"table:table-header-rows", "table:table-rows", "table:table-row-group"}:
            yield from _rows(one)


def _flat(text: str | None) -> str:
    """Return a piece of text as it is shown: the ends of lines of the file are spaces."""
    return _BLANKS.sub(" ", text or "")


def _number(element: Element, name: str) -> int:
    said = attribute(element, name)
    return min(int(said), REPEATED) if re.fullmatch(r"[1-9][0-9]{0,4}", said) else 1
