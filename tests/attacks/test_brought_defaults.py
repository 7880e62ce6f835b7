"""A signatory's tool that adds the defaults of text fields: taken where no field reads them, else refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, String
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

from tests.attacks.test_brought_changes import Change, base, faults, half, undated
from tests.signatures.brought import FIRST, SECOND, by_a_tool

__all__ = ["base", "half"]
DA = TextStringObject("/Helv 0 Tf 0 g ")


def named(**entries: Any) -> DictionaryObject:
    return DictionaryObject({pdf_name(f"/{key}"): value for key, value in entries.items()})


def font(name: str, **more: Any) -> DictionaryObject:
    return named(Type=pdf_name("/Font"), Subtype=pdf_name("/Type1"), BaseFont=pdf_name(name), **more)


def acrobats(writer: IncrementalPdfFileWriter) -> DictionaryObject:
    """Return /DR as Acrobat writes it: two fonts that every reader has, and one's coding."""
    coding = writer.add_object(
        named(
            Type=pdf_name("/Encoding"),
            Differences=ArrayObject([NumberObject(24), pdf_name("/breve"), pdf_name("/caron")]),
        )
    )
    fonts = named(
        Helv=writer.add_object(font("/Helvetica", Name=pdf_name("/Helv"), Encoding=coding)),
        ZaDb=writer.add_object(font("/ZapfDingbats", Name=pdf_name("/ZaDb"))),
    )
    return named(Encoding=named(PDFDocEncoding=coding), Font=fonts)


def put(writer: IncrementalPdfFileWriter, entries: dict[str, Any]) -> None:
    """Put these entries in the form."""
    form = writer.root["/AcroForm"]
    for key, value in entries.items():
        form[NameObject(key)] = value
    writer.update_container(form)


def adds(make: Callable[[IncrementalPdfFileWriter], dict[str, Any]]) -> Change:
    """Put these entries in the form before it is signed, and no date."""

    def change(writer: IncrementalPdfFileWriter) -> None:
        put(writer, make(writer))
        undated(writer)

    return change


def with_font(**entries: Any) -> Change:
    return adds(
        lambda writer: {"/DR": named(Font=named(Helv=writer.add_object(font("/Helvetica", **entries))))}
    )


HONEST: dict[str, Change] = {
    "what Acrobat adds": adds(lambda writer: {"/DA": DA, "/DR": acrobats(writer)}),
    "an appearance alone": adds(lambda writer: {"/DA": DA}),
    "fonts alone, in an object of their own": adds(
        lambda writer: {"/DR": writer.add_object(named(Font=named(Helv=font("/Helvetica"))))}
    ),
    "no colour": adds(lambda writer: {"/DA": TextStringObject("/Helv 12 Tf")}),
}


def painting(writer: IncrementalPdfFileWriter) -> Any:
    return writer.add_object(
        StreamObject(
            named(Type=pdf_name("/XObject"), Subtype=pdf_name("/Form")), stream_data=b"BT (1 euro) Tj ET"
        )
    )


REFUSED: dict[str, Change] = {
    "a form that paints": adds(lambda writer: {"/DR": named(XObject=named(FRM=painting(writer)))}),
    "a form that paints, for a font": adds(lambda writer: {"/DR": named(Font=named(Helv=painting(writer)))}),
    "a form that paints, for a coding": adds(
        lambda writer: {"/DR": named(Font=named(), Encoding=named(Code=painting(writer)))}
    ),
    "resources that are a stream": adds(lambda writer: {"/DR": painting(writer)}),
    "a pattern": adds(lambda writer: {"/DR": named(Font=named(), Pattern=named(P=painting(writer)))}),
    "a font of its own": with_font(FontDescriptor=named(Type=pdf_name("/FontDescriptor"))),
    "a font whose letters are drawings": adds(
        lambda writer: {
            "/DR": named(
                Font=named(
                    Helv=named(
                        Type=pdf_name("/Font"),
                        Subtype=pdf_name("/Type3"),
                        CharProcs=named(a=painting(writer)),
                    )
                )
            )
        }
    ),
    "a font that nobody has": adds(lambda writer: {"/DR": named(Font=named(Helv=font("/Mienne")))}),
    "a name that is a list": adds(
        lambda writer: {
            "/DR": named(
                Font=named(
                    H=named(Type=pdf_name("/Font"), Subtype=pdf_name("/Type1"), BaseFont=ArrayObject())
                )
            )
        }
    ),
    "letters that are objects": with_font(
        Encoding=named(Differences=ArrayObject([NumberObject(1), named(S=pdf_name("/JavaScript"))]))
    ),
    "too many fonts": adds(
        lambda writer: {"/DR": named(Font=named(**{f"F{one}": font("/Helvetica") for one in range(21)}))}
    ),
    "an appearance that paints": adds(
        lambda writer: {"/DA": TextStringObject("/Helv 0 Tf 0 g BT (1 euro) Tj ET")}
    ),
    "an appearance that is none": adds(lambda writer: {"/DA": NumberObject(1)}),
    "an alignment": adds(lambda writer: {"/Q": NumberObject(2)}),
    "an order of calculation": adds(lambda writer: {"/DA": DA, "/CO": ArrayObject()}),
}


