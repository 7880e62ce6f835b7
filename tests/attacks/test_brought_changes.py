"""A signatory whose tool changes more than it signs, in the very revision that their signature closes."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pyhanko.pdf_utils.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    NumberObject,
    StreamObject,
    TextStringObject,
    pdf_name,
)
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm

from signatures import output
from signatures.validation import validate_here
from tests.pki import ServedPki
from tests.signatures import documents
from tests.signatures.brought import FIRST, SECOND, by_a_tool
from tests.signatures.stages import make_people

Change = Callable[[IncrementalPdfFileWriter], None]
TITLE = b"Contrat de Clairval"


@pytest.fixture(scope="module")
def base(pki: ServedPki) -> bytes:
    """A contract to sign."""
    make_people()
    return documents.build(metadata=True)


@pytest.fixture(scope="module")
def half(base: bytes) -> bytes:
    """The same, with the first signature."""
    return by_a_tool(base, change=undated)


def undated(writer: IncrementalPdfFileWriter) -> None:
    writer._update_meta = lambda: None  # type: ignore[method-assign]  # no date of pyHanko's own


def faults(document: bytes, fields: list[str]) -> set[str]:
    """Return what the page would say of it, but for the time-stamp that we add ourselves."""
    report = validate_here(document, expected=fields, intermediate=True)
    assert all(problem.message for problem in report.problems)
    return {problem.code for problem in report.problems} - output.WILL_BE_STAMPED


def _first_page(writer: IncrementalPdfFileWriter) -> Any:
    return writer.root["/Pages"]["/Kids"][0]


def _paint(writer: IncrementalPdfFileWriter) -> Any:
    return writer.add_object(StreamObject(stream_data=b"BT /F1 40 Tf 60 400 Td (1 euro) Tj ET"))


def other_text(writer: IncrementalPdfFileWriter) -> None:
    page = _first_page(writer)
    page[NameObject("/Contents")] = _paint(writer)
    writer.update_container(page)


def rewritten_text(writer: IncrementalPdfFileWriter) -> None:
    contents = _first_page(writer).raw_get("/Contents").reference
    writer.objects[(0, contents.idnum)] = StreamObject(stream_data=b"BT /F1 40 Tf (1 euro) Tj ET")


def one_page_less(writer: IncrementalPdfFileWriter) -> None:
    tree = writer.root["/Pages"]
    tree[NameObject("/Kids")] = ArrayObject(list(tree["/Kids"])[:1])
    tree[NameObject("/Count")] = NumberObject(1)
    writer.update_container(tree)


def a_note(writer: IncrementalPdfFileWriter) -> None:
    page = writer.root["/Pages"]["/Kids"][1]
    note = DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Rect"): ArrayObject(map(NumberObject, (50, 400, 545, 800))),
            pdf_name("/Contents"): TextStringObject("Nul et non avenu"),
        }
    )
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])


def a_moved_place(writer: IncrementalPdfFileWriter) -> None:
    widget = writer.root["/AcroForm"]["/Fields"][1]
    widget[pdf_name("/Rect")] = ArrayObject(map(NumberObject, (0, 0, 595, 842)))
    writer.update_container(widget)


def the_others_stamp(writer: IncrementalPdfFileWriter) -> None:
    widget = writer.root["/AcroForm"]["/Fields"][1]
    widget[pdf_name("/MK")] = DictionaryObject({pdf_name("/CA"): TextStringObject("Signé")})
    writer.update_container(widget)


def no_lock(writer: IncrementalPdfFileWriter) -> None:
    for widget in writer.root["/AcroForm"]["/Fields"]:
        del widget.get_object()["/Lock"]
        writer.update_container(widget.get_object())


def a_field_more(writer: IncrementalPdfFileWriter) -> None:
    form = writer.root["/AcroForm"]
    new = {
        pdf_name("/FT"): pdf_name("/Tx"),
        pdf_name("/T"): TextStringObject("Prix"),
        pdf_name("/V"): TextStringObject("1 euro"),
    }
    form["/Fields"].append(writer.add_object(DictionaryObject(new)))
    writer.update_container(form["/Fields"])


def _root(key: str, value: Any) -> Change:
    def change(writer: IncrementalPdfFileWriter) -> None:
        writer.root[pdf_name(key)] = value
        writer.update_root()

    return change


def an_unused_page(writer: IncrementalPdfFileWriter) -> None:
    writer.add_object(DictionaryObject({pdf_name("/Type"): pdf_name("/Page")}))


def _info(key: str, said: str) -> Change:
    def change(writer: IncrementalPdfFileWriter) -> None:
        info = writer.trailer["/Info"]
        info[pdf_name(key)] = TextStringObject(said)
        writer.update_container(info)
        undated(writer)

    return change


def xmp(old: bytes, new: bytes) -> Change:
    def change(writer: IncrementalPdfFileWriter) -> None:
        place = writer.root.raw_get("/Metadata").reference
        assert old in documents.XMP
        entries = {pdf_name("/Type"): pdf_name("/Metadata"), pdf_name("/Subtype"): pdf_name("/XML")}
        writer.objects[(0, place.idnum)] = StreamObject(
            entries, stream_data=documents.XMP.replace(old, new, 1)
        )
        undated(writer)

    return change


CHANGES: dict[str, Change] = {
    "another text": other_text,
    "the text written anew": rewritten_text,
    "one page less": one_page_less,
    "a note on a page": a_note,
    "another's place": a_moved_place,
    "another's stamp": the_others_stamp,
    "no lock any more": no_lock,
    "a field more": a_field_more,
    "an action at the opening": _root(
        "/OpenAction", DictionaryObject({pdf_name("/S"): pdf_name("/JavaScript")})
    ),
    "another language": _root("/Lang", TextStringObject("zz")),
    "another right": _root("/Perms", DictionaryObject({pdf_name("/UR3"): DictionaryObject()})),
    "a page that serves nothing": an_unused_page,
}
PROPERTIES: dict[str, Change] = {
    "the title": _info("/Title", "Avenant"),
    "an author": _info("/Author", "Un autre"),
    "a date that is none": _info("/ModDate", "Nul et non avenu"),
    "the title in XMP": xmp(TITLE, b"Avenant"),
    "the title in XMP, as if by a tool": xmp(TITLE, TITLE + b' xmp:CreatorTool="et son avenant"'),
    "the title in XMP, as if by another tool": xmp(TITLE, TITLE + b" pdf:Producer='et son avenant'"),
    "a property whose name ends as a tool's": xmp(
        b"<xmp:CreatorTool>Typst", b'<dc:subject dcxmp:CreatorTool="Nul"/><xmp:CreatorTool>Typst'
    ),
    "XMP that is no XML": xmp(b"<dc:title>", b"xmp:CreatorTool>Nul</xmp:CreatorTool><dc:title>"),
    "another's namespace for the tool's": xmp(b"http://ns.adobe.com/xap/1.0/", b"http://ailleurs.test/"),
}
CHANGES |= PROPERTIES


@pytest.mark.parametrize("change", CHANGES)
def test_who_signs_first_does_nothing_but_sign(change: str, base: bytes) -> None:
    assert "forbidden_change" in faults(by_a_tool(base, change=CHANGES[change]), [FIRST])


@pytest.mark.parametrize("change", [*PROPERTIES, "another text"])
def test_nor_does_who_signs_after(change: str, half: bytes) -> None:
    assert "forbidden_change" in faults(by_a_tool(half, SECOND, change=CHANGES[change]), [FIRST, SECOND])


HONEST: dict[str, Change] = {
    "its name and its date": lambda writer: None,
    "a producer": _info("/Producer", "Acrobat Pro 2026"),
    "a tool's name in XMP": xmp(b"CreatorTool>Typst<", b"CreatorTool>Acrobat Pro 2026<"),
    "a date in XMP": xmp(b"2026-11-01T10:00:00Z", b"2026-11-27T10:00:00+01:00"),
    "an attribute in XMP": xmp(b'rdf:about=""', b'rdf:about="" pdf:Producer="Acrobat"'),
    "another toolkit": xmp(b'xmptk="Typst"', b'xmptk="Adobe XMP Core 9.1"'),
}


@pytest.mark.parametrize("change", HONEST)
def test_what_a_tool_says_of_itself_is_no_change(change: str, base: bytes, half: bytes) -> None:
    assert not faults(by_a_tool(base, change=HONEST[change]), [FIRST])
    assert not faults(by_a_tool(half, SECOND, change=HONEST[change]), [FIRST, SECOND])


def test_who_signs_first_leaves_the_others_their_place(base: bytes) -> None:
    """A certification that forbids all change would make the next signature break it."""
    closed: Any = {"certify": True, "docmdp_permissions": MDPPerm.NO_CHANGES}
    assert faults(by_a_tool(base, **closed), [FIRST]) == {"closed_too_early"}


@pytest.mark.parametrize(
    ("lock", "code"),
    [
        (FieldMDPSpec(FieldMDPAction.ALL), "closed_too_early"),
        (FieldMDPSpec(FieldMDPAction.INCLUDE, ["Autre"]), "not_certified"),
    ],
    ids=["of every field", "of none"],
)
def test_a_lock_is_the_one_of_its_field(
    lock: FieldMDPSpec, code: str, base: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FieldMDPSpec, "from_pdf_object", lambda said: lock)
    document = by_a_tool(base)
    monkeypatch.undo()
    assert code in faults(document, [FIRST])


def test_who_signs_last_closes_the_document(half: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before the key's work is taken: sealing would refuse it for good, once all have signed."""
    lock = FieldMDPSpec(FieldMDPAction.EXCLUDE, ["Autre"])
    monkeypatch.setattr(FieldMDPSpec, "from_pdf_object", lambda said: lock)
    document = by_a_tool(half, SECOND)
    monkeypatch.undo()
    assert "not_closed" in faults(document, [FIRST, SECOND])


def test_properties_that_were_not_there_are_an_object_of_their_own(base: bytes) -> None:
    """A reader shows the title of any object that the trailer calls /Info."""

    def direct(writer: IncrementalPdfFileWriter) -> None:
        undated(writer)
        writer._info = None
        writer.trailer["/Info"] = DictionaryObject({pdf_name("/Title"): TextStringObject("Avenant")})

    with pikepdf.open(io.BytesIO(base)) as pdf:
        del pdf.trailer.Info
        saved = io.BytesIO()
        pdf.save(saved, compress_streams=False)
    bare = saved.getvalue()
    document = by_a_tool(bare, change=direct)
    assert b"Avenant" in document[len(bare) :]
    assert "forbidden_change" in faults(document, [FIRST])
