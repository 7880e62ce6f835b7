"""PDFs to sign, built as ``contracts`` does: every field and its lock placed before any signature."""

from __future__ import annotations

import io

import pikepdf
from pikepdf import Array, Dictionary, Name, String

FIELDS = ["Signataire-01", "Signataire-02"]


def build(fields: list[str] | None = None, *, pages: int = 2, padding: int = 0) -> bytes:
    """Return a PDF of ``pages`` pages whose last one has a signature box for each field.

    ``padding`` adds that many incompressible bytes, to reach the size of a real contract.
    """
    names = FIELDS if fields is None else fields
    pdf = pikepdf.new()
    for number in range(1, pages + 1):
        page = pdf.add_blank_page(page_size=(595, 842))
        text = f"BT /F1 14 Tf 72 760 Td (Contrat de securite integree, page {number}) Tj ET".encode()
        page.Contents = pdf.make_stream(text)
        page.Resources = Dictionary(
            Font=Dictionary(F1=Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica))
        )
    last = pdf.pages[-1]
    widgets = [_widget(pdf, last, name, index, names) for index, name in enumerate(names)]
    last.Annots = pdf.make_indirect(Array(widgets))
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array(widgets), SigFlags=1))
    if padding:
        pdf.Root.Padding = pdf.make_stream(_noise(padding))
    pdf.docinfo["/Title"] = "Contrat de Clairval"
    output = io.BytesIO()
    pdf.save(output, deterministic_id=True)
    return output.getvalue()


def _widget(pdf: pikepdf.Pdf, page: pikepdf.Page, name: str, index: int, names: list[str]) -> pikepdf.Object:
    left = 60 + 260 * (index % 2)
    bottom = 90 + 130 * (index // 2)
    lock = Dictionary(Type=Name.SigFieldLock)
    if index == len(names) - 1:
        lock.Action, lock.P = Name.All, 1
    else:
        lock.Action, lock.Fields = Name.Exclude, Array([String(later) for later in names[index + 1 :]])
    appearance = pdf.make_stream(b"")
    appearance.update(Dictionary(Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 235, 110])))
    return pdf.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(name),
            TU=String(f"Signature {name}"),
            F=132,
            P=page.obj,
            Rect=Array([left, bottom, left + 235, bottom + 110]),
            Lock=pdf.make_indirect(lock),
            AP=Dictionary(N=appearance),
        )
    )


def _noise(size: int) -> bytes:
    """Return ``size`` bytes that do not compress, the same each time."""
    state, octets = 1, bytearray()
    for _step in range(size):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        octets.append(state >> 16 & 0xFF)
    return bytes(octets)
