"""A sealed file outlives its authorities: time-stamped anew before its proof ends."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import time_machine
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import override_settings
from django.utils import timezone
from procrastinate.contrib.django import app

from signatures import blobs, pades, renewals, signals
from signatures.delays import ProofNotLonger
from signatures.demo.pki import issuance
from signatures.demo.pki.services import Authorities
from signatures.errors import TimestampUnavailable
from signatures.models import Envelope, KeptReport, Renewal
from signatures.validation import validate
from tests.owner import as_owner
from tests.pki import ServedPki
from tests.signatures import documents
from tests.signatures.conftest import run_jobs
from tests.signatures.stages import Files, files, people

__all__ = ["files", "people"]
DAY = dt.timedelta(days=1)
SOON = 3_500 * DAY  # the demonstration's time-stamping certificate lasts 3,650 days


class Successors(Authorities):
    """The same authorities years later, whose responder and time-stamping have new certificates."""

    @functools.cached_property
    def _new(self) -> dict[str, tuple[x509.Certificate, issuance.PrivateKey]]:
        issuing, issuing_key = self.issuing
        made: dict[str, tuple[x509.Certificate, issuance.PrivateKey]] = {}
        for name, extensions in (("ocsp", issuance._ocsp_extensions()), ("tsa", issuance._tsa_extensions())):
            key = issuance._new_key("rsa3072")
            made[name] = (
                issuance._build(
                    issuance._name(f"SPÉCIMEN, {name} suivant"),
                    key.public_key(),
                    issuing.subject,
                    issuing_key,
                    extensions,
                    starts=timezone.now() - DAY,
                    days=1_500,
                ),
                key,
            )
        return made

    @functools.cached_property
    def responder(self) -> tuple[x509.Certificate, issuance.PrivateKey]:
        return self._new["ocsp"]

    @functools.cached_property
    def tsa(self) -> tuple[asn1_x509.Certificate, rsa.RSAPrivateKey]:
        certificate, key = self._new["tsa"]
        assert isinstance(key, rsa.RSAPrivateKey)
        return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)), key


@contextmanager
def years_later(pki: ServedPki, after: dt.timedelta, *, succeeded: bool = True) -> Iterator[None]:
    """Move every clock, ours and the authorities'; whoever the issuing authority certified may seal."""
    before = pki.services.authorities
    listed = override_settings(SEAL_TIMESTAMP_CERTIFICATES=[pki.folder / "issuing.cert.pem"])
    with time_machine.travel(timezone.now() + after, tick=True), listed:
        if succeeded:
            pki.services.authorities = Successors()
        try:
            yield
        finally:
            pki.services.authorities = before


def test_a_contract_is_valid_for_as_long_as_it_is_renewed(pki: ServedPki, files: Files) -> None:
    sealed_on = timezone.now()
    assert not validate(files.sealed, moment=sealed_on + 3_700 * DAY).valid
    with years_later(pki, SOON):
        renewed = asyncio.run(pades.renew(files.sealed))
    assert renewed.startswith(files.sealed)
    with override_settings(SEAL_TIMESTAMP_CERTIFICATES=[pki.folder / "issuing.cert.pem"]):
        for after in (SOON + DAY, 3_700 * DAY, 4_900 * DAY):
            report = validate(renewed, expected=documents.FIELDS, moment=sealed_on + after)
            assert report.valid, (after, report.problems)
            assert {row.level for row in report.signatures} == {"B-LTA"}
        ended = validate(renewed, moment=sealed_on + 5_100 * DAY)  # the successor's own end
    assert "timestamp_expired" in {problem.code for problem in ended.problems}


@pytest.mark.django_db(transaction=True)
def test_what_ends_soon_is_renewed_once(
    pki: ServedPki, sealed: Callable[[], bytes], envelope: Envelope
) -> None:
    told: list[Renewal] = []
    signals.archive_renewed.connect(listen := lambda sender, renewal, **_rest: told.append(renewal))
    first = sealed()
    envelope.refresh_from_db()
    assert envelope.proven_until == renewals.ends_at(first)
    assert list(renewals.due()) == []

    with years_later(pki, SOON, succeeded=False):
        assert list(renewals.due()) == [envelope]
        with pytest.raises(ProofNotLonger, match="ne prolonge pas"):
            renewals.renew(envelope)
        with pki.interrupted("/tsa"), pytest.raises(TimestampUnavailable):
            renewals.renew(envelope)
    assert not Renewal.objects.exists()

    with years_later(pki, SOON):
        stale = Envelope.objects.get(pk=envelope.pk)
        made = renewals.renew(envelope)
        assert made and made.replaced_sha256 != made.document_sha256
        assert renewals.renew(stale) is None, "another worker came first: its file stands"
        assert list(renewals.due()) == []
    envelope.refresh_from_db()
    assert envelope.sealed_sha256 == made.document_sha256
    assert blobs.get(made.replaced_sha256) == first
    assert blobs.get(envelope.sealed_sha256).startswith(first)
    assert told == [made]
    kept = KeptReport.objects.get(document_sha256=envelope.sealed_sha256)
    assert kept.verdict == "TOTAL-PASSED"
    signals.archive_renewed.disconnect(listen)

    with as_owner():  # sealed by a release that did not write the end down
        Envelope.objects.update(proven_until=None)
    app.configure_task("signatures.renew_archives").defer(timestamp=0)
    run_jobs()
    envelope.refresh_from_db()
    assert envelope.proven_until == made.proven_until
    assert Renewal.objects.count() == 1
