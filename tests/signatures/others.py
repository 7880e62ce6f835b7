"""PDFs signed as other tools do: by pyHanko's own signer, which knows nothing of our contracts."""

from __future__ import annotations

import copy
import datetime as dt
import io
from functools import cache
from pathlib import Path
from typing import Any

import pikepdf
from asn1crypto import algos, cms, core, tsp
from django.conf import settings
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper

from signatures import trust
from signatures.asn1 import TimeStampResponse
from signatures.demo import pki
from signatures.demo.pki.services import Authorities
from signatures.timestamps import CheckedTimeStamper
from tests.signatures import documents

FIELD = "Signature1"


class AtAnotherTime(TimeStamper):
    """The demonstration's own authority, whose clock is wrong by ``shift``."""

    def __init__(self, shift: dt.timedelta) -> None:
        super().__init__(include_nonce=False)  # type: ignore[no-untyped-call]
        self.authorities = Authorities(lambda: dt.datetime.now(dt.UTC) + shift)

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token over this digest at the wrong time."""
        algorithm = algos.DigestAlgorithm({"algorithm": md_algorithm})
        imprint = tsp.MessageImprint({"hash_algorithm": algorithm, "hashed_message": message_digest})
        request = tsp.TimeStampReq(
            {"version": 1, "message_imprint": imprint, "nonce": core.Integer(7), "cert_req": True}
        )
        return TimeStampResponse.load(self.authorities.timestamp_answer(request.dump()))["time_stamp_token"]


def plain() -> bytes:
    """Return a PDF without any field."""
    with pikepdf.open(io.BytesIO(documents.build())) as pdf:
        del pdf.Root.AcroForm
        del pdf.pages[-1].obj.Annots
        output = io.BytesIO()
        pdf.save(output)
    return output.getvalue()


def signer(person: str, **names: str) -> SimpleSigner:
    """Return pyHanko's signer with this person's key, issued if need be."""
    path = pki.issue_person(
        person,
        names.get("name", "Camille Tiers"),
        names.get("organisation", "Société Tierce"),
        names.get("title", "Gérante"),
    )
    return copy.copy(_opened(path, path.stat().st_mtime_ns))


@cache
def _opened(path: Path, _modified: int) -> SimpleSigner:
    found = SimpleSigner.load_pkcs12_data(path.read_bytes(), [], settings.PKI_PASSPHRASE.encode())
    assert isinstance(found, SimpleSigner)
    return found


async def signed(document: bytes, level: str, person: str = "tiers@ailleurs.test", **options: Any) -> bytes:
    """Return ``document`` signed at « B-B », « B-T », « B-LT » or « B-LTA », or « CMS » (ISO 32000-1).

    ``change`` is done to the revision that is signed, by the writer.
    """
    by = options.pop("signer", None) or signer(person)
    stamper = options.pop("stamper", None) or CheckedTimeStamper()
    field = options.pop("field", FIELD)
    unstamped = options.pop("unstamped", False)
    strict = options.pop("strict", True)
    reserved = options.pop("bytes_reserved", None)
    writer, output = IncrementalPdfFileWriter(io.BytesIO(document), strict=strict), io.BytesIO()
    options.pop("change", lambda _writer: None)(writer)
    async with trust.online_context() as context:
        metadata = PdfSignatureMetadata(
            field_name=field,
            subfilter=SigSeedSubFilter.ADOBE_PKCS7_DETACHED if level == "CMS" else SigSeedSubFilter.PADES,
            md_algorithm="sha256",
            embed_validation_info=level in ("B-LT", "B-LTA"),
            validation_context=context if level in ("B-LT", "B-LTA") else None,
            use_pades_lta=level == "B-LTA",
            **options,
        )
        pdf_signer = PdfSigner(
            metadata,
            by,
            timestamper=None if level in ("B-B", "CMS") or unstamped else stamper,
            new_field_spec=SigFieldSpec(field),
        )
        await pdf_signer.async_sign_pdf(
            writer,
            existing_fields_only=False,
            bytes_reserved=reserved,
            output=output,
        )
    return output.getvalue()


async def stamped(document: bytes) -> bytes:
    """Return ``document`` with a document time-stamp and its proofs, as pyHanko adds them."""
    output = io.BytesIO()
    async with trust.online_context() as context:
        await PdfTimeStamper(CheckedTimeStamper()).async_timestamp_pdf(
            IncrementalPdfFileWriter(io.BytesIO(document)), "sha256", context, output=output
        )
    return output.getvalue()
