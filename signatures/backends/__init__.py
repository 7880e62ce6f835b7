"""The means of signing: one file for each kind, behind one narrow interface.

A person enrols a key (:class:`signatures.models.EnrolledKey`): its certificate, and by which of these
means it is used. To add a means, write ``signatures/backends/<code>.py`` and its line in ``REGISTRY``;
``tests/signatures/test_backends.py`` then runs on it by itself.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import hashlib
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID, ObjectIdentifier
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from signatures.errors import UnknownBackend
from signatures.key_errors import UnreadableCertificate
from signatures.models import EnrolledKey

REGISTRY = {
    "card": "signatures.backends.card.CardBackend",
    "demo": "signatures.backends.demo.DemoBackend",
    "upload": "signatures.backends.upload.UploadBackend",
    "csc": "signatures.backends.csc.RemoteBackend",
    "pkcs11": "signatures.backends.pkcs11.ModuleBackend",
}

SignatureAlgorithm = Literal["ecdsa", "rsa"]
Brings = Literal["value", "document"]


@dataclass(frozen=True)
class SigningCertificate:
    """The certificate that a person would sign with.

    ``certificate`` and each of ``chain`` (the issuer first, the root last) are DER;
    ``key_bits`` is the size of the key; ``serial`` is hexadecimal, lower case.
    """

    certificate: bytes
    chain: tuple[bytes, ...]
    algorithm: SignatureAlgorithm
    key_bits: int
    not_before: dt.datetime
    not_after: dt.datetime
    common_name: str
    organisation: str
    title: str
    serial: str

    def as_dict(self) -> dict[str, Any]:
        """Return what a page shows of it."""
        return {
            "common_name": self.common_name,
            "organisation": self.organisation,
            "title": self.title,
            "serial": self.serial,
            "algorithm": self.algorithm,
            "not_before": self.not_before.isoformat(),
            "not_after": self.not_after.isoformat(),
        }

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of its DER, in lower-case hexadecimal."""
        return hashlib.sha256(self.certificate).hexdigest()


def certificate_of(certificate: bytes, chain: tuple[bytes, ...] = ()) -> SigningCertificate:
    """Return what is needed of a DER certificate; raises UnreadableCertificate, also for other keys.

    ``chain``: the DER of its authorities, the issuer first.
    """
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        key = parsed.public_key()
        common_name = _subject(parsed, NameOID.COMMON_NAME)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise UnreadableCertificate from error
    if not isinstance(key, ec.EllipticCurvePublicKey | rsa.RSAPublicKey):
        raise UnreadableCertificate
    return SigningCertificate(
        certificate=certificate,
        chain=tuple(chain),
        algorithm="rsa" if isinstance(key, rsa.RSAPublicKey) else "ecdsa",
        key_bits=key.key_size,
        not_before=parsed.not_valid_before_utc,
        not_after=parsed.not_valid_after_utc,
        common_name=common_name,
        organisation=_subject(parsed, NameOID.ORGANIZATION_NAME),
        title=_subject(parsed, NameOID.TITLE),
        serial=f"{parsed.serial_number:x}",
    )


def certificate_in(key: EnrolledKey) -> SigningCertificate:
    """Return the certificate that was enrolled, as its row keeps it."""
    chain = tuple(base64.b64decode(other) for other in key.chain)
    return certificate_of(bytes(key.certificate), chain)


@dataclass(frozen=True)
class AwaitingSignatory:
    """The key is with the person: what it makes comes later, until ``expires_at`` (aware).

    By ``actions.supply_signature``.
    """

    expires_at: dt.datetime


class Backend(Protocol):
    """A means of signing.

    - software key or PKCS#11 token: ``sign`` returns the value;
    - remote signing (CSC API), card on the signatory's own machine, tool of their own: ``sign`` returns
      AwaitingSignatory, and what the key made is handed in;
    - a service that does not answer is a BackendUnavailable (tried again), a refusal any permanent error.

    ``proves``: the key's own code proves who signs, so that no other proof is asked beforehand.
    ``brings``: what comes back, the value of the signature or the whole signed document.
    ``specimen``: what it signs is worth nothing, and says so.
    """

    code: str
    label: str | Promise
    specimen: bool
    proves: bool
    brings: Brings

    def certificate_for(self, key: EnrolledKey) -> SigningCertificate:
        """Return the certificate that this key signs with now, without any network.

        Raises NoCertificate.
        """
        ...

    def sign(
        self, key: EnrolledKey, signed_attributes: bytes, digest_algorithm: str
    ) -> bytes | AwaitingSignatory:
        """Sign the DER of a SET OF signed attributes (RFC 5652 § 5.4).

        ``digest_algorithm`` is « sha256 », « sha384 » or « sha512 ». Returns the raw value: an
        ECDSA-Sig-Value in DER (or its r‖s), a PKCS#1 v1.5 block, or PSS with a salt as long as the digest.
        """
        ...


class HeldByItsOwner:
    """A means whose key is with its person, and proves by its own code who signs; its value comes later.

    ``patience`` is how long a signature waits for it.
    """

    specimen = False
    proves = True
    brings: Brings = "value"
    patience: dt.timedelta

    def certificate_for(self, key: EnrolledKey) -> SigningCertificate:
        """Return the certificate that was enrolled: nothing else signs."""
        return certificate_in(key)

    def sign(
        self, key: EnrolledKey, signed_attributes: bytes, digest_algorithm: str
    ) -> bytes | AwaitingSignatory:
        """Wait for its person."""
        return AwaitingSignatory(timezone.now() + self.patience)


@functools.cache
def backend(code: str) -> Backend:
    """Return the backend named ``code``; raises UnknownBackend."""
    try:
        path = REGISTRY[code]
    except KeyError:
        raise UnknownBackend(code) from None
    found: Backend = import_string(path)()
    return found


def _subject(certificate: x509.Certificate, oid: ObjectIdentifier) -> str:
    found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
