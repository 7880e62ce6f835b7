"""The long texts of a .docx file: headings, lists and tables of the word processor's own.

A numbered point says its number in its text: the word processor would count from one where its author did
not.
"""

from __future__ import annotations

from typing import Any

from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.shared import Cm
from docx.text.paragraph import Paragraph

Row = dict[str, Any]
SIDES = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
}
_STEP = Cm(0.63)  # of a list, from its number to its words


def write_long_text(file: Docx, blocks: list[Any], *, below: int) -> None:
    """Add the blocks of a long text as they are printed (:mod:`contracts.printed.long_texts`).

    ``below`` is the level of the heading under which they stand.
    """
    for block in blocks:
        if isinstance(block, list):
            file.add_paragraph("\n".join(block))
        elif block["kind"] == "heading":
            file.add_heading(block["text"], below + block["level"])
        elif block["kind"] == "paragraph":
            _lines(file.add_paragraph(), block["lines"])
        elif block["kind"] == "list":
            _listing(file, block, 1)
        else:
            _table(file, block)


def _listing(file: Docx, listing: Row, level: int) -> None:
    styles = {1: "List Bullet", 2: "List Bullet 2"}, {1: "List", 2: "List 2"}
    for item in listing["items"]:
        paragraph = file.add_paragraph(style=styles[listing["ordered"]][level])
        if item["number"]:
            paragraph.paragraph_format.left_indent = _STEP * (level + 1)
            paragraph.paragraph_format.first_line_indent = -_STEP
            paragraph.add_run(f"{item['number']}\t")
        _lines(paragraph, item["lines"])
        for under in item["below"]:
            _listing(file, under, level + 1)


def _lines(paragraph: Paragraph, lines: list[list[list[str]]]) -> None:
    for place, line in enumerate(lines):
        if place:
            paragraph.add_run().add_break()
        _runs(paragraph, line)


def _runs(paragraph: Paragraph, line: list[list[str]], *, is_bold: bool = False) -> None:
    for said, style in line:
        run = paragraph.add_run(said)
        run.bold, run.italic = is_bold or "b" in style or None, "i" in style or None


def _table(file: Docx, block: Row) -> None:
    table = file.add_table(len(block["rows"]), len(block["sides"]), "Table Grid")
    for place, (row, cells) in enumerate(zip(table.rows, block["rows"], strict=True)):
        for cell, line, side in zip(row.cells, cells, block["sides"], strict=True):
            (paragraph,) = cell.paragraphs
            paragraph.alignment = SIDES[side]
            _runs(paragraph, line, is_bold=place == 0)
    heading = table.rows[0]._tr.get_or_add_trPr()
    heading.append(heading.makeelement(qn("w:tblHeader"), {}))
    file.add_paragraph()
