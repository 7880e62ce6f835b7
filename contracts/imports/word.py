"""A .docx file (ISO/IEC 29500) as paragraphs and tables.

Of tracked changes the text as accepted is read: what was inserted is in, what was deleted is out. Nothing
that is referred to outside is fetched; what is not text (images, comments) is counted, so as to be said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from contracts.imports.archive import Archive
from contracts.imports.blocks import Block, Cell, Document, Paragraph, Table
from contracts.imports.faults import Unreadable
from contracts.imports.markup import attribute, child, inside, named, read
from contracts.imports.word_styles import Numbering, Styles

TYPES = "[Content_Types].xml"
_MAIN = re.compile(r"wordprocessingml\.(document|template)\.main\+xml$")
_MACROS = re.compile(r"macroEnabled|vbaProject|activeX", re.IGNORECASE)
_OTHER_KINDS = re.compile(r"(spreadsheetml|presentationml)\.[a-z]+\.main\+xml$|ms-excel|ms-powerpoint")
# where an author keeps the model of a letter: on a disk, which is not looked for
_ON_DISK = re.compile(r"file:|[A-Za-z]:\\|[^:/\\]+$")
_OBJECT = re.compile(r"/(oleObject|package|control|aFChunk|subDocument|frame)$")
_SAID = {
    "w:footnoteReference": "notes",
    "w:endnoteReference": "notes",
    "w:commentReference": "comments",
    "w:drawing": "images",
    "w:pict": "images",
}
_DELETED = {"w:del", "w:moveFrom"}
_INSERTED = {"w:ins", "w:moveTo"}
_PLAIN = {"w:hyperlink", "w:fldSimple", "w:smartTag", "w:customXml", "w:sdtContent", "w:dir", "w:bdo"}


def document(archive: Archive) -> Document:
    """Read a document; raises Unreadable."""
    main = _main_part(archive)
    _check_relations(archive)
    body = child(read(archive.part(main)), "w:body")
    if body is None:
        raise Unreadable("incomplete", main)
    folder = main.rpartition("/")[0]
    found = _Reader(Styles(_optional(archive, f"{folder}/styles.xml")), _numbering(archive, folder))
    found.document.blocks = list(found.blocks(body))
    for name in ("footnotes", "endnotes"):
        found.notes(_optional(archive, f"{folder}/{name}.xml"))
    return found.document


def _main_part(archive: Archive) -> str:
    """Return the name of the part that holds the text; refuses what is another kind of file."""
    main = ""
    for one in read(archive.part(TYPES)):
        kind = one.get("ContentType", "")
        if _MACROS.search(kind):
            raise Unreadable("macros", one.get("PartName", ""))
        if _OTHER_KINDS.search(kind):
            raise Unreadable("other_office")
        if _MAIN.search(kind) and one.get("PartName"):
            main = main or one.get("PartName", "").lstrip("/")
    if not main:
        raise Unreadable("other_office")
    return main


def _check_relations(archive: Archive) -> None:
    """Refuse what the text would draw from elsewhere: a model or an image of another server, an object."""
    for name in archive.names.values():
        if not name.lower().endswith(".rels"):
            continue
        for one in read(archive.part(name)):
            kind, target = one.get("Type", ""), one.get("Target", "")
            if _OBJECT.search(kind):
                raise Unreadable("objects", target)
            if one.get("TargetMode", "").lower() != "external":
                continue
            if kind.endswith("/hyperlink") or (kind.endswith("/attachedTemplate") and _ON_DISK.match(target)):
                continue
            raise Unreadable("outside", target)


def _optional(archive: Archive, name: str) -> Element | None:
    return read(archive.part(name)) if archive.has(name) else None


def _numbering(archive: Archive, folder: str) -> Numbering:
    return Numbering(_optional(archive, f"{folder}/numbering.xml"))


def _is_on(element: Element | None) -> bool:
    return element is not None and attribute(element, "w:val") not in {"0", "false", "off"}


@dataclass
class _Text:
    """The text of one paragraph while it is read, and the boxes of text found in it."""

    parts: list[str]
    boxes: list[Element]


class _Reader:
    """Goes through the text of a document."""

    def __init__(self, styles: Styles, numbering: Numbering) -> None:
        self.styles, self.numbering = styles, numbering
        self.document = Document()

    def blocks(self, parent: Element, role: str = "") -> Iterator[Block]:
        """Yield the paragraphs and the tables of a body, a cell, a box."""
        for one in parent:
            name = named(one)
            if name == "w:p":
                yield from self._paragraph(one, role)
            elif name == "w:tbl":
                yield self._table(one)
            elif name == "w:sdt":
                content = child(one, "w:sdtContent")
                if content is not None:
                    yield from self.blocks(content, "contents" if _is_contents(one) else role)
            elif name in _DELETED:
                self.document.told["deleted"] += 1
            elif name in _INSERTED or name in _PLAIN:
                yield from self.blocks(one, role)
            elif name == "mc:AlternateContent":
                yield from self.blocks(_chosen(one), role)
            elif name == "w:altChunk":
                raise Unreadable("objects", "altChunk")

    def _paragraph(self, element: Element, role: str) -> Iterator[Block]:
        said = _Text([], [])
        self._runs(element, said)
        properties = child(element, "w:pPr")
        style = attribute(child(properties, "w:pStyle"), "w:val")
        numbered = child(properties, "w:numPr")
        if numbered is None:
            numbered = self.styles.numbered(style)
        yield self.document.paragraph(
            "".join(said.parts).strip(" \n"),
            level=self.styles.level(style, child(properties, "w:outlineLvl")),
            role=role or self.styles.role(style),
            listed=self.numbering.of(numbered),
        )
        for box in said.boxes:
            self.document.told["boxes"] += 1
            yield from self.blocks(box)

    def _runs(self, parent: Element, said: _Text) -> None:
        """Add what the runs of a paragraph say."""
        for one in parent:
            name = named(one)
            if name == "w:r":
                self._run(one, said)
            elif name in _DELETED:
                self.document.told["deleted"] += 1
            elif name in _INSERTED:
                self.document.told["inserted"] += 1
                self._runs(one, said)
            elif name == "w:sdt":
                content = child(one, "w:sdtContent")
                if content is not None:
                    self._runs(content, said)
            elif name == "mc:AlternateContent":
                self._runs(_chosen(one), said)
            elif name in _PLAIN or name.startswith("m:"):
                if name == "m:t":
                    said.parts.append(one.text or "")
                self._runs(one, said)

    def _run(self, run: Element, said: _Text) -> None:
        if _is_on(inside(run, "w:rPr", "w:vanish")):
            self.document.told["hidden"] += 1
        self._run_parts(run, said)

    def _run_parts(self, run: Element, said: _Text) -> None:
        for one in run:
            name = named(one)
            if name == "w:t":
                said.parts.append(one.text or "")
            elif name == "w:tab":
                said.parts.append("\t")
            elif name in {"w:br", "w:cr"}:
                said.parts.append("\n" if attribute(one, "w:type") in {"", "textWrapping"} else " ")
            elif name == "w:noBreakHyphen":
                said.parts.append("-")
            elif name == "w:sym":
                said.parts.append(_symbol(attribute(one, "w:char")))
            elif name == "w:object":
                raise Unreadable("objects", "object")
            elif name == "mc:AlternateContent":
                self._run_parts(_chosen(one), said)
            elif name in _SAID:
                boxes = [box for box in one.iter() if named(box) == "w:txbxContent"]
                said.boxes += boxes
                if not boxes:
                    self.document.told[_SAID[name]] += 1

    def _table(self, element: Element) -> Table:
        table = Table()
        for row in _of(element, "w:tr"):
            if child(child(row, "w:trPr"), "w:del") is not None:
                self.document.told["deleted"] += 1
                continue
            before = attribute(inside(row, "w:trPr", "w:gridBefore"), "w:val")
            cells = [self.document.cell(int(before))] if re.fullmatch(r"[1-9][0-9]?", before) else []
            table.rows.append(cells + [self._cell(cell) for cell in _of(row, "w:tc")])
        return table

    def _cell(self, element: Element) -> Cell:
        properties = child(element, "w:tcPr")
        span = attribute(child(properties, "w:gridSpan"), "w:val")
        merged = child(properties, "w:vMerge")
        cell = self.document.cell(
            int(span) if re.fullmatch(r"[0-9]{1,2}", span) else 1,
            goes_on=merged is not None and attribute(merged, "w:val") != "restart",
        )
        cell.blocks = list(self.blocks(element))
        return cell

    def notes(self, root: Element | None) -> None:
        """Add the notes at the foot of the pages, or at the end."""
        for note in root if root is not None else ():
            if attribute(note, "w:type") in {"", "normal"}:
                self.document.notes += [
                    block
                    for block in self.blocks(note, "note")
                    if isinstance(block, Paragraph) and block.text
                ]


def _of(parent: Element, wanted: str) -> Iterator[Element]:
    """Yield the rows of a table or the cells of a row, wrapped or not."""
    for one in parent:
        name = named(one)
        if name == wanted:
            yield one
        elif name in {"w:sdt", "w:sdtContent", "w:customXml", *_INSERTED}:
            yield from _of(one, wanted)


def _chosen(alternatives: Element) -> Element:
    """Return the one of the same content told in several ways that is read."""
    for name in ("mc:Choice", "mc:Fallback"):
        if (found := child(alternatives, name)) is not None:
            return found
    return Element("none")


def _is_contents(control: Element) -> bool:
    gallery = attribute(inside(control, "w:sdtPr", "w:docPartObj", "w:docPartGallery"), "w:val")
    return gallery.lower() in {"table of contents", "table des matières"}


def _symbol(code: str) -> str:
    """Return a sign of a font of signs as Word keeps it, U+F0xx; stakeholders.letters puts it right."""
    return chr(int(code, 16)) if re.fullmatch(r"[0-9A-Fa-f]{4}", code) and code[0] not in "dD" else ""
