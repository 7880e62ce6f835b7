"""What a validated file holds, for who reads its report: each signature, each time-stamp, what came after.

Gathered beside the verdict, in the limited process, and of no weight in it. Bytes are in base64 and texts
made harmless (``plain``), so that all of it is JSON data.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asn1crypto import cms, tsp, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signatures import stamps
from signatures.plain import visible

MAX_STAMPS = 60


@dataclass(frozen=True)
class Later:
    """What one revision after a signature brought: ``what`` and the name of its field, if it has one.

    ``what`` is « signature », « timestamp », « proofs » (of revocation, ISO 32000-2 § 12.8.4.3) or « other ».
    """

    what: str
    field: str
    revision: int


@dataclass(frozen=True)
class SignatureFacts:
    """One person's signature as the file has it; revisions are counted from 0.

    ``attributes_digest`` is that of the signed attributes as a SET OF (RFC 5652 § 5.4), which the
    signature's value is over; ``references`` are the certificates that they name (RFC 5035).
    """

    field: str
    revision: int
    byte_range: list[int]
    later: list[Later]
    issuer: str
    digest_algorithm: str
    document_digest: str
    message_digest: str
    attributes_digest: str
    value: str
    certificate: str
    references: list[dict[str, str]]
    sub_filter: str
    filter: str
    texts: dict[str, str]  # « reason », « name », « contact_info », « location » as the file has them
    keeps_proofs: bool


@dataclass(frozen=True)
class StampFacts:
    """One time-stamp: of a signature, or of the document as it was in its revision."""

    field: str
    revision: int
    is_document: bool
    authority: str
    at: dt.datetime
    indication: str
    ok: bool
    token: str
    certificate: str


@dataclass(frozen=True)
class Evidence:
    """What the file is, and what it holds; lists are empty where it could not be read."""

    sha256: str
    size: int
    pages: int = 0
    revisions: int = 0
    signatures: list[SignatureFacts] = field(default_factory=list)
    stamps: list[StampFacts] = field(default_factory=list)

    def of(self, name: str) -> SignatureFacts | None:
        """Return what is known of the signature of this field."""
        return next((one for one in self.signatures if one.field == name), None)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON data, dates in ISO 8601."""
        data = dataclasses.asdict(self)
        for stamp in data["stamps"]:
            stamp["at"] = stamp["at"].isoformat()
        return data

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Evidence:
        """Return what ``as_dict`` wrote; raises KeyError, TypeError or ValueError."""
        signatures = [
            SignatureFacts(**{**one, "later": [Later(**each) for each in one["later"]]})
            for one in data["signatures"]
        ]
        found = [StampFacts(**{**one, "at": dt.datetime.fromisoformat(one["at"])}) for one in data["stamps"]]
        return cls(**{**data, "signatures": signatures, "stamps": found})


def bare(pdf: bytes | Path) -> Evidence:
    """Return what is known of a file that nobody could read; raises OSError."""
    if isinstance(pdf, bytes):
        return Evidence(hashlib.sha256(pdf).hexdigest(), len(pdf))
    with pdf.open("rb") as file:
        return Evidence(hashlib.file_digest(file, "sha256").hexdigest(), file.tell())


def gather(pdf: bytes, reader: PdfFileReader, tokens: list[stamps.Stamp]) -> Evidence:
    """Return what the file holds; raises whatever the parsers do on a hostile one."""
    signed = list(reader.embedded_regular_signatures)
    return Evidence(
        hashlib.sha256(pdf).hexdigest(),
        len(pdf),
        int(reader.root["/Pages"]["/Count"]),
        int(reader.xrefs.total_revisions),
        [_signature(reader, one) for one in signed],
        [_stamp(one) for one in tokens[:MAX_STAMPS]],
    )


