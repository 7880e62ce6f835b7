"""A credential of a remote service: its certificate, how it is authorised, what it signs by."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from signatures import cms
from signatures.chains import chain_of
from signatures.csc.faults import (
    AlgorithmUnfit,
    CertificateOver,
    KeyDisabled,
    ServiceGarbled,
)

SHA256_OID = "2.16.840.1.101.3.4.2.1"
RSA, RSA_SHA256, RSA_PSS = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11", "1.2.840.113549.1.1.10"
EC_KEY, ECDSA_SHA2, ECDSA_SHA256 = "1.2.840.10045.2.1", "1.2.840.10045.4.3", "1.2.840.10045.4.3.2"

Mode = Literal["implicit", "explicit", "oauth2code"]
MODES: tuple[Mode, ...] = ("implicit", "explicit", "oauth2code")


@dataclass(frozen=True)
class Asked:
    """Something that the person types on our page for the service: a PIN, a one-time code, an answer.

    ``sent``: the service sends it, or asks its question, on demand; ``digits``: figures alone.
    """

    identifier: str
    label: str
    secret: bool
    digits: bool
    sent: bool


@dataclass(frozen=True)
class Way:
    """By what a hash is signed: the OIDs to name, and the parameters (DER) of PSS."""

    signature: str
    digest: str | None
    parameters: bytes | None


@dataclass(frozen=True)
class Credential:
    """What ``credentials/info`` says; ``chain`` has the issuer first.

    ``bound`` (SCAL 2): an authorisation is for given hashes. ``most``: signatures to one authorisation.
    ``expression`` says which of ``asked`` are needed (« PIN AND OTP »); empty: all of them.
    """

    identifier: str
    certificate: bytes
    chain: tuple[bytes, ...]
    mode: Mode
    bound: bool
    most: int
    algorithms: tuple[str, ...]
    asked: tuple[Asked, ...]
    expression: str
    enabled: bool
    status: str

    @property
    def way(self) -> Way | None:
        """The way to sign a SHA-256 by this key; None when the service offers none of ours."""
        key = x509.load_der_x509_certificate(self.certificate).public_key()
        offered = set(self.algorithms)
        if isinstance(key, ec.EllipticCurvePublicKey):
            return _first(offered, (ECDSA_SHA256, None), (ECDSA_SHA2, SHA256_OID), (EC_KEY, SHA256_OID))
        if isinstance(key, rsa.RSAPublicKey):
            return _first(offered, (RSA_SHA256, None), (RSA, SHA256_OID), (RSA_PSS, SHA256_OID))
        return None

    def refuse_unusable(self, service: str) -> Way:
        """Return its way to sign; raises KeyDisabled, CertificateOver or AlgorithmUnfit."""
        if not self.enabled or self.status == "suspended":
            raise KeyDisabled(service, self.status)
        if self.status in ("expired", "revoked"):
            raise CertificateOver(service, self.status)
        way = self.way
        if way is None:
            raise AlgorithmUnfit(service, " ".join(self.algorithms))
        return way


def _first(offered: set[str], *wanted: tuple[str, str | None]) -> Way | None:
    for signature, digest in wanted:
        if signature in offered:
            return Way(signature, digest, cms.PSS_PARAMETERS if signature == RSA_PSS else None)
    return None


def read(service: str, identifier: str, said: dict[str, Any]) -> Credential:
    """Read the answer of ``credentials/info``, v1 or v2; raises ServiceGarbled."""
    try:
        key, certificate = said["key"], said["cert"]
        certificates = [base64.b64decode(one, validate=True) for one in certificate["certificates"]]
        mode, objects, expression = _authorisation(said)
        if mode not in MODES or not certificates:
            raise ValueError(mode)
        chain = chain_of(certificates[0], certificates[1:])
        return Credential(
            identifier=identifier,
            certificate=certificates[0],
            chain=chain,
            mode=mode,
            bound=str(said.get("SCAL", "1")) == "2",
            most=max(1, int(said.get("multisign", 1))),
            algorithms=tuple(str(one) for one in key["algo"]),
            asked=tuple(objects),
            expression=expression,
            enabled=key.get("status", "enabled") == "enabled",
            status=str(certificate.get("status", "valid")),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ServiceGarbled(service, f"credentials/info, {type(error).__name__}: {error}") from error


def _authorisation(said: dict[str, Any]) -> tuple[Any, list[Asked], str]:
    if "auth" in said:  # v2
        auth = said["auth"]
        asked = [_of_object(one) for one in auth.get("objects", [])]
        return auth["mode"], asked, str(auth.get("expression", ""))
    asked = []
    for name in ("PIN", "OTP"):  # v1
        one = said.get(name) or {}
        if str(one.get("presence", "false")).lower() != "false":
            asked.append(
                Asked(
                    name,
                    str(one.get("label", ""))[:100],
                    name == "PIN",
                    one.get("format") == "N",
                    name == "OTP" and one.get("type") == "online",
                )
            )
    return said["authMode"], asked, ""


def _of_object(one: dict[str, Any]) -> Asked:
    is_question = one["type"] == "ChallengeResponse"
    return Asked(
        identifier=str(one["id"])[:100],
        label=str(one.get("label", ""))[:100],
        secret=not is_question,
        digits=one.get("format") == "N",
        sent=is_question,
    )


def is_enough(expression: str, asked: tuple[Asked, ...], given: set[str]) -> bool:
    """Tell whether what was typed satisfies the expression of a v2 service (AND, OR, parentheses).

    An expression that cannot be read asks for everything.
    """
    every = {one.identifier for one in asked}
    words = re.findall(r"\(|\)|[^\s()]+", expression)
    if not words or not every.issuperset(set(words) - {"(", ")", "AND", "OR"}):
        return every <= given
    try:
        value, rest = _either(words, given)
    except (IndexError, RecursionError):
        return every <= given
    return value if not rest else every <= given


def _either(words: list[str], given: set[str]) -> tuple[bool, list[str]]:
    value, words = _both(words, given)
    while words and words[0] == "OR":
        other, words = _both(words[1:], given)
        value = value or other
    return value, words


def _both(words: list[str], given: set[str]) -> tuple[bool, list[str]]:
    value, words = _one(words, given)
    while words and words[0] == "AND":
        other, words = _one(words[1:], given)
        value = value and other
    return value, words


def _one(words: list[str], given: set[str]) -> tuple[bool, list[str]]:
    if words[0] == "(":
        value, words = _either(words[1:], given)
        return value, words[1:]
    return words[0] in given, words[1:]
