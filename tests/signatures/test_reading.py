"""pyHanko's reader as we spare it work: what it reads is what it read."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError, PdfStreamError

from signatures import reading


def read(how: object, data: bytes) -> tuple[object, object]:
    """Return what a reader of strings makes of ``data``, or its refusal, and where it stops."""
    stream = BytesIO(data)
    stream.seek(2)
    try:
        found = how(stream)  # type: ignore[operator]
    except (PdfError, ValueError) as refusal:
        return type(refusal), str(refusal)
    return (type(found), found), stream.tell()


def same(written: bytes) -> object:
    """Assert that both ways read the same, and return what."""
    data = b"0 <" + written
    ours, theirs = read(reading._read_hex_string, data), read(reading._read_hex_string_slowly, data)
    assert ours == theirs
    return ours[0]


@given(st.lists(st.sampled_from([b"0", b"9", b"a", b"F", b" ", b"\n", b"\0", b"%x\n", b">", b"g"])))
def test_any_string_is_read_as_before(parts: list[bytes]) -> None:
    same(b"".join(parts))


@pytest.mark.parametrize(
    "written",
    [
        *(b">", b"41>", b"4>", b"414>", b"4 1 >", b"41", b"", b"4%comment\n1>", b"FEFF00E9>", b"41>42>"),
        *(
            b"ab" * 4_095 + b">",
            b"ab" * 4_096 + b">",
            b"ab" * 4_096,
            b"ab" * 20_000 + b"z>",
            b"a" * 8_193 + b">",
        ),
    ],
)
def test_pieces_and_ends_do_not_show(written: bytes) -> None:
    same(written)


def test_a_string_is_text_or_octets_and_anything_else_is_refused() -> None:
    assert same(b"FEFF00E9>") == (generic.TextStringObject, "é")
    assert same(b"80FF>") == (generic.TextStringObject, generic.pdf_string(b"\x80\xff"))
    assert same(b"zz>") is PdfStreamError
    assert generic.read_hex_string_from_stream is reading._read_hex_string