@pytest.mark.parametrize("change", HONEST)
def test_defaults_that_nothing_reads_are_no_change(change: str, base: bytes, half: bytes) -> None:
    document = by_a_tool(base, change=HONEST[change])
    with pikepdf.open(io.BytesIO(document)) as pdf:
        assert "/DA" in pdf.Root.AcroForm or "/DR" in pdf.Root.AcroForm
    assert not faults(document, [FIRST])
    assert not faults(by_a_tool(half, SECOND, change=HONEST[change]), [FIRST, SECOND])
    assert not faults(by_a_tool(document, SECOND, change=undated), [FIRST, SECOND])


@pytest.mark.parametrize("change", REFUSED)
def test_defaults_that_could_paint_are_refused(change: str, base: bytes, half: bytes) -> None:
    assert "forbidden_change" in faults(by_a_tool(base, change=REFUSED[change]), [FIRST])
    assert "forbidden_change" in faults(by_a_tool(half, SECOND, change=REFUSED[change]), [FIRST, SECOND])


def other(**entries: Any) -> Change:
    """Change one entry of the defaults that are there."""
    return adds(lambda writer: {f"/{key}": value for key, value in entries.items()})


REPLACED: dict[str, Change] = {
    "another appearance": other(DA=TextStringObject("/ZaDb 0 Tf 0 g ")),
    "other fonts": adds(lambda writer: {"/DR": named(Font=named(Helv=font("/Symbol")))}),
    "a font more": adds(
        lambda writer: {"/DR": named(**{**acrobats(writer), "Font": named(Plus=font("/Courier"))})}
    ),
}


def rewritten(writer: IncrementalPdfFileWriter) -> None:
    place = writer.root["/AcroForm"]["/DR"]["/Font"].raw_get("/Helv").reference
    writer.objects[(0, place.idnum)] = font("/Symbol")
    undated(writer)


REPLACED["the font itself"] = rewritten


@pytest.mark.parametrize("change", REPLACED)
def test_defaults_that_are_there_are_not_replaced(change: str, base: bytes) -> None:
    first = by_a_tool(base, change=HONEST["what Acrobat adds"])
    found = faults(by_a_tool(first, SECOND, change=REPLACED[change]), [FIRST, SECOND])
    assert "forbidden_change" in found


def holding(base: bytes, make: Callable[[pikepdf.Pdf], None]) -> bytes:
    """Return the contract to sign with something more in it, printed so."""
    with pikepdf.open(io.BytesIO(base)) as pdf:
        make(pdf)
        out = io.BytesIO()
        pdf.save(out, compress_streams=False)
    return out.getvalue()


def annotated(**entries: Any) -> Callable[[pikepdf.Pdf], None]:
    def make(pdf: pikepdf.Pdf) -> None:
        found = Dictionary(Type=Name.Annot, Rect=Array([50, 400, 300, 500]), **entries)
        pdf.pages[0].obj.Annots = Array([pdf.make_indirect(found)])

    return make


def a_text_field(pdf: pikepdf.Pdf) -> None:
    found = Dictionary(FT=Name.Tx, T=String("Prix"), V=String("1 euro"))
    pdf.Root.AcroForm.Fields.append(pdf.make_indirect(found))


def drawn_with(pdf: pikepdf.Pdf, **entries: Any) -> None:
    drawing = pdf.make_stream(
        b"BT /Helv 12 Tf (1 euro) Tj ET", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9], **entries
    )
    pdf.Root.AcroForm.Fields[1].AP = Dictionary(N=drawing)


READING: dict[str, Callable[[pikepdf.Pdf], None]] = {
    "a text field": a_text_field,
    "a note without a drawing": annotated(
        Subtype=Name.FreeText, Contents=String("1 €"), DA=String("/Helv 0 Tf")
    ),
    "a place of no form": annotated(Subtype=Name.Widget, FT=Name.Tx, T=String("Prix"), V=String("1 €")),
    "a drawing whose fonts are elsewhere": drawn_with,
}


@pytest.mark.parametrize("holds", READING)
def test_a_file_that_could_read_them_takes_none(holds: str, base: bytes) -> None:
    document = holding(base, READING[holds])
    added = by_a_tool(document, change=HONEST["what Acrobat adds"])
    assert "forbidden_change" in faults(added, [FIRST])
    assert "forbidden_change" not in faults(by_a_tool(document, change=undated), [FIRST]), "but for them"


SHOWN: dict[str, Callable[[pikepdf.Pdf], None]] = {
    "a link": annotated(Subtype=Name.Link, A=Dictionary(S=Name.URI, URI=String("https://a.test"))),
    "a drawing that names its own": lambda pdf: drawn_with(pdf, Resources=Dictionary()),
}


@pytest.mark.parametrize("shown", SHOWN)
def test_what_is_shown_by_itself_stays_so(shown: str, base: bytes) -> None:
    document = holding(base, SHOWN[shown])
    assert not faults(by_a_tool(document, change=HONEST["what Acrobat adds"]), [FIRST])


def test_nobody_but_a_signatory_adds_them(half: bytes) -> None:
    """A revision that signs nothing brings nothing."""
    writer, out = IncrementalPdfFileWriter(io.BytesIO(half)), io.BytesIO()
    HONEST["what Acrobat adds"](writer)
    writer.write(out)
    assert faults(out.getvalue(), [FIRST]) & {"changed_after_last", "forbidden_change"}
