"""What a lenient reader finds when it builds the table again from the bytes.

poppler, mupdf, qpdf, pdf.js and PDFBox do so when the chain of tables displeases them,
each by its own rules: they look for « N G obj » and for « trailer » anywhere, some in
the data of streams too. What one of them could find must be what the chain has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from signatures.verification.crossref import TAIL, File
from signatures.verification.faults import bad_end, hidden_object
from signatures.verification.syntax import SEPARATOR

if TYPE_CHECKING:
    from signatures.verification.structure import Revision

WINDOW = 4_000  # how far before « obj » its numbers are looked for, comments included
_NUMBERS = re.compile(rb"([+-]?\d{1,10})" + SEPARATOR + rb"+([+-]?\d{1,10})" + SEPARATOR + rb"*\Z")
_TRAILER = re.compile(rb"trailer" + SEPARATOR + rb"*<<")
_TAIL = re.compile(rb"startxref" + SEPARATOR + rb"*[+-]?\d")


def headers(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield the number and the place of every « N G obj » that some reader would take."""
    position = data.find(b"obj")
    while position != -1:
        if data[max(0, position - 3) : position] != b"end":
            start = max(0, position - 40)
            found = _NUMBERS.search(data, start, position)
            if found is None and data[position - 1 : position] in b"\r\n":
                start = max(0, position - WINDOW)
                found = _NUMBERS.search(data, start, position)
            if found is not None:
                yield int(found[1]), found.start()
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
    if any(found.start() not in tails for found in _TAIL.finditer(file.data)):
        raise bad_end()
