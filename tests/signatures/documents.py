"""PDFs to sign, built as ``contracts`` does: every field and its lock placed before any signature."""

from __future__ import annotations

import io
import random

import pikepdf
from pikepdf import Array, Dictionary, Name, String

FIELDS = ["Signataire-01", "Signataire-02"]
XMP = (  # as our printing writes it
    b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Typst">\n'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
    b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">\n'
    b'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">Contrat de Clairval</rdf:li></rdf:Alt></dc:title>\n'
    b"<xmp:CreatorTool>Typst</xmp:CreatorTool><xmp:ModifyDate>2026-11-01T10:00:00Z</xmp:ModifyDate>\n"
    b"</rdf:Description>\n</rdf:RDF>\n</x:xmpmeta>\n"
    b'<?xpacket end="r"?>'
)


def build(
    fields: list[str] | None = None,
    *,
    pages: int = 2,
    padding: int = 0,
    locks: bool = True,
    metadata: bool = False,
) -> bytes:
    """Return a PDF of ``pages`` pages whose last one has a signature box for each field.

    ``padding`` adds that many incompressible bytes, to reach the size of a real contract; without
    ``locks`` the fields say nothing of what may follow; with ``metadata`` it has XMP too, as our print does.
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
    if not locks:
        for widget in widgets:
            del widget.Lock
    last.Annots = pdf.make_indirect(Array(widgets))
    pdf.Root.AcroForm = pdf.make_indirect(Dictionary(Fields=Array(widgets), SigFlags=1))
    if padding:
        pdf.Root.Padding = pdf.make_stream(_noise(padding))
    pdf.docinfo["/Title"] = "Contrat de Clairval"
    if metadata:
        pdf.Root.Metadata = pdf.make_stream(XMP)
        pdf.Root.Metadata.update(Dictionary(Type=Name.Metadata, Subtype=Name.XML))
    output = io.BytesIO()
    pdf.save(output, deterministic_id=True, compress_streams=not metadata)
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
    return random.Random(1).randbytes(size)  # noqa: S311  (no secret)