def _signature(reader: PdfFileReader, signature: EmbeddedPdfSignature) -> SignatureFacts:
    entry = signature.sig_object
    info = signature.signer_info
    attributes: cms.CMSAttributes = info["signed_attrs"]
    algorithm = info["digest_algorithm"]["algorithm"].native
    as_a_set = attributes.untag().dump()
    certificate = signature.signer_cert
    revision = int(signature.signed_revision)
    return SignatureFacts(
        field=visible(signature.field_name),
        revision=revision,
        byte_range=[int(part) for part in entry["/ByteRange"]],
        later=list(_later(reader, revision)),
        issuer=visible(_named(certificate.issuer)),
        digest_algorithm=algorithm,
        document_digest=_base64(signature.compute_digest()),
        message_digest=_base64(_attribute(attributes, "message_digest") or b""),
        attributes_digest=_base64(hashlib.new(algorithm, as_a_set).digest()),
        value=_base64(info["signature"].native),
        certificate=_base64(certificate.dump()),
        references=list(_references(attributes)),
        sub_filter=visible(str(entry.get("/SubFilter", ""))[1:]),
        filter=visible(str(entry.get("/Filter", ""))[1:]),
        texts={
            name: visible(str(entry[key]))
            for name, key in (
                ("reason", "/Reason"),
                ("name", "/Name"),
                ("contact_info", "/ContactInfo"),
                ("location", "/Location"),
            )
            if key in entry
        },
        keeps_proofs=stamps.keeps_proofs(reader),
    )


def _later(reader: PdfFileReader, revision: int) -> Iterator[Later]:
    """Yield what each revision after this one brought, in their order."""
    brought = {int(one.signed_revision): one for one in reader.embedded_signatures}
    for number in range(revision + 1, int(reader.xrefs.total_revisions)):
        one = brought.get(number)
        grew = _proofs(reader, number) > _proofs(reader, number - 1)
        if grew:
            yield Later("proofs", "", number)
        if one is not None:
            is_stamp = one.sig_object_type == "/DocTimeStamp"
            yield Later("timestamp" if is_stamp else "signature", visible(one.field_name), number)
        elif not grew:
            yield Later("other", "", number)


def _proofs(reader: PdfFileReader, revision: int) -> int:
    """Count what the file keeps of certificates and revocation as of a revision."""
    root = reader.get_historical_root(revision)
    if "/DSS" not in root:
        return 0
    return sum(len(root["/DSS"].get(kind, ())) for kind in ("/Certs", "/OCSPs", "/CRLs"))


def _stamp(stamp: stamps.Stamp) -> StampFacts:
    certificate = extract_certificate_info(stamp.token).signer_cert
    return StampFacts(
        field=visible(stamp.field),
        revision=stamp.revision,
        is_document=stamp.is_document,
        authority=visible(_named(certificate.subject)),
        at=stamp.at,
        indication=visible(stamp.indication.standard_name),
        ok=stamp.ok,
        token=_base64(cms.ContentInfo({"content_type": "signed_data", "content": stamp.token}).dump()),
        certificate=_base64(certificate.dump()),
    )


def _references(attributes: cms.CMSAttributes) -> Iterator[dict[str, str]]:
    """Yield the certificates that the signed attributes name: algorithm, digest, issuer and number."""
    for name in ("signing_certificate_v2", "signing_certificate"):
        value = _attribute(attributes, name)
        if value is None:
            continue
        attribute = next(one["values"][0] for one in attributes if one["type"].native == name)
        for one in attribute["certs"]:
            is_first = isinstance(one, tsp.ESSCertID)
            serial = one["issuer_serial"]
            yield {
                "algorithm": "sha1" if is_first else one["hash_algorithm"]["algorithm"].native,
                "digest": _base64(one["cert_hash"].native),
                "issuer_serial": _base64(serial.dump()) if serial.native else "",
            }
        return


def _attribute(attributes: cms.CMSAttributes, name: str) -> Any:
    return next((one["values"][0].native for one in attributes if one["type"].native == name), None)


def _named(name: x509.Name) -> str:
    facts = name.native
    found = facts.get("common_name") or facts.get("organization_name") or name.human_friendly
    return found if isinstance(found, str) else ", ".join(found)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
