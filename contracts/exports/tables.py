"""The commitments as a table: .xlsx for people, .csv for programs.

In the .csv: UTF-8 with its mark, « ; » between cells, CRLF between rows (RFC 4180), decimals with a comma and
nothing between thousands, days in ISO 8601. A text that a spreadsheet could take for a formula begins with an
apostrophe there (OWASP, « CSV Injection »); the .xlsx says itself which cells are texts, and needs none.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import translation
from django.utils.translation import gettext as _

from contracts.canonical import Content, commitments
from contracts.exports.letters import legal
from contracts.models import Direction, Party, Periodicity

Cell = str | Decimal | dt.date | None
Row = dict[str, Any]
# What begins a formula in one spreadsheet or another; then the full-width and the small forms.
FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b")
# What a spreadsheet may drop from the beginning of a cell before it looks: ends of lines, invisible marks.
_BLANK = "\t\n\r\x0b\x0c \u00a0\u200b\u200e\u200f\u2060\u3000\ufeff"
EXACT = 15  # significant digits of a number in a spreadsheet (IEEE 754, double precision)
FIRST_DAY = dt.date(1900, 3, 1)  # a spreadsheet counts a 29 February 1900, and no day before 1900
_WIDTHS = (8, 30, 45, 60, 18, 30, 34, 34, 34, 14, 14, 14, 14, 20, 13, 16, 11)


def columns() -> list[str]:
    """Return the headings, in French."""
    with translation.override("fr"):
        return [
            _("N°"),
            _("Volet"),
            _("Engagement"),
            _("Description"),
            _("Partie"),
            _("Organisation responsable"),
            _("Responsable"),
            _("Contributeurs"),
            _("Indicateur"),
            _("Unité"),
            _("Valeur initiale"),
            _("Cible"),
            _("Évolution"),
            _("Périodicité"),
            _("Échéance"),
            _("Budget (€)"),
            _("Communicable au public"),
        ]


def csv_of(content: Content) -> bytes:
    """Return the commitments of a content as a .csv file."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, delimiter=";", lineterminator="\r\n")
    writer.writerow(columns())
    writer.writerows([_written(cell) for cell in row] for row in _rows(content))
    return page.getvalue().encode("utf-8-sig")


def xlsx_of(content: Content) -> bytes:
    """Return the commitments of a content as an .xlsx file: texts are texts, numbers numbers, days days."""
    file = io.BytesIO()
    book = xlsxwriter.Workbook(
        file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    with translation.override("fr"):
        sheet = book.add_worksheet(_("Engagements"))
    book.set_properties(
        {"title": legal(content["title"])[:255], "subject": legal(content["reference"])[:255]}
    )
    top = {"valign": "top", "text_wrap": True}
    heading = book.add_format({**top, "bold": True, "bg_color": "#e6e9ee", "bottom": 1})
    text, number = book.add_format(top), book.add_format({"valign": "top"})
    day = book.add_format({"valign": "top", "num_format": "dd/mm/yyyy"})
    for place, (label, width) in enumerate(zip(columns(), _WIDTHS, strict=True)):
        sheet.set_column(place, place, width)
        sheet.write_string(0, place, label, heading)
    last = 0
    for last, row in enumerate(_rows(content), start=1):
        for place, cell in enumerate(row):
            if isinstance(cell, Decimal) and len(cell.as_tuple().digits) <= EXACT:
                sheet.write_number(last, place, float(cell), number)
            elif isinstance(cell, dt.date) and cell >= FIRST_DAY:
                sheet.write_datetime(last, place, dt.datetime.combine(cell, dt.time()), day)
            elif cell is not None and cell != "":
                sheet.write_string(last, place, cell if isinstance(cell, str) else _written(cell), text)
    lay_out(sheet, last, len(_WIDTHS))
    book.close()
    return file.getvalue()


def lay_out(sheet: Any, last: int, columns: int) -> None:
    """Keep the headings in view and on each printed page, one page wide; filter down to row ``last``."""
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, columns - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet reads as a formula in a .csv: an apostrophe comes before one."""
    starts = text.lstrip(_BLANK).startswith(FORMULA) or text[:1] in ("\t", "\r", "\n")
    return f"'{text}" if starts else text


def _rows(content: Content) -> list[list[Cell]]:
    with translation.override("fr"):
        return [_row(commitment) for commitment in commitments(content)]


def _row(commitment: Row) -> list[Cell]:
    measured = commitment["indicator"] or {}
    due = commitment["due_date"]
    return [
        legal(commitment["number"]),
        legal(commitment["volet"]),
        legal(commitment["title"]),
        legal(commitment["description"]),
        _label(Party, commitment["party"]),
        legal(commitment["lead"]["name"]),
        legal(commitment["owner"] or ""),
        legal(" ; ".join(commitment["contributors"])),
        legal(measured.get("label", "")),
        legal(measured.get("unit", "")),
        _decimal(measured.get("baseline")),
        _decimal(measured.get("target")),
        _label(Direction, measured.get("direction", "")),
        _label(Periodicity, measured.get("periodicity", "")),
        dt.date.fromisoformat(due) if due else None,
        _decimal(commitment["budget_eur"]),
        _("oui") if commitment["publishable"] else _("non"),
    ]


def _written(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell, "f").replace(".", ",")
    return cell.isoformat() if isinstance(cell, dt.date) else harmless(cell)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _label(choices: type[Party] | type[Direction] | type[Periodicity], value: str) -> str:
    return legal(str(dict(choices.choices).get(value, value)))
