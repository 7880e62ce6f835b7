"""The cross-reference chain of a PDF (ISO 32000-2 § 7.5.4 to 7.5.8), read without any indulgence."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from signatures.verification.faults import (
    Open,
    bad_end,
    bad_table,
    encrypted,
    external_content,
    hybrid_table,
    malformed,
    too_complex,
)
from signatures.verification.syntax import SEPARATOR, SPACE, Reader, Ref, references

MAX_ENTRIES = 500_000
MAX_NUMBER = 8_388_607  # ISO 32000-2, annex C
MAX_DECODED = 64 * 1024 * 1024
MAX_SECTIONS = 200

_EOL = rb"(?:\r\n|\n|\r)"
_REGULAR = rb"[^\x00\t\n\x0c\r ()<>\[\]{}/%]"
# one space before a line end is how some honest tools write it, and no reader minds
TAIL = re.compile(rb"startxref ?" + _EOL + rb"(0|[1-9]\d{0,9}) ?" + _EOL + rb"%%EOF( ?" + _EOL + rb")?")
ANY_TAIL = re.compile(rb"startxref" + SEPARATOR + rb"*[+-]?\d")
HEADER = re.compile(rb"([1-9]\d{0,6}) (0|[1-9]\d{0,4}) obj(?!" + _REGULAR + rb")")
_TABLE = re.compile(rb"xref ?" + _EOL)
_RANGE = re.compile(rb"(0|[1-9]\d{0,6}) (0|[1-9]\d{0,6}) ?" + _EOL)
_ENTRY = re.compile(rb"(\d{10}) (\d{5}) ([nf])(?: \n| \r|\r\n)")
_TRAILER = re.compile(rb"[" + SPACE + rb"]*trailer[" + SPACE + rb"]*(?=<<)")
_STREAM = re.compile(rb"[" + SPACE + rb"]*stream(?:\r\n|\n)")
_END_STREAM = re.compile(rb"(?:\r\n|\n|\r)?endstream")
_END_OBJECT = re.compile(rb"[" + SPACE + rb"]*endobj(?!" + _REGULAR + rb")")


class Entry(NamedTuple):
    """Where an object is: at ``place`` (generation ``rank``), or the ``rank``-th of stream ``place``."""

    kind: int  # 0 free, 1 in the file, 2 in an object stream
    place: int
    rank: int


@dataclass
class Section:
    """One cross-reference section: a table and its trailer, or a stream."""

    start: int
    end: int
    entries: dict[int, Entry]
    trailer: dict[str, Any]
    number: int | None = None  # of the stream that holds it
    trailer_at: int | None = None  # of the keyword


@dataclass
class Definition:
    """One object as one revision writes it."""

    number: int
    generation: int
    start: int
    end: int
    value: Any
    stream: tuple[int, int] | None = None  # where the data is
    container: int | None = None  # the number of the object stream that holds it

    @cached_property
    def references(self) -> list[Ref]:
        """Return every reference that the object makes."""
        return references(self.value)


@dataclass
class File:
    """The bytes, their reader, and the chain of sections, newest first."""

    data: bytes
    reader: Reader
    chain: list[Section] = field(default_factory=list)
    lengths: dict[int, Entry] = field(default_factory=dict)  # the whole table, for indirect lengths

    def read_object(self, position: int) -> Definition:
        """Return the object defined at ``position``; raises Fault."""
        header = HEADER.match(self.data, position)
        if header is None:
            raise bad_table()
        value, end = self.reader.value(header.end())
        stream = None
        opening = _STREAM.match(self.data, end) if isinstance(value, dict) else None
        if opening is not None:
            if "F" in value:  # its data is in another file
                raise external_content()
            stream = (opening.end(), opening.end() + self._length(value.get("Length")))
            closing = _END_STREAM.match(self.data, stream[1])
            if closing is None:
                raise malformed()
            end = closing.end()
        closing = _END_OBJECT.match(self.data, end)
        if closing is None:
            raise malformed()
        return Definition(int(header[1]), int(header[2]), position, closing.end(), value, stream)

    def _length(self, length: Any) -> int:
        """Return the length of a stream's data, direct or in an object of its own."""
        if isinstance(length, Ref):
            entry = self.lengths.get(length.number)
            if entry is None or entry.kind != 1:
                raise malformed()
            header = HEADER.match(self.data, entry.place)
            if header is None or int(header[1]) != length.number:
                raise bad_table()
            length, _end = self.reader.value(header.end())
        if type(length) is not int or not 0 <= length <= len(self.data):
            raise malformed()
        return length

    def read_chain(self, odd: Open = None) -> None:
        """Follow the chain from the last ``startxref``; raises Fault.

        A hybrid file is never followed: it is left open only when the second table was there before
        any signature, and no tail after it leads back.
        """
        tails = list(TAIL.finditer(self.data, max(0, len(self.data) - 64)))
        if not tails or tails[-1].end() != len(self.data):
            raise bad_end()
        position, seen = int(tails[-1][1]), set[int]()
        while True:
            if position in seen or len(seen) >= MAX_SECTIONS or position >= len(self.data):
                raise bad_table()
            seen.add(position)
            section = self.read_section(position)
            self.chain.append(section)
            for number, entry in section.entries.items():
                self.lengths.setdefault(number, entry)
            if "Encrypt" in section.trailer:
                raise encrypted()
            if "XRefStm" in section.trailer:
                if odd is None or b"/ByteRange" in self.data[: section.start] or self._leads_back():
                    raise bad_table()
                raise hybrid_table()
            previous = section.trailer.get("Prev")
            if previous is None:
                return
            if type(previous) is not int or previous < 0:
                raise bad_table()
            position = previous

    def _leads_back(self) -> bool:
        """Tell whether a tail after the first signature says an older table than its revision's own."""
        first = max(self.data.find(b"/ByteRange"), 0)
        tails = list(TAIL.finditer(self.data))
        if len(tails) != len(ANY_TAIL.findall(self.data)):
            return True
        return any(
            tail.start() > first and int(tail[1]) < before.end()
            for before, tail in zip(tails, tails[1:], strict=False)
        )

    def read_section(self, position: int) -> Section:
        """Return the section at ``position``, a table or a stream; raises Fault."""
        table = _TABLE.match(self.data, position)
        section = self._read_stream(position) if table is None else self._read_table(position, table.end())
        size = section.trailer.get("Size")
        if type(size) is not int or not 0 < size <= MAX_NUMBER + 1:
            raise bad_table()
        if max(section.entries, default=0) >= size:
            raise bad_table()
        return section

    def _read_table(self, start: int, position: int) -> Section:
        entries: dict[int, Entry] = {}
        while found := _RANGE.match(self.data, position):
            first, count = int(found[1]), int(found[2])
            position = found.end()
            for number in range(first, first + count):
                entry = _ENTRY.match(self.data, position)
                if entry is None or number in entries or len(entries) >= MAX_ENTRIES:
                    raise bad_table()
                entries[number] = Entry(int(entry[3] == b"n"), int(entry[1]), int(entry[2]))
                position = entry.end()
        trailer = _TRAILER.match(self.data, position)
        if trailer is None:
            raise bad_table()
        value, end = self.reader.value(trailer.end())
        if not isinstance(value, dict):
            raise bad_table()
        at = self.data.index(b"trailer", position)
        return Section(start, end, entries, value, trailer_at=at)

    def _read_stream(self, position: int) -> Section:
        found = self.read_object(position)
        if found.stream is None or found.value.get("Type") != "XRef":
            raise bad_table()
        widths = found.value.get("W")
        size = found.value.get("Size")
        index = found.value.get("Index", [0, size])
        if not _are_counts(widths, MAX_DECODED) or len(widths) != 3 or not 0 < sum(widths) <= 24:
            raise bad_table()
        if not _are_counts(index, MAX_NUMBER + 1) or len(index) % 2:
            raise bad_table()
        if widths[1] < 1 or sum(index[1::2]) > MAX_ENTRIES:
            raise bad_table()
        rows = self.decoded(found)
        width = sum(widths)
        if len(rows) != width * sum(index[1::2]):
            raise bad_table()
        return Section(position, found.end, _rows(rows, widths, index), found.value, number=found.number)

    def decoded(self, found: Definition) -> bytes:
        """Return the data of a cross-reference or object stream; raises Fault."""
        data = self.data[slice(*(found.stream or (0, 0)))]
        filters, parameters = found.value.get("Filter"), found.value.get("DecodeParms")
        filters = filters if isinstance(filters, list) else [filters] if filters is not None else []
        parameters = parameters[0] if isinstance(parameters, list) and parameters else parameters
        if not filters:
            return data
        if filters != ["FlateDecode"]:
            raise malformed()
        inflater = zlib.decompressobj()
        try:
            plain = inflater.decompress(data, MAX_DECODED)
        except zlib.error:
            raise malformed() from None
        if inflater.unconsumed_tail or not inflater.eof:
            raise too_complex() if inflater.unconsumed_tail else malformed()
        if not isinstance(parameters, dict) or parameters.get("Predictor", 1) == 1:
            return plain
        columns = parameters.get("Columns", 1)
        plainly = parameters.get("Colors", 1) == 1 and parameters.get("BitsPerComponent", 8) == 8
        if parameters["Predictor"] not in range(10, 16) or not plainly or type(columns) is not int:
            raise malformed()
        return _unpredicted(plain, columns)


