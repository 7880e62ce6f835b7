"""The demonstration's keys: PKCS#12 files made at set-up. Every signature is a SPECIMEN."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.translation import gettext_lazy as _

from signatures.backends import AwaitingSignatory, Brings, SigningCertificate, backend, certificate_of
from signatures.demo import pki
from signatures.errors import NoCertificate
from signatures.models import EnrolledKey

HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True)
class _Loaded:
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
    certificate: SigningCertificate


class DemoBackend:
    """Signs with the keys of ``signatures.demo.pki``."""

    code = "demo"
    label = _("Certificat de démonstration (SPÉCIMEN)")
    specimen = True
    proves = False
    brings: Brings = "value"

    def certificate_for(self, key: EnrolledKey) -> SigningCertificate:
        """Return the certificate that ``pki.issue_person`` gave to whom the key is; raises NoCertificate."""
        return self.held_by(_owner(key))

    def sign(
        self, key: EnrolledKey, signed_attributes: bytes, digest_algorithm: str
    ) -> bytes | AwaitingSignatory:
        """Sign at once with the key in memory; raises NoCertificate."""
        return self.sign_as(_owner(key), signed_attributes, digest_algorithm)

    def held_by(self, user: AbstractBaseUser) -> SigningCertificate:
        """Return the certificate of this person's file; raises NoCertificate."""
        return self._open(user).certificate

    def sign_as(self, user: AbstractBaseUser, signed_attributes: bytes, digest_algorithm: str) -> bytes:
        """Sign with the key of this person's file; raises NoCertificate."""
        key, digest = self._open(user).key, HASHES[digest_algorithm]
        if isinstance(key, rsa.RSAPrivateKey):
            return key.sign(signed_attributes, padding.PKCS1v15(), digest)
        return key.sign(signed_attributes, ec.ECDSA(digest))

    def _open(self, user: AbstractBaseUser) -> _Loaded:
        path = pki.person_path(user.get_username())
        try:
            modified = path.stat().st_mtime_ns
        except FileNotFoundError:
            raise NoCertificate(user.get_username()) from None
        return _load(path, modified)


def _owner(key: EnrolledKey) -> AbstractBaseUser:
    if key.owner is None:
        raise NoCertificate("")
    return key.owner


@lru_cache(maxsize=64)  # opening a PKCS#12 costs 50 times the signature it serves
def _load(path: Path, _modified: int) -> _Loaded:
    """Open a file; once for as long as it is not written again."""
    store = pkcs12.load_pkcs12(path.read_bytes(), settings.PKI_PASSPHRASE.encode())
    key = store.key
    if store.cert is None or not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TypeError(f"{path.name} holds no EC or RSA key with its certificate")
    certificate = store.cert.certificate.public_bytes(Encoding.DER)
    chain = tuple(extra.certificate.public_bytes(Encoding.DER) for extra in store.additional_certs)
    return _Loaded(key, certificate_of(certificate, chain))


def demo() -> DemoBackend:
    """Return the one instance of this process."""
    found = backend("demo")
    assert isinstance(found, DemoBackend)  # noqa: S101 (its own line of the registry)
    return found
