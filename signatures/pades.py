"""The PDF side of a signature: prepare the file, put the CMS in, bring it to B-LTA.

Nothing here knows the database; the callers run it outside any transaction.
"""

from __future__ import annotations

import base64
import datetime as dt
import io
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from asn1crypto import cms as asn1_cms
from asn1crypto import x509 as asn1_x509
from django.conf import settings
from pyhanko.pdf_utils.form_tools import annot_width_height
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.layout import LayoutError
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import BasePdfFileWriter
from pyhanko.sign.fields import MDPPerm, SigFieldSpec, SigSeedSubFilter, enumerate_sig_fields
from pyhanko.sign.general import SigningError, extract_certificate_info
from pyhanko.sign.signers.constants import ESIC_EXTENSION_1
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_cms import ExternalSigner
from pyhanko.sign.signers.pdf_signer import PdfSignatureMetadata, PdfSigner, PdfTimeStamper
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import InsufficientRevinfoError, PathError, RevokedError, ValidationError
from pyhanko_certvalidator.path import ValidationPath

from signatures import clocks, cms, knowledge, stamp, stamps, verification
from signatures.backends import SigningCertificate
from signatures.delays import RevocationTooEarly
from signatures.errors import (
    CertificateUntrusted,
    RevocationUnknown,
    UnsignableDocument,
)
from signatures.foreseen import Foreseen, Unforeseen
from signatures.reading import Reader
from signatures.timestamps import CheckedTimeStamper
from signatures.trust import online_context

# A token with two certificates takes 4 to 6 KB; some authorities send a longer chain.
TOKEN_ROOM = 12_000
SEAL_ROOM = 32_000


class _Revision(IncrementalPdfFileWriter):
    """An incremental update that leaves /Info and the XMP metadata alone.

    pyHanko renews their dates in every revision; whoever validates could then not tell
    that from a change of the title after the signature.
    """

    def _update_meta(self) -> None:
        pass


@dataclass(frozen=True)
class Prepared:
    """A file that waits for its CMS: ``document`` has a hole from ``start`` to ``end``.

    ``digest`` is the SHA-256 of the rest; ``attributes`` the DER that the key signs.
    """

    document: bytes
    digest: bytes
    start: int
    end: int
    attributes: bytes

    def as_json(self) -> dict[str, Any]:
        """Return all but the document, to be stored."""
        return {
            "digest": base64.b64encode(self.digest).decode(),
            "digest_algorithm": cms.DIGEST_ALGORITHM,
            "start": self.start,
            "end": self.end,
            "signed_attributes": base64.b64encode(self.attributes).decode(),
        }


_sound: deque[bytes] = deque(maxlen=16)  # digests of the last documents found sound


def refuse_unsound(document: bytes) -> None:
    """Raise UnsignableDocument when a signature over ``document`` would vouch for what it hides.

    To be asked before any key or authority: another revision would cover, and so cover up,
    junk, hidden objects or changes after an earlier signature. What the same bytes were found to be is
    remembered: a step asks before it asks anybody else, and again where it writes.
    """
    digest = cms.sha256(document)
    if digest in _sound:
        return
    try:
        verification.refuse_backwards(verification.examine(document))
    except verification.Fault as fault:
        raise UnsignableDocument(fault.message.rstrip(".")) from fault
    _sound.append(digest)


def forget() -> None:
    """Look again at what was found sound in this process."""
    _sound.clear()


class _Signer(PdfSigner):
    """Declares in the file that it holds PAdES signatures, and nothing that depends on the key.

    pyHanko also declares the curve of an ECDSA key (ISO/TS 32002) and raises the version of the file for
    it: after another signature has certified the file, that would be a change which no reader may accept
    (ISO 32000-2 § 12.8.2.2), and the print says PDF/A, whose version is its own.
    """

    def register_extensions(self, pdf_out: BasePdfFileWriter, *, md_algorithm: str) -> None:
        """Declare PAdES alone (ETSI EN 319 142-1)."""
        pdf_out.register_extension(ESIC_EXTENSION_1)


