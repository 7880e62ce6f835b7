"""The signed attributes: they must name this document and this certificate, and say nothing else.

RFC 5652 § 5.4 (a SET OF, in DER), RFC 5035 (signing-certificate-v2), EN 319 122-1 § 5.2. A bare hash has no
attributes around it: it is refused, because nothing would say what it is the hash of.
"""

from __future__ import annotations

import hashlib

from contreseing_sign import der
from contreseing_sign.refusals import Mismatch

CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
COMMITMENT = "1.2.840.113549.1.9.16.2.16"
DATA = "1.2.840.113549.1.7.1"
PROOF_OF_APPROVAL = "1.2.840.113549.1.9.16.6.5"
REQUIRED = {CONTENT_TYPE, MESSAGE_DIGEST, SIGNING_CERTIFICATE_V2}
BARE_HASHES = {20, 28, 32, 48, 64}  # octets of SHA-1 to SHA-512


def check(attributes: bytes, certificate: bytes, digest: bytes) -> None:
    """Refuse ``attributes`` unless they are those of this document by this certificate; raises Mismatch.

    ``digest`` is the SHA-256 of the document's byte range as this program computed it.
    """
    if len(attributes) in BARE_HASHES and attributes[:1] != b"\x31":
        raise Mismatch(
            "le site demande de signer une empreinte nue, sans le document dont elle est l’empreinte"
        )
    try:
        found = _read(attributes)
        _check_each(found, certificate, digest)
    except (der.NotDer, IndexError, UnicodeError):
        raise Mismatch("les attributs à signer n’ont pas la forme attendue") from None


def _read(attributes: bytes) -> dict[str, der.Value]:
    """Return the one value of each attribute by its identifier."""
    elements = der.read(attributes, der.SET).children()
    if [element.whole for element in elements] != sorted(element.whole for element in elements):
        raise der.NotDer
    found = {}
    for element in elements:
        if element.tag != der.SEQUENCE:
            raise der.NotDer
        name, values = element.children()[0], element.children()[1:]
        identifier = der.dotted(name)
        if len(values) != 1 or values[0].tag != der.SET or identifier in found:
            raise der.NotDer
        (found[identifier],) = _one(values[0])
    return found


def _one(value: der.Value) -> list[der.Value]:
    inside = value.children()
    if len(inside) != 1:
        raise der.NotDer
    return inside


def _check_each(found: dict[str, der.Value], certificate: bytes, digest: bytes) -> None:
    if others := set(found) - REQUIRED - {COMMITMENT}:
        raise Mismatch(
            f"les attributs à signer disent autre chose que ce document ({', '.join(sorted(others))})"
        )
    if REQUIRED - set(found):
        raise Mismatch("il manque aux attributs à signer le document ou le certificat")
    if der.dotted(found[CONTENT_TYPE]) != DATA:
        raise der.NotDer
    if found[MESSAGE_DIGEST].tag != der.OCTETS or found[MESSAGE_DIGEST].content != digest:
        raise Mismatch("l’empreinte à signer n’est pas celle du document reçu")
    if COMMITMENT in found:
        kind = found[COMMITMENT].children()
        if len(kind) != 1 or der.dotted(kind[0]) != PROOF_OF_APPROVAL:
            raise Mismatch("les attributs à signer engagent à autre chose qu’à approuver ce document")
    _check_certificate(found[SIGNING_CERTIFICATE_V2], certificate)


def _check_certificate(named: der.Value, certificate: bytes) -> None:
    """Check the one ESSCertIDv2: SHA-256 by default, the certificate's own issuer and serial number."""
    wrong = Mismatch("les attributs à signer nomment un autre certificat que le vôtre")
    (certificates,) = _one(named)
    (identifier,) = _one(certificates)
    fields = identifier.children()
    if fields[0].tag != der.OCTETS:  # another hash is said before the value: ours never does
        raise der.NotDer
    if fields[0].content != hashlib.sha256(certificate).digest():
        raise wrong
    if len(fields) == 1:
        return
    if len(fields) != 2:
        raise der.NotDer
    names, serial = fields[1].children()
    (directory,) = _one(names)
    issuer, number = der.issuer_and_serial(certificate)
    if directory.tag != 0xA4 or directory.content != issuer or serial.whole != number:
        raise wrong
