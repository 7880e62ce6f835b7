"""The platform's electronic seal: over what the platform itself made, never in a person's place.

A seal shows which organisation a document comes from and that it did not change (eIDAS, articles 3 (25)
and 36); it is no signature, and says « cachet électronique » wherever it is shown. Its key is in the
organisation's hardware module; a demonstration has a SPECIMEN of software, any other installation without a
module none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone
from django.utils.translation import gettext as _

from signatures import cms, hardware, keys, pades, trust
from signatures.backends import SigningCertificate, backend, certificate_in, certificate_of
from signatures.backends.demo import demo
from signatures.demo import pki
from signatures.errors import CertificateNotInForce, NoCertificate, SignatureError
from signatures.models import EnrolledKey

FIELD = "Cachet-electronique"
SPECIMEN_ACCOUNT = "cachet.de.la.plateforme"


class NoSeal(SignatureError):
    """This installation has no key to seal with."""

    code = "no_seal"

    def __init__(self) -> None:
        super().__init__(
            _("Cette installation n’a pas de cachet électronique : donnez SEAL_MODULE et la suite.")
        )


@dataclass(frozen=True)
class Sealer:
    """What seals: the organisation's certificate, and its key behind ``sign`` (DER attributes to value)."""

    certificate: SigningCertificate
    sign: Callable[[bytes], bytes]
    specimen: bool


def is_offered() -> bool:
    """Tell whether this installation can seal."""
    return bool(settings.SEAL.get("module")) or settings.DEMONSTRATION


def sealer() -> Sealer:
    """Return what seals here; raises NoSeal, BackendUnavailable, KeyLocked, NoCertificate."""
    if settings.SEAL.get("module"):
        return _of_the_module()
    if settings.DEMONSTRATION:
        return _specimen()
    raise NoSeal


def seal_detached(data: bytes) -> bytes:
    """Return the seal (CAdES B-T, detached, DER) over ``data``.

    EN 319 122-1 § 6.3: content-type, message-digest, signing-time, signing-certificate-v2; a time-stamp over
    the value. Raises what :func:`sealer` does, TimestampUnavailable, RevocationUnknown, CertificateRevoked,
    CertificateUntrusted or WrongSignatureValue.
    """
    used = _checked()
    attributes = cms.sealed_attributes(used.certificate.certificate, cms.sha256(data), timezone.now())
    return _stamped(used, attributes)


def seal_pdf(document: bytes) -> bytes:
    """Return ``document`` (PDF) with the seal in it, out of sight (PAdES B-T, EN 319 142-1); see above.

    It certifies the document, and allows no change but proofs and time-stamps. Raises UnsignableDocument too.
    """
    used = _checked()
    prepared = asyncio.run(pades.prepare_seal(document, FIELD, used.certificate))
    return pades.embed(prepared.document, prepared.as_json(), _stamped(used, prepared.attributes))


def _checked() -> Sealer:
    """Return what seals, once its certificate is known to be in force, trusted and not revoked."""
    used = sealer()
    certificate = used.certificate
    if not certificate.not_before <= timezone.now() <= certificate.not_after:
        raise CertificateNotInForce(certificate.not_before, certificate.not_after)
    asyncio.run(trust.check_signer(certificate))
    return used


def _stamped(used: Sealer, attributes: bytes) -> bytes:
    certificate = used.certificate
    value = cms.normalised_value(certificate.certificate, attributes, used.sign(attributes))
    token = asyncio.run(pades.timestamp_token(value))
    return cms.assemble(certificate.certificate, certificate.chain, attributes, value, token)


def enrolled() -> EnrolledKey:
    """Return the row of the organisation's key, made when its certificate is first met."""
    chain = certificates()
    if not chain:
        chain = [hardware.certificate(hardware.place(settings.SEAL))]
    found = certificate_of(chain[0], tuple(chain[1:]))
    public = {name: settings.SEAL[name] for name in ("module", "token", "key")}
    return keys.enrol(None, "pkcs11", found, settings=public)


def _of_the_module() -> Sealer:
    key = enrolled()
    used = backend("pkcs11")

    def sign(attributes: bytes) -> bytes:
        value = used.sign(key, attributes, cms.DIGEST_ALGORITHM)
        assert isinstance(value, bytes)  # noqa: S101 (a module answers at once)
        EnrolledKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
        return value

    return Sealer(certificate_in(key), sign, used.specimen)


def certificates() -> list[bytes]:
    """Return the certificates of SEAL_CERTIFICATES (PEM), the seal's own first."""
    path = settings.SEAL.get("certificates")
    if not path:
        return []
    try:
        found = x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise NoCertificate(str(path)) from error
    return [one.public_bytes(Encoding.DER) for one in found]


def _specimen() -> Sealer:
    name = _("SPÉCIMEN, cachet de la plateforme")
    pki.issue_person(SPECIMEN_ACCOUNT, name, "Contreseing", "")
    who = get_user_model()(**{get_user_model().USERNAME_FIELD: SPECIMEN_ACCOUNT})
    return Sealer(
        demo().held_by(who), lambda attributes: demo().sign_as(who, attributes, cms.DIGEST_ALGORITHM), True
    )
