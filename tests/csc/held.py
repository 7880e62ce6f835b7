"""What the strict service holds: keys with their codes, codes of OAuth, tokens, activation data."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, utils

from signatures.backends.demo import DemoBackend
from signatures.demo import pki

SHA256 = "2.16.840.1.101.3.4.2.1"
TRIES = 3
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)


class Refuse(Exception):
    """The service refuses: the status of HTTP, the error and its description."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description


def invalid(description: str) -> Refuse:
    """Return the refusal that the standard gives most often."""
    return Refuse("invalid_request", description)


@dataclass
class Key:
    """A credential: its key, its PIN and the one-time code that it sent last."""

    identifier: str
    owner: str
    private: Any
    chain: list[bytes]
    algorithms: list[str]
    mode: str = "oauth2code"
    pin: str = "2468"
    otp: bool = False
    most: int = 5
    scal: str = "2"
    enabled: bool = True
    status: str = "valid"
    wrong_pins: int = 0
    wrong_otps: int = 0
    sent_otp: str = ""
    signed: list[bytes] = field(default_factory=list)  # every hash that the key served for

    @property
    def is_locked(self) -> bool:
        """Whether too many codes were wrong."""
        return self.wrong_pins >= TRIES or self.wrong_otps >= TRIES

    def sign(self, digest: bytes, way: str) -> bytes:
        """Sign a hash."""
        self.signed.append(digest)
        ready = utils.Prehashed(hashes.SHA256())
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(digest, ec.ECDSA(ready))
        scheme = PSS if way == "1.2.840.113549.1.1.10" else padding.PKCS1v15()
        signed: bytes = self.private.sign(digest, scheme, ready)
        return signed


def key_of(person: Any, identifier: str, **changes: Any) -> Key:
    """Return the key that the demonstration's authority gave this person, held by the service."""
    opened = DemoBackend()._open(person)
    is_rsa = opened.certificate.algorithm == "rsa"
    rsa = ["1.2.840.113549.1.1.1", "1.2.840.113549.1.1.11"]
    return Key(
        identifier,
        person.get_username(),
        opened.key,
        [opened.certificate.certificate, *opened.certificate.chain],
        rsa if is_rsa else ["1.2.840.10045.4.3.2"],
        **changes,
    )


@dataclass
class Grant:
    """A code of OAuth, a token or a SAD: of whom, for what, until when."""

    owner: str
    scope: str
    ends: float
    client: str
    credential: str = ""
    hashes: tuple[bytes, ...] = ()
    back: str = ""
    challenge: str = ""
    used: bool = False


class Held:
    """Everything that the service remembers; its clock can be moved."""

    def __init__(self) -> None:
        self.keys: dict[str, Key] = {}
        self.clients: dict[str, tuple[str, str]] = {}  # identifier → secret, return address
        self.codes: dict[str, Grant] = {}
        self.tokens: dict[str, Grant] = {}
        self.sads: dict[str, Grant] = {}
        self.later: dict[str, tuple[int, list[str]]] = {}  # async: how often « not yet », then what
        self.ahead = 0.0
        self.seen: list[tuple[str, int]] = []  # each question: its path, the status answered
        self.heard: list[tuple[str, dict[str, Any]]] = []  # and what it said
        self.says: Callable[[str], str] = lambda digest: digest  # of a hash that was authorised
        self.trouble: Callable[[str], str] = lambda path: ""  # « mute », « garbage », « 501 »… for a path

    @property
    def now(self) -> float:
        """The service's clock, in seconds."""
        return time.time() + self.ahead

    def give(self, kept: dict[str, Grant], grant: Grant) -> str:
        """Keep a grant under a word that nobody can guess, and return the word."""
        word = secrets.token_urlsafe(24)
        kept[word] = grant
        return word

    def key(self, identifier: object, owner: str) -> Key:
        """Return a credential of this account's."""
        if not isinstance(identifier, str):
            raise invalid("Missing (or invalid type) string parameter credentialID")
        found = self.keys.get(identifier)
        if found is None or (owner and found.owner != owner):
            raise invalid("Invalid parameter credentialID")
        return found


def other_key_of(person: Any, identifier: str, algorithm: pki.Algorithm = "p256", **changes: Any) -> Key:
    """Return another key of this person's, in their very name, that the service alone holds."""
    account = f"{identifier}.{person.get_username()}"
    pki.issue_person(account, f"{person.first_name} {person.last_name}", "", "", algorithm=algorithm)
    key = key_of(SimpleNamespace(get_username=lambda: account), identifier, **changes)
    key.owner = person.get_username()
    return key


def strict_base64(word: object) -> bytes:
    """Return a SHA-256 written in base64 and nothing else: no base64url, no missing padding."""
    try:
        digest = base64.b64decode(str(word), validate=True)
    except ValueError:
        raise invalid("Invalid Base64 hash string parameter") from None
    if base64.b64encode(digest).decode() != word:
        raise invalid("Invalid Base64 hash string parameter")
    if len(digest) != 32:
        raise invalid("Invalid digest value length")
    return digest


def strict_base64url(word: str) -> bytes:
    """Return a SHA-256 written in base64url and nothing else."""
    if not set(word) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="):
        raise invalid("Invalid Base64url hash string parameter")
    digest = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
    if len(digest) != 32:
        raise invalid("Invalid digest value length")
    return digest


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 § 4.2)."""
    if not 43 <= len(verifier) <= 128:
        raise Refuse("invalid_grant", "code_verifier")
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
