"""Who signs second with a tool of one's own, on a file as it is printed: tables in streams, XMP, a « ’ ».

The tool writes the properties anew in its way, and raises the version for its curve; all else is refused.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pikepdf
import pytest
from pikepdf import Name, String
from pyhanko.pdf_utils.extensions import DeveloperExtension, DevExtensionMultivalued
from pyhanko.pdf_utils.generic import NameObject
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures import actions, blobs, brought, output
from signatures.brought import DocumentRefused
from signatures.models import Envelope
from tests.attacks.test_brought_defaults import DA, acrobats, put
from tests.signatures import documents
from tests.signatures.brought import FIRST, SECOND, bring, by_a_tool
from tests.signatures.conftest import Signatories, ask, run_jobs

XMP = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="xmp-writer"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:pdf="http://ns.adobe.com/pdf/1.3/"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">Contrat de
 l’Orme</rdf:li></rdf:Alt></dc:title><pdf:Keywords>CSI</pdf:Keywords><xmp:CreatorTool>Typst</xmp:CreatorTool>
</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>"""


def printed() -> bytes:
    """Return a contract as the compositor writes it."""
    with pikepdf.open(io.BytesIO(documents.build())) as pdf:
        pdf.docinfo["/Title"] = String("Contrat de l’Orme")
        pdf.Root.Metadata = pdf.make_stream(XMP.encode(), Type=Name.Metadata, Subtype=Name.XML)
        out = io.BytesIO()
        pdf.save(out, object_stream_mode=pikepdf.ObjectStreamMode.generate, deterministic_id=True)
    assert b"/Type /XRef" in out.getvalue()
    return out.getvalue()


@pytest.fixture
def half_signed(signatories: Signatories) -> Envelope:
    """An envelope whose first signature is made, by a key of ours."""
    envelope = actions.open_envelope(
        title="Contrat",
        document_sha256=blobs.put(printed()),
        fields=documents.FIELDS,
        specimen=True,
        idempotency_key="second",
    )
    ask(envelope, FIRST, signatories.prefect)
    run_jobs()
    envelope.refresh_from_db()
    return envelope


def serial_of(document: bytes) -> str:
    """Return the serial number of the certificate that signed last."""
    signed = PdfFileReader(io.BytesIO(document)).embedded_signatures[-1].signer_cert
    return f"{signed.serial_number:x}"


@pytest.mark.django_db(transaction=True)
def test_the_second_brings_what_a_tool_writes(signatories: Signatories, half_signed: Envelope) -> None:
    before = blobs.get(half_signed.current_sha256)
    email = signatories.prefect.get_username()  # a key of P-256: the tool says so by an extension of PDF 2.0
    document = by_a_tool(before, SECOND, "B-B", person=email)
    with pikepdf.open(io.BytesIO(document)) as pdf:
        assert pdf.Root.Version == Name("/2.0")
        assert pdf.Root.Extensions.ISO_[0].ExtensionLevel == 32002
        assert b"pyHanko" in pdf.Root.Metadata.read_bytes()
    found = brought.examined(document, before, SECOND)
    output.refuse_brought(document, half_signed, SECOND, serial_of(document), found)
    mayor = signatories.mayor.get_username()
    second = by_a_tool(before, SECOND, "B-B", person=mayor, change=_as_acrobat)
    request = bring(half_signed, SECOND, signatories.mayor, second)
    run_jobs()
    request.refresh_from_db()
    assert request.state == request.State.DONE, request.error_text


def _as_acrobat(writer: Any) -> None:
    put(writer, {"/DA": DA, "/DR": acrobats(writer)})


def _title(writer: Any) -> None:
    writer.document_meta.title = "Un autre titre"


def _keywords(writer: Any) -> None:
    writer.document_meta.keywords = ["AUTRE"]


def _extension(prefix: str, level: int, **more: Any) -> Callable[[Any], None]:
    """Register an extension of the format that no signature needs."""

    def change(writer: Any) -> None:
        found = DeveloperExtension(NameObject(f"/{prefix}"), NameObject("/2.0"), level, **more)
        writer.register_extension(found)

    return change


CHANGES: dict[str, Callable[[Any], None]] = {
    "a title": _title,
    "keywords": _keywords,
    "an extension of another standard": _extension(
        "ISO_", 24654, url="https://www.iso.org", multivalued=DevExtensionMultivalued.ALWAYS
    ),
    "an extension of somebody": _extension("FORG", 1),
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_no_signature_needs_is_refused(
    signatories: Signatories, half_signed: Envelope, change: Callable[[Any], None]
) -> None:
    email, before = signatories.mayor.get_username(), blobs.get(half_signed.current_sha256)
    document = by_a_tool(before, SECOND, "B-B", person=email, change=change)
    with pytest.raises(DocumentRefused, match="Signataire-01"):
        found = brought.examined(document, before, SECOND)
        output.refuse_brought(document, half_signed, SECOND, serial_of(document), found)
