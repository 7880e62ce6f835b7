"""The CMS of a PAdES baseline signature, written directly in DER.

RFC 5652 (SignedData), RFC 5035 (signing-certificate-v2), EN 319 122-1 and EN 319 142-1
§ 6.3: no signing-time, content-type and message-digest signed, the certificates but the
root embedded. Building the same through a general ASN.1 library costs 90 % of the time
of a signature.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from contextlib import suppress

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from signatures.errors import WrongSignatureValue

DIGEST_ALGORITHM = "sha256"


def sha256(data: bytes) -> bytes:
    """Return the SHA-256 of ``data`` (32 bytes)."""
    return hashlib.sha256(data).digest()


def tlv(tag: int, *contents: bytes) -> bytes:
    """Return one DER value: ``tag`` (one octet), definite length, ``contents`` put together."""
    body = b"".join(contents)
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + body


def oid(dotted: str) -> bytes:
    """Return the DER of an object identifier."""
    first, second, *others = (int(part) for part in dotted.split("."))
    encoded = b""
    for arc in (first * 40 + second, *others):
        septets = [arc & 0x7F]
        while arc := arc >> 7:
            septets.append(0x80 | (arc & 0x7F))
        encoded += bytes(reversed(septets))
    return tlv(0x06, encoded)


def _sequence(*contents: bytes) -> bytes:
    return tlv(0x30, *contents)


def _set_of(*contents: bytes) -> bytes:
    return tlv(0x31, *sorted(contents))


DATA = oid("1.2.840.113549.1.7.1")
SIGNED_DATA = oid("1.2.840.113549.1.7.2")
CONTENT_TYPE = oid("1.2.840.113549.1.9.3")
MESSAGE_DIGEST = oid("1.2.840.113549.1.9.4")
SIGNING_TIME = oid("1.2.840.113549.1.9.5")
SIGNING_CERTIFICATE_V2 = oid("1.2.840.113549.1.9.16.2.47")
COMMITMENT_TYPE = oid("1.2.840.113549.1.9.16.2.16")
PROOF_OF_APPROVAL = oid("1.2.840.113549.1.9.16.6.5")
TIMESTAMP_TOKEN = oid("1.2.840.113549.1.9.16.2.14")
SHA256 = _sequence(oid("2.16.840.1.101.3.4.2.1"))
ECDSA_SHA256 = _sequence(oid("1.2.840.10045.4.3.2"))
RSA_SHA256 = _sequence(oid("1.2.840.113549.1.1.11"), b"\x05\x00")
SALT = 32  # octets: as long as the digest (RFC 4056 § 3)
PSS_PARAMETERS = _sequence(
    tlv(0xA0, SHA256),
    tlv(0xA1, _sequence(oid("1.2.840.113549.1.1.8"), SHA256)),
    tlv(0xA2, tlv(0x02, bytes((SALT,)))),
)
PSS_SHA256 = _sequence(oid("1.2.840.113549.1.1.10"), PSS_PARAMETERS)
VERSION_1 = b"\x02\x01\x01"


def signed_attributes(certificate: bytes, digest: bytes) -> bytes:
    """Return the DER of the attributes to sign: a SET OF, sorted.

    ``certificate`` is DER, ``digest`` the SHA-256 of the document's byte range.
    """
    commitment = _sequence(COMMITMENT_TYPE, tlv(0x31, _sequence(PROOF_OF_APPROVAL)))
    return _set_of(*_attributes(certificate, digest), commitment)


def sealed_attributes(certificate: bytes, digest: bytes, moment: dt.datetime | None) -> bytes:
    """Return the DER of the attributes that an organisation seals: it approves nothing, it vouches.

    ``moment`` (aware) is the signing-time that CAdES asks for (EN 319 122-1 § 6.3), and PAdES forbids.
    """
    attributes = _attributes(certificate, digest)
    if moment is not None:
        utc = moment.astimezone(dt.UTC)
        written = tlv(0x17, f"{utc:%y%m%d%H%M%SZ}".encode())
        attributes.append(_sequence(SIGNING_TIME, tlv(0x31, written)))
    return _set_of(*attributes)


def _attributes(certificate: bytes, digest: bytes) -> list[bytes]:
    issuer, serial = _issuer_and_serial(certificate)
    issuer_serial = _sequence(_sequence(tlv(0xA4, issuer)), serial)
    identifier = _sequence(tlv(0x04, sha256(certificate)), issuer_serial)
    return [
        _sequence(CONTENT_TYPE, tlv(0x31, DATA)),
        _sequence(MESSAGE_DIGEST, tlv(0x31, tlv(0x04, digest))),
        _sequence(SIGNING_CERTIFICATE_V2, tlv(0x31, _sequence(_sequence(identifier)))),
    ]


def assemble(
    certificate: bytes, chain: tuple[bytes, ...], attributes: bytes, value: bytes, token: bytes | None
) -> bytes:
    """Return the DER ContentInfo of one signature.

    ``attributes`` is what ``signed_attributes`` gave, ``value`` what the key made of it,
    ``token`` the RFC 3161 time-stamp token over ``value`` (None at level B-B).
    """
    issuer, serial = _issuer_and_serial(certificate)
    unsigned = b""
    if token is not None:
        unsigned = tlv(0xA1, _sequence(TIMESTAMP_TOKEN, tlv(0x31, token)))
    signer = _sequence(
        VERSION_1,
        _sequence(issuer, serial),
        SHA256,
        b"\xa0" + attributes[1:],  # the SET OF under its implicit tag (RFC 5652 § 5.3)
        _algorithm(certificate, attributes, value),
        tlv(0x04, value),
        unsigned,
    )
    embedded = sorted({certificate, *(other for other in chain if not _is_root(other))})
    signed_data = _sequence(
        VERSION_1, _set_of(SHA256), _sequence(DATA), tlv(0xA0, *embedded), tlv(0x31, signer)
    )
    return _sequence(SIGNED_DATA, tlv(0xA0, signed_data))


def normalised_value(certificate: bytes, attributes: bytes, value: bytes) -> bytes:
    """Check that ``value`` signs ``attributes`` and return it as CMS wants it.

    A card answers r‖s (IEEE P1363) where CMS wants ECDSA-Sig-Value (RFC 3279 § 2.2.3). An RSA key may
    sign by PKCS#1 v1.5 or by PSS. Raises WrongSignatureValue.
    """
    key = x509.load_der_x509_certificate(certificate).public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            if _way(key, attributes, value) is None:
                raise WrongSignatureValue
            return value
        if isinstance(key, ec.EllipticCurvePublicKey):
            half = (key.key_size + 7) // 8
            if len(value) == 2 * half:
                r, s = int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big")
                value = utils.encode_dss_signature(r, s)
            key.verify(value, attributes, ec.ECDSA(hashes.SHA256()))
            return value
    except InvalidSignature:
        raise WrongSignatureValue from None
    raise WrongSignatureValue


def _algorithm(certificate: bytes, attributes: bytes, value: bytes) -> bytes:
    """Return the AlgorithmIdentifier (DER) by which ``value`` was made, whether it is right or not."""
    key = x509.load_der_x509_certificate(certificate).public_key()
    if not isinstance(key, rsa.RSAPublicKey):
        return ECDSA_SHA256
    return _way(key, attributes, value) or RSA_SHA256


def _way(key: rsa.RSAPublicKey, attributes: bytes, value: bytes) -> bytes | None:
    """Return by which of an RSA key's two ways a value verifies: its holder does not always say."""
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), SALT)
    for way, identifier in ((padding.PKCS1v15(), RSA_SHA256), (pss, PSS_SHA256)):
        with suppress(InvalidSignature):
            key.verify(value, attributes, way, hashes.SHA256())
            return identifier
    return None


def size_bound(certificate: bytes, chain: tuple[bytes, ...], token_room: int) -> int:
    """Return how many bytes the CMS of this signer may take, with ``token_room`` for its time-stamp."""
    issuer, _serial = _issuer_and_serial(certificate)
    return len(certificate) + sum(map(len, chain)) + 3 * len(issuer) + 1024 + token_room


def serial_of(certificate: bytes) -> str:
    """Return the serial number of a DER certificate, in lower-case hexadecimal."""
    return f"{x509.load_der_x509_certificate(certificate).serial_number:x}"


def validity_of(certificate: bytes) -> tuple[dt.datetime, dt.datetime]:
    """Return the first and the last instant (UTC) at which a DER certificate is in force."""
    parsed = x509.load_der_x509_certificate(certificate)
    return parsed.not_valid_before_utc, parsed.not_valid_after_utc


def _issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    parsed = asn1_x509.Certificate.load(certificate)["tbs_certificate"]
    return parsed["issuer"].dump(), parsed["serial_number"].dump()


def _is_root(certificate: bytes) -> bool:
    parsed = x509.load_der_x509_certificate(certificate)
    return parsed.subject == parsed.issuer
