"""What a lenient reader finds when it builds the table again from the bytes.

poppler, mupdf, qpdf, pdf.js and PDFBox do so when the chain of tables displeases them,
each by its own rules: they look for « N G obj » and for « trailer » anywhere, some in
the data of streams too. What one of them could find must be what the chain has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from signatures.verification.crossref import ANY_TAIL, TAIL, File
from signatures.verification.faults import bad_end, hidden_object
from signatures.verification.syntax import SEPARATOR, SPACE

if TYPE_CHECKING:
    from signatures.verification.structure import Revision

WINDOW = 4_000  # how far before « obj » its numbers are looked for, comments included
NEAR = 64  # where they are in most files
FAR = 70_000  # and with nothing but white space between
_NUMBERS = re.compile(rb"([+-]?\d{1,10})" + SEPARATOR + rb"+([+-]?\d{1,10})" + SEPARATOR + rb"*\Z")
_NUMBER = re.compile(rb"[+-]?\d{1,10}")
# the same without comments, read backwards from the word
_SPACED = re.compile(rb"\A[" + SPACE + rb"]*+\d{1,10}[+-]?[" + SPACE + rb"]++(?:\d{1,10}(?!\d)|\d{10})[+-]?")
_BLANKS = (b"\0", b"\t", b"\n", b"\x0c", b"\r", b" ")
_LONGER = re.compile(rb"obj[^\x00\t\n\x0c\r ()<>\[\]{}/%]")
_TRAILER = re.compile(rb"trailer" + SEPARATOR + rb"*<<")


def _spaced(data: bytes, position: int) -> re.Match[bytes] | None:
    """Match the numbers before « obj », read backwards: most often they are near."""
    near = data[max(0, position - NEAR) : position][::-1]
    found = _SPACED.search(near)
    if found is not None and found.end() < len(near):  # what is farther could not change it
        return found
    return _SPACED.search(data[max(0, position - FAR) : position][::-1])


def headers(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the number and the place of every « N G obj » that some reader would take."""
    position = data.find(b"obj")
    while position != -1:
        before = data[position - 1 : position]
        if before.isdigit() or before in _BLANKS:
            found = _spaced(data, position)
            place = position - found.end() if found is not None else None
            if place is None and (commented := _NUMBERS.search(data, max(0, position - WINDOW), position)):
                place = commented.start()
            # « 1 2 objets » is words, but for poppler at the beginning of a line
            ends = _LONGER.match(data, position) is None
            if place is not None and (ends or data[place - 1 : place] in (b"\r", b"\n")):
                number = _NUMBER.match(data, place)
                yield int(number[0]) if number is not None else -1, place
        position = data.find(b"obj", position + 3)


def refuse_hidden(file: File, revisions: Sequence[Revision]) -> None:
    """Raise Fault when a rebuild finds an object, a trailer or a tail that the chain has not."""
    known = {
        definition.start: definition.number
        for revision in revisions
        for definition in revision.objects.values()
        if definition.container is None
    }
    for number, start in headers(file.data):
        if known.get(start) != number:
            raise hidden_object()
    trailers = {section.trailer_at for section in file.chain}
    if any(found.start() not in trailers for found in _TRAILER.finditer(file.data)):
        raise hidden_object()
    tails = {found.start() for found in TAIL.finditer(file.data)}
    if any(found.start() not in tails for found in ANY_TAIL.finditer(file.data)):
        raise bad_end()