async def prepare(
    document: bytes,
    field_name: str,
    certificate: SigningCertificate,
    *,
    first: bool,
    last: bool,
    stamp_lines: list[str],
    specimen: bool,
    moment: dt.datetime,
) -> Prepared:
    """Add the revision of this signature to ``document``, with a hole for the CMS.

    The first signature certifies and lets only fields be filled in (DocMDP 2), the last
    one allows nothing more (DocMDP 1); which fields each locks is in the /Lock of the
    field (ISO 32000-2 § 12.8.2). Raises UnsignableDocument.
    """
    refuse_unsound(document)
    permissions = MDPPerm.NO_CHANGES if last and not first else MDPPerm.FILL_FORMS
    metadata = _metadata(field_name, certificate, certify=first, docmdp_permissions=permissions)
    with _unsignable():
        writer = _Revision.from_reader(Reader(document))
        style = _style(writer, field_name, stamp_lines, specimen=specimen, moment=moment)
        signer = _Signer(metadata, _holder(certificate), stamp_style=style)
        made = partial(cms.signed_attributes, certificate.certificate)
        return await _with_hole(signer, writer, certificate, made, existing_fields_only=True)


async def prepare_seal(document: bytes, field_name: str, certificate: SigningCertificate) -> Prepared:
    """Add to ``document``, which has none, the revision of an organisation's seal, with a hole for the CMS.

    Out of sight. It certifies, and allows only proofs and time-stamps (DocMDP 1). Raises UnsignableDocument.
    """
    refuse_unsound(document)
    metadata = _metadata(field_name, certificate, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    with _unsignable():
        writer = _Revision.from_reader(Reader(document))
        signer = _Signer(metadata, _holder(certificate), new_field_spec=SigFieldSpec(field_name))
        made = partial(cms.sealed_attributes, certificate.certificate, moment=None)
        return await _with_hole(signer, writer, certificate, made)


def _metadata(field_name: str, certificate: SigningCertificate, **rules: Any) -> PdfSignatureMetadata:
    return PdfSignatureMetadata(
        field_name=field_name,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm=cms.DIGEST_ALGORITHM,
        name=certificate.common_name,
        **rules,
    )


def _holder(certificate: SigningCertificate) -> ExternalSigner:
    return ExternalSigner(asn1_x509.Certificate.load(certificate.certificate), None)


@contextmanager
def _unsignable() -> Iterator[None]:
    try:
        yield
    except (PdfError, SigningError, LayoutError) as error:
        raise UnsignableDocument(str(error)) from error


async def _with_hole(
    signer: PdfSigner,
    writer: IncrementalPdfFileWriter,
    certificate: SigningCertificate,
    attributes: Callable[[bytes], bytes],
    **rules: Any,
) -> Prepared:
    output = io.BytesIO()
    rules["bytes_reserved"] = 2 * cms.size_bound(certificate.certificate, certificate.chain, TOKEN_ROOM)
    made, _tbs, _out = await signer.async_digest_doc_for_signing(writer, output=output, **rules)
    hole = made.reserved_region_start, made.reserved_region_end
    return Prepared(output.getvalue(), made.document_digest, *hole, attributes(made.document_digest))


def embed(document: bytes, prepared: dict[str, Any], signature: bytes) -> bytes:
    """Return the prepared ``document`` with ``signature`` (DER) in its hole."""
    output = io.BytesIO(document)
    hole = PreparedByteRangeDigest(base64.b64decode(prepared["digest"]), prepared["start"], prepared["end"])
    try:
        hole.fill_with_cms(output, signature)
    except SigningError as error:
        raise UnsignableDocument(str(error)) from error
    return output.getvalue()


async def timestamp_token(value: bytes, *, listed: bool = False) -> bytes:
    """Return an RFC 3161 token (DER) over a signature value; raises TimestampUnavailable, NoTrustRoot.

    It has room beside the signature; ``listed``: see CheckedTimeStamper.
    """
    stamper = CheckedTimeStamper(room=TOKEN_ROOM, listed=listed)
    token = await stamper.async_timestamp(cms.sha256(value), cms.DIGEST_ALGORITHM)
    return bytes(token.dump())


async def seal(document: bytes, stamper: TimeStamper | None = None) -> bytes:
    """Return the signed ``document`` at level B-LTA (EN 319 142-1 § 5.5), in one more revision.

    The revision holds, for every signature and time-stamp, the certificates and what the
    authorities say of them now (DSS, no VRI), then a document time-stamp over the whole.
    Raises TimestampUnavailable, RevocationUnknown, RevocationTooEarly, CertificateUntrusted or
    UnsignableDocument.
    """
    return await _covered(document, stamper, renewed=False)


async def renew(document: bytes, stamper: TimeStamper | None = None) -> bytes:
    """Return a document at level B-LTA with one more time-stamp, and the proofs of the last one before it.

    What the authorities said of the signatories is in the file already, and they say no more of a
    certificate that has ended. Raises as :func:`seal` does.
    """
    return await _covered(document, stamper, renewed=True)


async def _covered(document: bytes, stamper: TimeStamper | None, *, renewed: bool) -> bytes:
    refuse_unsound(document)
    asked = Foreseen(stamper or CheckedTimeStamper(room=SEAL_ROOM))
    try:
        while True:
            try:
                return await _stamped(document, asked, renewed=renewed)
            except Unforeseen as another:
                asked.foresee(another.token)
    except TimeoutError as error:
        raise RevocationUnknown("", "no answer in time") from error


async def _stamped(document: bytes, stamper: Foreseen, *, renewed: bool) -> bytes:
    """Write the revision, with the proofs of whoever is foreseen to stamp it; raises Unforeseen."""
    output = io.BytesIO()
    async with online_context() as context:
        reader = Reader(document)
        try:
            last = sorted(reader.embedded_timestamp_signatures, key=lambda one: int(one.signed_revision))[-1:]
            covered = last if renewed else reader.embedded_regular_signatures
            people = [] if renewed else [one.signed_data for one in covered]
            tokens = [token for one in covered for token in stamps.tokens_in(one)]
            await stamper.foresee_as(tokens[-1] if tokens else None)
            paths = await _paths(people, [*tokens, *stamper.tokens], context)
            if not renewed:
                _refuse_early(reader, context)
            writer = _Revision.from_reader(reader)
            # all the proofs under the time-stamp: it then covers the file to its last byte
            DocumentSecurityStore.supply_dss_in_writer(writer, None, paths=paths, validation_context=context)
            await PdfTimeStamper(stamper).async_timestamp_pdf(
                writer, cms.DIGEST_ALGORITHM, bytes_reserved=2 * stamper.reserved, output=output
            )
        except InsufficientRevinfoError as error:
            raise RevocationUnknown("", str(error)) from error
        except RevokedError as error:
            raise CertificateUntrusted("", str(error)) from error
        except (PathError, ValidationError) as error:
            raise CertificateUntrusted("", str(error)) from error
        except (PdfError, SigningError) as error:
            raise UnsignableDocument(str(error)) from error
    return output.getvalue()


async def _paths(
    people: list[asn1_cms.SignedData], tokens: list[asn1_cms.SignedData], context: ValidationContext
) -> list[ValidationPath]:
    """Return the path of each certificate that made one of these signatures or time-stamps.

    The context keeps what the authorities say meanwhile; each certificate is asked about once.
    """
    validators: dict[bytes, tuple[CertificateValidator, set[str]]] = {}
    for data in {id(one): one for one in (*people, *tokens)}.values():
        found = extract_certificate_info(data)
        context.certificate_registry.register_multiple(found.other_certs)
        usage = set() if any(data is one for one in people) else {"time_stamping"}
        validator = CertificateValidator(found.signer_cert, None, context)
        validators.setdefault(found.signer_cert.dump(), (validator, set()))[1].update(usage)
    return [await one.async_validate_usage(set(), usage) for one, usage in validators.values()]


def _refuse_early(reader: PdfFileReader, context: ValidationContext) -> None:
    """Raise RevocationTooEarly until the authorities have spoken of each signatory after their signature.

    What one said before proves nothing of the moment of the signature (EN 319 102-1 § 5.2.5). Clocks may
    differ; ``settings.REVOCATION_AFTER_SIGNATURE`` says whether it is asked.
    """
    if not settings.REVOCATION_AFTER_SIGNATURE:
        return
    known = knowledge.knowledge_from(context.ocsps, context.crls)
    for signature in reader.embedded_regular_signatures:
        signed_at = stamps.signed_at(signature)
        if signed_at is None:
            continue
        known_at = knowledge.known_at(known, signature.signer_cert)
        if known_at is None or known_at < signed_at - clocks.TOLERANCE:
            raise RevocationTooEarly(f"{signature.signer_cert.serial_number:x}", known_at)


def signature_fields(document: bytes) -> list[str]:
    """Return the names of the PDF's signature fields, in order; raises UnsignableDocument."""
    try:
        return [name for name, _value, _ref in enumerate_sig_fields(PdfFileReader(io.BytesIO(document)))]
    except PdfError as error:
        raise UnsignableDocument(str(error)) from error


def _style(
    writer: IncrementalPdfFileWriter,
    field_name: str,
    lines: list[str],
    *,
    specimen: bool,
    moment: dt.datetime,
) -> Any:
    """Return the stamp for the box of this field."""
    for _name, _value, reference in enumerate_sig_fields(writer, with_name=field_name):
        field = reference.get_object()
        width, height = annot_width_height(field["/Kids"][0] if "/Kids" in field else field)
        text = stamp.stamp_text(lines, moment, specimen=specimen)
        return stamp.stamp_style(text, width, height, specimen=specimen)
    raise SigningError(f"no field {field_name}")
