"""A means of signing of a test: keys in memory, whose certificates are those that a real authority gives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signatures import backends, keys
from signatures.backends import SigningCertificate, certificate_in, certificate_of
from signatures.demo.pki import issuance
from signatures.models import EnrolledKey
from tests.signatures.lists.scheme import QUALIFIED, certified

CODE = "software"
_KEYS: dict[str, ec.EllipticCurvePrivateKey] = {}  # by the fingerprint of the certificate


class SoftwareBackend:
    """Signs at once with what is in memory; nothing of it is a SPECIMEN."""

    code = CODE
    label = "Clé en mémoire (essai)"
    specimen = False
    proves = False
    awaits: dt.timedelta | None = None
    brings: backends.Brings = "value"

    def certificate_for(self, key: EnrolledKey) -> SigningCertificate:
        """Return the certificate that was enrolled."""
        return certificate_in(key)

    def sign(self, key: EnrolledKey, signed_attributes: bytes, digest_algorithm: str) -> bytes:
        """Sign in ECDSA with SHA-256."""
        assert digest_algorithm == "sha256"
        return _KEYS[key.fingerprint].sign(signed_attributes, ec.ECDSA(hashes.SHA256()))


@pytest.fixture
def software(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this means among those of the installation, for the time of a test."""
    path = f"{SoftwareBackend.__module__}.{SoftwareBackend.__name__}"
    monkeypatch.setitem(backends.REGISTRY, CODE, path)


def held_by(
    person: Any, common_name: str, statements: Sequence[str] = QUALIFIED, **names: Any
) -> EnrolledKey:
    """Make a key for somebody, have it certified and enrol it; the certificate bears the name given."""
    private = ec.generate_private_key(ec.SECP256R1())
    made = certified(private.public_key(), common_name, statements=statements, **names)
    chain = [issuance.load_certificate(name).public_bytes(Encoding.DER) for name in ("issuing", "root")]
    certificate = certificate_of(made.public_bytes(Encoding.DER), tuple(chain))
    _KEYS[certificate.fingerprint] = private
    return keys.enrol(person, CODE, certificate, names=common_name.split())
