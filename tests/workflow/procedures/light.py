"""The steps of the system without their weight: no page is composed, no file signed, no service asked.

For a walk over the rules: which act opens which step, what is refused, what waits. The jobs, the
queue, the states of a signature, its gates asked again when the key would serve, and every row are
the real ones; what is made of bytes and keys stands aside. What these are worth is said by the
walks with a worker (test_stateful.py) and by tests/signatures, never here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.utils import timezone

from contracts.canonical import digest
from contracts.printed.rendering import Rendered
from signatures import cms, kept, machine, output, pades, rehearsal, renewals, trust
from signatures.backends import SigningCertificate
from signatures.errors import CertificateRevoked, TimestampUnavailable
from signatures.pades import Prepared
from workflow.drafting import jobs as drafting_jobs


class Outside:
    """The authorities as the machine meets them: which certificates are revoked, whether time is told."""

    def __init__(self) -> None:
        self.revoked: set[bytes] = set()
        self.is_interrupted = False

    @contextmanager
    def interrupted(self, _path: str) -> Iterator[None]:
        """Tell no time for the time of a block."""
        self.is_interrupted = True
        try:
            yield
        finally:
            self.is_interrupted = False

    def revoke(self, certificate: bytes) -> None:
        """Have this certificate refused from now on."""
        self.revoked.add(certificate)

    def renew(self, _username: str, _name: str) -> None:
        """Nothing to make anew: the same certificate is taken back into force."""
        self.revoked.clear()

    async def check_signer(self, certificate: SigningCertificate) -> None:
        """Refuse what was revoked."""
        if certificate.certificate in self.revoked:
            raise CertificateRevoked(certificate.serial)

    async def timestamp_token(self, _value: bytes) -> bytes:
        """Tell the time, unless nobody does."""
        if self.is_interrupted:
            raise TimestampUnavailable({"walk": "interrupted"})
        return b"token"


def composed(content: dict[str, Any], **_how: Any) -> Rendered:
    """Return bytes that are this text's and no other's."""
    pdf = f"%PDF {digest(content)}".encode()
    return Rendered(pdf, hashlib.sha256(pdf).hexdigest(), pages=1, fields=[], edition="light")


async def prepared(document: bytes, field: str, certificate: SigningCertificate, **_how: Any) -> Prepared:
    """Return the document with what a signature would cover."""
    whole = document + f"\n{field} {certificate.serial}".encode()
    covered = hashlib.sha256(whole).digest()
    return Prepared(whole, covered, len(document), len(whole), covered)


async def sealed(document: bytes, _stamper: Any) -> bytes:
    """Return the document with a seal's place taken."""
    return document + b"\nsealed"


@contextmanager
def light() -> Iterator[Outside]:
    """Do the steps of the system without print, keys and services for the time of a block."""
    outside = Outside()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafting_jobs, "render", composed)
        for name, stand_in in {
            "refuse_unsound": lambda _document: None,
            "prepare": prepared,
            "timestamp_token": outside.timestamp_token,
            "embed": lambda document, _prepared, _cms: document + b"\nsigned",
            "seal": sealed,
        }.items():
            patch.setattr(pades, name, stand_in)
        patch.setattr(rehearsal, "rehearse", lambda *_file, **_how: b"")
        patch.setattr(trust, "check_signer", outside.check_signer)
        patch.setattr(cms, "normalised_value", lambda _certificate, _attributes, value: value)
        patch.setattr(cms, "assemble", lambda *_parts: b"cms")
        patch.setattr(machine, "generated_at", lambda _token: timezone.now())
        patch.setattr(output, "refuse_unless_valid", lambda *_file, **_how: None)
        patch.setattr(renewals, "ends_at", lambda _sealed: timezone.now() + dt.timedelta(days=3650))
        patch.setattr(kept, "keep", lambda _sha256, _report: None)
        yield outside