def _are_counts(values: Any, most: int) -> bool:
    return isinstance(values, list) and all(type(one) is int and 0 <= one <= most for one in values)


def _rows(rows: bytes, widths: list[int], index: list[int]) -> dict[int, Entry]:
    """Return the entries of a cross-reference stream (§ 7.5.8.3)."""
    first, second, third = widths
    width, position, entries = sum(widths), 0, dict[int, Entry]()
    for start, count in zip(index[::2], index[1::2], strict=True):
        for number in range(start, start + count):
            row = rows[position : position + width]
            position += width
            kind = int.from_bytes(row[:first], "big") if first else 1
            place = int.from_bytes(row[first : first + second], "big")
            last = int.from_bytes(row[first + second :], "big") if third else 0
            if kind > 2 or number in entries:
                raise bad_table()
            entries[number] = Entry(kind, place, last)
    return entries


def _unpredicted(data: bytes, columns: int) -> bytes:
    """Undo a PNG predictor of one octet a sample (§ 7.4.4.4)."""
    if not 0 < columns <= 4096 or len(data) % (columns + 1):
        raise malformed()
    above, plain = bytes(columns), bytearray()
    for start in range(0, len(data), columns + 1):
        kind, line = data[start], bytearray(data[start + 1 : start + columns + 1])
        if kind > 4:
            raise malformed()
        if kind == 2:
            line = bytearray((one + up) & 0xFF for one, up in zip(line, above, strict=True))
        elif kind:
            for place in range(columns):
                left = line[place - 1] if place else 0
                corner = above[place - 1] if place else 0
                up = above[place]
                guess = {1: left, 3: (left + up) // 2, 4: _paeth(left, up, corner)}[kind]
                line[place] = (line[place] + guess) & 0xFF
        plain += line
        above = bytes(line)
    return bytes(plain)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    distances = (abs(guess - left), abs(guess - up), abs(guess - corner))
    return (left, up, corner)[distances.index(min(distances))]
