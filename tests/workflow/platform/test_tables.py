"""Tables as strangers may write them: what is read is text; what is no table is said so, cheaply."""

from __future__ import annotations

import io
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workflow.platform import columns
from workflow.platform.tables import ROWS, Unreadable, read

HEAD = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
)
TAIL = "</office:spreadsheet></office:body></office:document-content>"


def cell(text: str, attributes: str = "") -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def sheet(*rows: str) -> str:
    return f"<table:table>{''.join(rows)}</table:table>"


def ods(content: str | bytes, name: str = "content.xml") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(name, content)
    return out.getvalue()


def cells(content: bytes) -> list[tuple[int, list[str]]]:
    return [(line.number, line.cells) for line in read(content)]


@pytest.mark.parametrize(
    "content",
    [
        "organisation;nom\r\nPréfecture de l’Éveil;Œuf\r\n".encode("utf-8-sig"),
        "organisation,nom\nPréfecture de l’Éveil,Œuf".encode(),
        "organisation;nom\r\nPréfecture de l’Éveil;Œuf\r\n".encode("cp1252"),
        "organisation\tnom\r\nPréfecture de l’Éveil\tŒuf\r\n".encode("utf-16"),
        ods(
            HEAD
            + sheet(row(cell("organisation"), cell("nom")), row(cell("Préfecture de l’Éveil"), cell("Œuf")))
            + TAIL
        ),
    ],
)
def test_each_way_of_writing_is_read_alike(content: bytes) -> None:
    assert cells(content) == [(1, ["organisation", "nom"]), (2, ["Préfecture de l’Éveil", "Œuf"])]


def test_a_line_has_the_number_that_its_author_sees() -> None:
    assert cells(b'a;b\n\n"x\ny";z\n;\nlast;\n') == [(1, ["a", "b"]), (3, ["x\ny", "z"]), (6, ["last"])]
    empty = row(cell(""), attributes='table:number-rows-repeated="3"')
    far = row(cell(""), attributes='table:number-rows-repeated="1048000"')
    content = ods(HEAD + sheet(row(cell("a")), empty, row(cell("b")), far) + TAIL)
    assert cells(content) == [(1, ["a"]), (5, ["b"])]


def test_a_number_is_read_as_it_is_and_a_formula_as_what_it_shows() -> None:
    number = 'office:value-type="float" office:value='
    content = ods(
        HEAD
        + sheet(
            row(
                cell("61 001", f'{number}"61001"'),
                cell("7,33E+13", f'{number}"73282932000074"'),
                cell("1 sept.", 'office:value-type="date" office:date-value="2026-09-01T00:00:00"'),
                cell("montré", 'table:formula="of:=WEBSERVICE(&quot;http://x.example&quot;)"'),
                cell("=1+1"),
                '<table:table-cell table:number-columns-repeated="2"/>',
                "<table:table-cell><office:annotation><text:p>note</text:p></office:annotation><text:p>vu</text:p>"
                "<text:p>deux</text:p></table:table-cell>",
                '<table:table-cell table:number-columns-repeated="16000"/>',
            )
        )
        + TAIL
    )
    assert cells(content) == [
        (1, ["61001", "73282932000074", "2026-09-01", "montré", "=1+1", "", "", "vu deux"])
    ]


def test_the_first_sheet_that_holds_something_is_read() -> None:
    content = ods(HEAD + sheet(row(cell(""))) + sheet(row(cell("a"))) + sheet(row(cell("b"))) + TAIL)
    assert cells(content) == [(1, ["a"])]


DTD = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
HOSTILE = {
    "empty": b"",
    "blank": b"\xef\xbb\xbf \r\n;;;\r\n",
    "nul": b"a;b\nx\0;y\n",
    "no text": b"\x81\x8d\x8f\x90\x9d;\n",
    "half a quote": b'a;b\n"x;y\nz;t\n',
    "an image": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "no archive": b"PK\x03\x04 nothing",
    "another archive": ods("x", name="word/document.xml"),
    "a bomb": ods(b" " * (30 * 1024 * 1024)),
    "entities": ods(DTD + HEAD + sheet(row(cell("&b;"))) + TAIL),
    "an entity of a file": ods(
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + HEAD + sheet(row(cell("&a;"))) + TAIL
    ),
    "broken xml": ods(HEAD + "<table:table>"),
    "too many lines": b"a\n" + b"x\n" * ROWS,
    "one line for all": ods(
        HEAD + sheet(row(cell("x"), attributes='table:number-rows-repeated="1048576"')) + TAIL
    ),
    "too many columns": b";".join([b"x"] * 41),
    "a column for all": ods(HEAD + sheet(row(cell("x", 'table:number-columns-repeated="16384"'))) + TAIL),
    "a long cell": b"x" * 6001,
    "too large": b"x" * (2 * 1024 * 1024 + 1),
    "deep": ods(HEAD + "<a>" * 200_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_table_is_said_so_cheaply(name: str) -> None:
    tracemalloc.start()
    before = time.process_time()
    with pytest.raises(Unreadable):
        read(HOSTILE[name])
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.process_time() - before < 5
    assert peak < 100 * 1024 * 1024


def test_an_encrypted_file_is_named() -> None:
    content = bytearray(ods(HEAD + TAIL))
    central = content.rindex(b"PK\x01\x02")
    local = content.index(b"content.xml") - 30
    for place in (local + 6, central + 8):
        content[place] |= 1  # « encrypted »
    with pytest.raises(Unreadable, match="mot de passe"):
        read(bytes(content))


@given(st.binary(max_size=300))
@settings(max_examples=300)
def test_any_bytes_are_a_table_or_a_sentence(content: bytes) -> None:
    for start in (b"", b"PK\x03\x04"):
        try:
            read(start + content)
        except Unreadable as error:
            assert str(error).endswith((".", "»"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"organisation;couleur\nx;y\n", "Colonne inconnue"),
        (b"organisation;nom;nom\nx;y;z\n", "deux fois"),
        (b"nom;courriel\nx;y\n", "manque la colonne"),
        (b"organisation\n", "aucune ligne"),
        (b"organisation;nom\nx;y;z\n", "Ligne 2"),
    ],
)
def test_headings_are_those_of_the_template(content: bytes, said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        columns.named(read(content))


def test_headings_are_read_whatever_their_case_and_accents() -> None:
    lines = columns.named(read(b"ORGANISATION;Role; Prenom \nx;y;z\n"))
    assert lines == [(2, {"name": "x", "role": "y", "first_name": "z"})]
