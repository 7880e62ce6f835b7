"""Authorities at the pace of real ones: lists a month old, answers made hours ago, clocks that differ."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp

from signatures.demo.pki import issuance
from signatures.demo.pki.services import Authorities
from tests.pki import ServedPki

NONE = dt.timedelta(0)


@dataclass
class Pace:
    """How old what each service says is, for how long it says it, and how far its clock is from ours."""

    list_age: dt.timedelta = NONE  # of both CRLs
    list_lasts: dt.timedelta = dt.timedelta(days=60)
    answer_age: dt.timedelta = NONE  # of the OCSP answer
    answer_lasts: dt.timedelta | None = dt.timedelta(days=1)  # None: no nextUpdate
    stamp_ahead: dt.timedelta = NONE  # of the time-stamping clock


class Paced(Authorities):
    """The demonstration's keys, which answer at ``pace``; answers are made before they are asked for."""

    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self.pace = pace

    def revocation_list(self, name: str) -> bytes | None:
        """Return a CRL that is ``list_age`` old and ends ``list_lasts`` after it was made."""
        known = {"root": self.root, "issuing": self.issuing}
        if name not in known:
            return None
        certificate, key = known[name]
        made = self._now() - self.pace.list_age
        key_identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(certificate.subject)
            .last_update(made)
            .next_update(made + self.pace.list_lasts)
            .add_extension(key_identifier, critical=False)
            .add_extension(x509.CRLNumber(int(made.timestamp())), critical=False)
        )
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def ocsp_answer(self, body: bytes) -> bytes:
        """Give the answer made ``answer_age`` ago, without the asker's nonce (RFC 6960 § 2.5)."""
        asked = ocsp.load_der_ocsp_request(body)
        made = self._now() - self.pace.answer_age
        when = issuance.read_revoked().get(asked.serial_number)
        revoked = when is not None and when <= made
        certificate, key = self.responder
        lasts = self.pace.answer_lasts
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=asked.issuer_name_hash,
            issuer_key_hash=asked.issuer_key_hash,
            serial_number=asked.serial_number,
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revoked else ocsp.OCSPCertStatus.GOOD,
            this_update=made,
            next_update=None if lasts is None else made + lasts,
            revocation_time=when if revoked else None,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
        signed = builder.certificates([certificate]).sign(key, hashes.SHA256())
        return signed.public_bytes(serialization.Encoding.DER)

    def timestamp_answer(self, body: bytes) -> bytes:
        """Time-stamp by a clock that is ``stamp_ahead`` of ours."""
        ahead = Authorities(lambda: dt.datetime.now(dt.UTC) + self.pace.stamp_ahead)
        return ahead.timestamp_answer(body)


@contextmanager
def paced(pki: ServedPki, **pace: Any) -> Iterator[Pace]:
    """Have the served authorities answer at this pace for the time of a block, which may change it."""
    before, chosen = pki.services.authorities, Pace(**pace)
    pki.services.authorities = Paced(chosen)
    try:
        yield chosen
    finally:
        pki.services.authorities = before
