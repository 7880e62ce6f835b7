"""Any table as a .csv or an .xlsx file, written as the commitments are (:mod:`contracts.exports.tables`)."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence

import xlsxwriter

from contracts.exports.letters import legal
from contracts.exports.tables import FIRST_DAY, harmless, lay_out

WIDTH = 24  # of a column, in characters
LONGEST_NAME = 31  # of a sheet


def table(extension: str, name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows under their headings as a file; ``extension``: "csv" or "xlsx".

    A cell is a text, a whole number, a day, or None for nothing.
    """
    return _csv(headings, rows) if extension == "csv" else _xlsx(name, headings, rows)


def _csv(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    page = io.StringIO(newline="")
    writer = csv.writer(page, delimiter=";", lineterminator="\r\n")
    writer.writerow(headings)
    writer.writerows([harmless(_written(cell)) for cell in row] for row in rows)
    return page.getvalue().encode("utf-8-sig")


def _xlsx(name: str, headings: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(name[:LONGEST_NAME])
    text = book.add_format({"valign": "top", "text_wrap": True})
    heading = book.add_format({"bold": True, "bg_color": "#e6e9ee", "bottom": 1, "text_wrap": True})
    day = book.add_format({"valign": "top", "num_format": "dd/mm/yyyy"})
    sheet.set_column(0, len(headings) - 1, WIDTH)
    for place, label in enumerate(headings):
        sheet.write_string(0, place, label, heading)
    last = 0
    for last, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, int):
                sheet.write_number(last, place, cell, text)
            elif isinstance(cell, dt.date) and cell >= FIRST_DAY:
                sheet.write_datetime(last, place, dt.datetime.combine(cell, dt.time()), day)
            elif cell is not None and cell != "":
                sheet.write_string(last, place, legal(_written(cell)), text)
    lay_out(sheet, last, len(headings))
    book.close()
    return file.getvalue()


def _written(cell: object) -> str:
    if cell is None:
        return ""
    return cell.isoformat() if isinstance(cell, dt.date) else str(cell)
