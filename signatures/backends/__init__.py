"""The keys that sign: one file for each kind, behind one narrow interface.

To add one, write ``signatures/backends/<code>.py`` and its line in ``REGISTRY``;
``tests/signatures/test_backends.py`` then runs on it by itself.
"""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from signatures.errors import UnknownBackend

REGISTRY = {
    "demo": "signatures.backends.demo.DemoBackend",
}

SignatureAlgorithm = Literal["ecdsa", "rsa"]


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


@dataclass(frozen=True)
class AwaitingSignatory:
    """The key is with the person: the value comes later, by ``actions.supply_signature``."""

    expires_at: dt.datetime


class Backend(Protocol):
    """A kind of key.

    - software key or PKCS#11 token: ``sign`` returns the value;
    - remote signing (CSC API): ``sign`` authorises and returns the value; a service that
      does not answer is a BackendUnavailable (tried again), a refusal any permanent error;
    - card on the signatory's own machine: ``sign`` returns AwaitingSignatory, the page
      hands out the signed attributes and posts the value back.
    """

    code: str
    label: str | Promise
    specimen: bool

    def certificate_for(self, user: AbstractBaseUser) -> SigningCertificate:
        """Return this person's certificate, without any network.

        Raises NoCertificate.
        """
        ...

    def sign(
        self, user: AbstractBaseUser, signed_attributes: bytes, digest_algorithm: str
    ) -> bytes | AwaitingSignatory:
        """Sign the DER of a SET OF signed attributes (RFC 5652 § 5.4).

        ``digest_algorithm`` is « sha256 », « sha384 » or « sha512 ». Returns the raw value: an
        ECDSA-Sig-Value in DER (or its r‖s), a PKCS#1 v1.5 block, or PSS with a salt as long as the digest.
        """
        ...


@functools.cache
def backend(code: str) -> Backend:
    """Return the backend named ``code``; raises UnknownBackend."""
    try:
        path = REGISTRY[code]
    except KeyError:
        raise UnknownBackend(code) from None
    found: Backend = import_string(path)()
    return found
