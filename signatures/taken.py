"""What a sealed file holds, taken out of it: each signature and time-stamp, certificates, revocation.

For who checks it with other tools than ours: each piece is a file that ``openssl`` reads. Of our own sealed
files alone, and never of what a stranger sent.
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from asn1crypto import cms, crl, ocsp, tsp, x509
from django.utils import timezone
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signatures.lists.trusting import AT_HAND, Anchors
from signatures.plain import visible
from signatures.reading import Reader
from signatures.roots import load_roots


@dataclass(frozen=True)
class Taken:
    """One signature, or the time-stamp of a document: where it is in the file, and its pieces (DER).

    ``byte_range`` is that of the file (ISO 32000-2 § 12.8.1), ``cms`` what its hole holds. Of a signature,
    ``value`` is the signature's value and ``token`` the time-stamp over it; of a time-stamp both are empty.
    ``at`` is the hour that the token proves.
    """

    field: str
    is_timestamp: bool
    byte_range: tuple[int, int, int, int]
    cms: bytes
    value: bytes
    token: bytes
    certificate: bytes
    at: dt.datetime


@dataclass(frozen=True)
class Known:
    """What an authority says of a certificate: its answer (OCSP) or its list (CRL), DER; who issued it."""

    certificate: bytes
    issuer: bytes
    said: bytes
    is_list: bool


@dataclass(frozen=True)
class Pieces:
    """All that a file holds: what was signed, by whom, and what the authorities say; certificates in DER."""

    taken: list[Taken]
    certificates: list[bytes]
    answers: list[bytes]
    lists: list[bytes]
    known: list[Known]


def pieces_of(document: bytes) -> Pieces:
    """Take a sealed ``document`` apart; what pyHanko raises, of a file that is not ours."""
    reader = Reader(document)
    embedded = sorted(reader.embedded_signatures, key=lambda one: int(one.signed_revision))
    certificates: dict[bytes, x509.Certificate] = {}
    for one in embedded:
        found = extract_certificate_info(one.signed_data)
        for certificate in (found.signer_cert, *found.other_certs):
            certificates.setdefault(certificate.dump(), certificate)
    store = DocumentSecurityStore.read_dss(reader)
    for certificate in store.load_certs():
        certificates.setdefault(certificate.dump(), certificate)
    roots = {root.dump() for root in load_roots()}
    answers = sorted(reference.get_object().data for reference in store.ocsps)
    lists = sorted(reference.get_object().data for reference in store.crls)
    taken = [_taken(one) for one in embedded]
    return Pieces(
        taken=taken,
        certificates=sorted(der for der in certificates if der not in roots),
        answers=answers,
        lists=lists,
        known=_known(taken, [*certificates.values(), *load_roots()], answers, lists),
    )


def _taken(one: EmbeddedPdfSignature) -> Taken:
    content = cms.ContentInfo.load(bytes(one.pkcs7_content))
    signer = content["content"]["signer_infos"][0]
    is_timestamp = str(one.sig_object.get("/Type")) == "/DocTimeStamp"
    token = b"" if is_timestamp else _token(signer)
    der = content.dump()
    begin, length, resume, rest = (int(number) for number in one.byte_range)
    return Taken(
        field=visible(one.field_name),
        is_timestamp=is_timestamp,
        byte_range=(begin, length, resume, rest),
        cms=der,
        value=b"" if is_timestamp else bytes(signer["signature"].native),
        token=token,
        certificate=one.signer_cert.dump(),
        at=token_hour(token or der),
    )


def _token(signer: cms.SignerInfo) -> bytes:
    for attribute in signer["unsigned_attrs"]:
        if attribute["type"].native == "signature_time_stamp_token":
            return bytes(attribute["values"][0].dump())
    raise ValueError("a signature without a time-stamp")


def token_hour(token: bytes) -> dt.datetime:
    """Return the hour that a time-stamp token (RFC 3161, DER) says; nothing is verified."""
    info = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
    if not isinstance(info, tsp.TSTInfo):
        raise ValueError("not a time-stamp")
    hour: dt.datetime = info["gen_time"].native
    return hour


def _known(
    taken: list[Taken], certificates: list[x509.Certificate], answers: list[bytes], lists: list[bytes]
) -> list[Known]:
    """Join each signatory's certificate to what the file holds of it: an answer, or else a list."""
    found: dict[bytes, Known] = {}
    for one in taken:
        certificate = x509.Certificate.load(one.certificate)
        issuers = [each for each in certificates if each.subject == certificate.issuer]
        said = None if one.is_timestamp or not issuers else _said_of(certificate, answers, lists)
        if said is not None:
            found[one.certificate] = Known(one.certificate, issuers[0].dump(), *said)
    return list(found.values())


def _said_of(
    certificate: x509.Certificate, answers: list[bytes], lists: list[bytes]
) -> tuple[bytes, bool] | None:
    for answer in answers:
        for single in ocsp.OCSPResponse.load(answer).response_data["responses"]:
            if single["cert_id"]["serial_number"].native == certificate.serial_number:
                return answer, False
    for each in lists:
        if crl.CertificateList.load(each).issuer == certificate.issuer:
            return each, True
    return None


def pem(*certificates: bytes) -> bytes:
    """Return certificates (DER) as one PEM file."""
    lines = []
    for der in certificates:
        text = base64.b64encode(der).decode()
        body = [text[at : at + 64] for at in range(0, len(text), 64)]
        lines += ["-----BEGIN CERTIFICATE-----", *body, "-----END CERTIFICATE-----"]
    return "".join(f"{line}\n" for line in lines).encode()


def named(certificate: bytes) -> str:
    """Return the name of a certificate's subject as people read it, made harmless."""
    subject = x509.Certificate.load(certificate).subject
    return visible(str(subject.native.get("common_name") or subject.human_friendly))


def believed(certificates: Iterable[bytes], moment: dt.datetime) -> list[bytes]:
    """Return whom this installation believes (DER): its roots, then those of ``certificates`` on a list.

    By the lists at hand (``lists.standing.at_hand``) that answer for ``moment``. Raises NoTrustRoot.
    """
    now, roots = timezone.now(), load_roots()
    anchors = Anchors(roots, [one for one in AT_HAND.get() or () if not one.doubt(moment, now)])
    parsed = {der: x509.Certificate.load(der) for der in certificates}
    listed = sorted(der for der, one in parsed.items() if one.ca and anchors.is_root(one))
    ours = [root.dump() for root in roots]
    return [*ours, *(der for der in listed if der not in ours)]


def issuers_of_token(token: bytes) -> list[bytes]:
    """Return the certificates (DER) that a time-stamp token brings with it."""
    found = cms.ContentInfo.load(token)["content"]["certificates"]
    return [one.chosen.dump() for one in found if one.name == "certificate"]
