"""A table that somebody sends, .csv or .ods, as its cells: text and nothing else, read within limits.

Nothing is run nor fetched: of a formula the value that its author saw is read, and an .ods file is the
one part that holds its cells, unpacked up to a size and parsed as a stream without document type
(no entity can be declared, so none can be expanded).
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from xml.parsers import expat

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

LARGEST = 2 * 1024 * 1024  # bytes of a file
UNPACKED = 24 * 1024 * 1024  # bytes of the part of an .ods file that holds its cells
ROWS = 301  # with the line of headings
COLUMNS = 40
CELL = 6000  # characters
_DAMAGED = gettext_lazy(
    "Ce fichier .ods est abîmé ou protégé par un mot de passe : enregistrez-le de nouveau."
)
_SHEET = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"


class Unreadable(Exception):
    """The file is no table that can be read; the message says why and what to do."""


@dataclass
class Row:
    """The cells of one line, and its number as the reader's own program shows it, from 1."""

    number: int
    cells: list[str]


def read(content: bytes) -> list[Row]:
    """Return the lines of a file that hold something; raises Unreadable."""
    if len(content) > LARGEST:
        raise Unreadable(_("Ce fichier est trop lourd : deux mégaoctets au plus."))
    rows = _read_ods(content) if content[:2] == b"PK" else _read_csv(content)
    if not rows:
        raise Unreadable(_("Ce fichier est vide : partez du modèle."))
    return rows


def _checked(number: int, cells: list[str], rows: list[Row]) -> None:
    """Add a line unless it is empty; raises Unreadable for one too many or too long."""
    while cells and not cells[-1].strip():
        cells.pop()
    if not cells:
        return
    if len(rows) >= ROWS:
        raise Unreadable(
            _("Ce fichier a plus de %(count)d lignes : coupez-le en plusieurs.") % {"count": ROWS - 1}
        )
    if len(cells) > COLUMNS or any(len(cell) > CELL for cell in cells):
        raise Unreadable(
            _("Ligne %(number)d : trop de colonnes, ou une cellule trop longue. Partez du modèle.")
            % {"number": number}
        )
    rows.append(Row(number, cells))


# --- .csv -----------------------------------------------------------------------------------


def _read_csv(content: bytes) -> list[Row]:
    text = _decoded(content)
    if "\0" in text:
        raise Unreadable(_("Ce fichier n’est pas un tableau : enregistrez-le en CSV ou en .ods."))
    first = text.split("\n", 1)[0]
    separator = max(";,\t", key=first.count)
    rows: list[Row] = []
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    before = 0
    try:
        for cells in lines:
            _checked(before + 1, cells, rows)
            before = lines.line_num
    except csv.Error as error:
        raise Unreadable(
            _(
                "Ligne %(number)d : les guillemets ne se ferment pas comme il faut. Enregistrez de nouveau "
                "en CSV."
            )
            % {"number": before + 1}
        ) from error
    return rows


def _decoded(content: bytes) -> str:
    """Read UTF-8 with or without its mark, UTF-16 with it, otherwise what French Windows writes."""
    marked = content[:2] in {b"\xff\xfe", b"\xfe\xff"}
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Unreadable(_("Ce fichier n’est pas du texte : enregistrez-le en « CSV UTF-8 » ou en .ods."))


# --- .ods -----------------------------------------------------------------------------------


def _read_ods(content: bytes) -> list[Row]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open("content.xml") as part:
            cells = part.read(UNPACKED + 1)
    except KeyError as error:
        raise Unreadable(
            _("Ce fichier n’est pas un tableau .ods : dans votre tableur, enregistrez-le en .ods ou en CSV.")
        ) from error
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        # RuntimeError is that of an encrypted part
        raise Unreadable(str(_DAMAGED)) from error
    if len(cells) > UNPACKED:
        raise Unreadable(_("Ce fichier .ods se déploie en trop de données : partez du modèle."))
    sheet = _Sheet()
    try:
        sheet.parse(cells)
    except expat.ExpatError as error:
        raise Unreadable(str(_DAMAGED)) from error
    return sheet.rows


@dataclass
class _Sheet:
    """The first sheet of a document that has cells, read as its elements come."""

    rows: list[Row] = field(default_factory=list)
    _number: int = 0
    _cells: list[str] = field(default_factory=list)
    _repeated: int = 1
    _row_repeated: int = 1
    _value: str | None = None
    _said: list[str] = field(default_factory=list)
    _in_cell: bool = False
    _aside: int = 0  # depth inside what is not the cell's own text: a note
    _tables: int = 0

    def parse(self, content: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.Parse(content, True)

    @staticmethod
    def _refuse(*_declared: object) -> None:
        raise Unreadable(_("Ce fichier .ods contient ce qu’aucun tableur n’écrit : partez du modèle."))

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == f"{_SHEET} table":
            self._tables += 1
            self._number = 0
        elif self._ignored:
            return
        elif name == f"{_SHEET} table-row":
            self._number += 1
            self._cells, self._row_repeated = [], _times(attributes, "number-rows-repeated")
        elif name in {f"{_SHEET} table-cell", f"{_SHEET} covered-table-cell"}:
            self._in_cell, self._said = True, []
            self._repeated = _times(attributes, "number-columns-repeated")
            self._value = _value(attributes)
        elif self._in_cell and (self._aside or name == f"{_OFFICE} annotation"):
            self._aside += 1
        elif (
            self._in_cell
            and name == f"{_TEXT} p"
            and self._said
            or self._in_cell
            and name in {f"{_TEXT} s", f"{_TEXT} tab", f"{_TEXT} line-break"}
        ):
            self._said.append(" ")

    def _data(self, text: str) -> None:
        if self._in_cell and not self._aside and not self._ignored:
            self._said.append(text)

    def _end(self, name: str) -> None:
        if self._ignored:
            return
        if self._aside:
            self._aside -= 1
        elif name in {f"{_SHEET} table-cell", f"{_SHEET} covered-table-cell"}:
            self._in_cell = False
            text = self._value if self._value is not None else "".join(self._said).strip()
            times = min(self._repeated, COLUMNS + 1) if text else self._repeated
            if len(self._cells) <= COLUMNS:
                self._cells += [text] * min(times, COLUMNS + 1)
        elif name == f"{_SHEET} table-row":
            for _time in range(min(self._row_repeated, ROWS + 1) if any(self._cells) else 0):
                _checked(self._number, list(self._cells), self.rows)
                self._number += 1
            self._number += -1 if any(self._cells) else self._row_repeated - 1

    @property
    def _ignored(self) -> bool:
        """Whether this is a sheet after the one that was read."""
        return self._tables > 1 and bool(self.rows)


def _times(attributes: dict[str, str], name: str) -> int:
    text = attributes.get(f"{_SHEET} {name}", "1")
    return int(text) if re.fullmatch(r"[0-9]{1,7}", text) else 1


def _value(attributes: dict[str, str]) -> str | None:
    """Return what a typed cell holds, whatever way it is shown; None for a text, which is what it shows."""
    kind = attributes.get(f"{_OFFICE} value-type", "")
    if kind == "date":
        return attributes.get(f"{_OFFICE} date-value", "")[:10]
    if kind != "float":
        return None
    try:
        number = Decimal(attributes.get(f"{_OFFICE} value", ""))
        whole = number == number.to_integral_value() and abs(number) < Decimal(10) ** 15
        return f"{number:.0f}" if whole else None
    except InvalidOperation:
        return None
