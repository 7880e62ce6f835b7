"""Small PDFs that cost a careless reader its memory or its processor."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import cache, partial


def assemble(objects: dict[int, bytes], *, trailer: bytes = b"/Root 1 0 R", size: int | None = None) -> bytes:
    """Return a PDF of these objects with a classic cross-reference table."""
    out, offsets = bytearray(b"%PDF-1.7\n"), {}
    for number, content in objects.items():
        offsets[number] = len(out)
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    start = len(out)
    last = max(objects)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (last + 1)
    for number in range(1, last + 1):
        out += b"%010d 00000 n \n" % offsets[number] if number in offsets else b"0000000000 00000 f \n"
    out += b"trailer\n<</Size %d %s>>\nstartxref\n%d\n%%%%EOF\n" % (size or last + 1, trailer, start)
    return bytes(out)


def stream(data: bytes, entries: bytes = b"", *, rounds: int = 1) -> bytes:
    """Return a stream compressed ``rounds`` times, written as the content of an object."""
    for _round in range(rounds):
        data = zlib.compress(data, 9)
    filters = b" ".join([b"/FlateDecode"] * rounds)
    head = b"<</Length %d /Filter [%s] %s>>\nstream\n" % (len(data), filters, entries)
    return head + data + b"\nendstream"


PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
ONE_PAGE = {1: b"<</Type/Catalog/Pages 2 0 R>>", 2: b"<</Type/Pages/Count 1/Kids[3 0 R]>>", 3: PAGE}
WITH_FORM = b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[4 0 R]>>>>"


def pages_dag(levels: int = 40) -> bytes:
    """A page tree of 2^40 leaves: each node has the next one twice."""
    objects = {1: b"<</Type/Catalog/Pages 2 0 R>>"}
    for number in range(2, levels + 2):
        objects[number] = b"<</Type/Pages/Count 1/Kids[%d 0 R %d 0 R]>>" % (number + 1, number + 1)
    return assemble({**objects, levels + 2: PAGE})


def fields_dag(levels: int = 40) -> bytes:
    """A form whose fields share their children: 2^40 names."""
    objects = {**ONE_PAGE, 1: WITH_FORM}
    for number in range(4, levels + 4):
        kids = b"%d 0 R %d 0 R" % (number + 1, number + 1)
        objects[number] = b"<</T(a)/Kids[%s]>>" % kids
    return assemble({**objects, levels + 4: b"<</T(z)/FT/Sig>>"})


def fields_cycle() -> bytes:
    """A field that is its own grandchild."""
    return assemble(
        {**ONE_PAGE, 1: WITH_FORM, 4: b"<</T(a)/Kids[5 0 R]>>", 5: b"<</T(b)/FT/Sig/Kids[4 0 R]>>"}
    )


def pages_cycle() -> bytes:
    """A page tree that contains itself."""
    return assemble({**ONE_PAGE, 2: b"<</Type/Pages/Count 1/Kids[2 0 R 3 0 R]>>"})


def xref_of(count: int) -> bytes:
    """A cross-reference table that claims ``count`` entries and has none."""
    return b"%%PDF-1.7\nxref\n0 %d\ntrailer<</Size %d/Root 1 0 R>>\nstartxref\n9\n%%%%EOF\n" % (count, count)


def xref_stream_of(entries: int) -> bytes:
    """A compressed cross-reference stream of millions of entries in some kilobytes."""
    body = stream(
        bytes(5 * entries), b"/Type/XRef/W[1 3 1]/Size %d/Index[0 %d]/Root 1 0 R" % (entries, entries)
    )
    return b"%PDF-1.7\n1 0 obj\n" + body + b"\nendobj\nstartxref\n9\n%%EOF\n"


def prev_loop() -> bytes:
    """Two tables, each before the other."""
    first = b"xref\n0 1\n0000000000 65535 f \ntrailer<</Size 2/Root 1 0 R/Prev %d>>\n"
    head = b"%PDF-1.7\n"
    second = len(head) + len(first % 0) + 2
    both = first % second + (first % len(head)).rjust(len(first % len(head)) + 2)
    return head + both + b"startxref\n%d\n%%%%EOF\n" % len(head)


def long_chain(revisions: int = 20_000) -> bytes:
    """Thousands of empty revisions, each naming the one before."""
    out = bytearray(assemble(ONE_PAGE))
    before = out.rindex(b"xref\n0")
    for _revision in range(revisions):
        start = len(out)
        out += b"xref\n0 1\n0000000000 65535 f \ntrailer<</Size 4/Root 1 0 R/Prev %d>>\n" % before
        before = start
    return bytes(out) + b"startxref\n%d\n%%%%EOF\n" % before


def nested(depth: int = 2_000_000) -> bytes:
    """A catalogue that is an array in an array in an array…"""
    return assemble({**ONE_PAGE, 1: b"<</Type/Catalog/Pages 2 0 R/X " + b"[" * depth + b"]" * depth + b">>"})


def nested_dictionaries(depth: int = 200_000) -> bytes:
    """The same with dictionaries."""
    return assemble(
        {**ONE_PAGE, 1: b"<</Type/Catalog/Pages 2 0 R/X " + b"<</A" * depth + b">>" * depth + b">>"}
    )


def flate_bomb(megabytes: int = 900) -> bytes:
    """An object stream of some kilobytes that unpacks, twice, into hundreds of megabytes."""
    packed = zlib.compressobj(9)
    parts = [packed.compress(bytes(1 << 20)) for _megabyte in range(megabytes)] + [packed.flush()]
    twice = zlib.compress(b"".join(parts), 9)
    head = b"<</Type/ObjStm/N 1/First 4/Length %d/Filter[/FlateDecode/FlateDecode]>>\nstream\n" % len(twice)
    container = head + twice + b"\nendstream"
    out = bytearray(b"%PDF-1.7\n")
    at = len(out)
    out += b"5 0 obj\n" + container + b"\nendobj\n"
    entries = b"".join(
        [b"\x00\x00\x00\x00\xff"]
        + [b"\x02\x00\x00\x05" + bytes([index]) for index in range(3)]
        + [b"\x00\x00\x00\x00\x00", b"\x01" + at.to_bytes(3, "big") + b"\x00"]
    )
    start = len(out)
    entries += b"\x01" + start.to_bytes(3, "big") + b"\x00"
    body = stream(entries, b"/Type/XRef/W[1 3 1]/Size 7/Root 1 0 R")
    out += b"6 0 obj\n" + body + b"\nendobj\nstartxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def huge_count() -> bytes:
    """A page tree that claims two thousand million pages."""
    return assemble({**ONE_PAGE, 2: b"<</Type/Pages/Count 2147483647/Kids[3 0 R]>>"})


def many_fields(count: int = 150_000) -> bytes:
    """A form of as many empty signature fields as fit in some megabytes."""
    fields = b" ".join(b"<</T(f%d)/FT/Sig>>" % number for number in range(count))
    return assemble({**ONE_PAGE, 1: b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[%s]>>>>" % fields})


def long_number() -> bytes:
    """A catalogue with a number of five million digits."""
    return assemble({**ONE_PAGE, 1: b"<</Type/Catalog/Pages 2 0 R/X " + b"9" * 5_000_000 + b">>"})


def endless_string() -> bytes:
    """Millions of unclosed brackets in a string."""
    return assemble({**ONE_PAGE, 1: b"<</Type/Catalog/Pages 2 0 R/X " + b"(" * 5_000_000 + b">>"})


def references_loop() -> bytes:
    """Objects that are nothing but a reference to one another."""
    return assemble({**ONE_PAGE, 2: b"4 0 R", 4: b"5 0 R", 5: b"4 0 R"})


def cyclic_length() -> bytes:
    """A stream whose length is the stream itself."""
    body = b"<</Type/Pages/Count 1/Kids[3 0 R]/Length 2 0 R>>\nstream\nx\nendstream"
    return assemble({**ONE_PAGE, 2: body})


KINDS: dict[str, Callable[[], bytes]] = {
    **{
        kind.__name__: kind
        for kind in (
            pages_dag,
            fields_dag,
            fields_cycle,
            pages_cycle,
            prev_loop,
            long_chain,
            nested,
            nested_dictionaries,
            flate_bomb,
            huge_count,
            many_fields,
            long_number,
            endless_string,
            references_loop,
            cyclic_length,
        )
    },
    **{f"xref_of_{count}": partial(xref_of, count) for count in (10_000_000, 999_999_999_999)},
    **{f"xref_stream_of_{count}": partial(xref_stream_of, count) for count in (2_000_000, 60_000_000)},
}


@cache
def made(name: str) -> bytes:
    """Make a kind, once: not where nobody reads it, as three seconds in each process that lists the tests."""
    return KINDS[name]()
