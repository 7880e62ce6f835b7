"""A sealed file is time-stamped anew before its proof ends (EN 319 142-1 § 5.5.3, EN 319 102-1 § 5.6).

What the last time-stamp proves ends with the certificate of its authority, or with the day until which its
keys are trusted to hold. One more revision holds what the authorities say of it by then, and a time-stamp
of an authority that lasts longer; the file before it stays in the store, and is the beginning of the new one.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from pyhanko.sign.general import extract_certificate_info

from signatures import kept, output, pades, signals
from signatures.delays import ProofNotLonger
from signatures.lists import standing
from signatures.models import Envelope, Renewal
from signatures.reading import Reader
from signatures.timestamps import CheckedTimeStamper

RENEWED_BEFORE = dt.timedelta(days=180)
# ANSSI, « Guide des mécanismes cryptographiques » (2020), R9: a modulus of 2,048 bits is for use up to 2030
SMALL_RSA_ENDS = dt.datetime(2030, 12, 31, tzinfo=dt.UTC)
SMALL_RSA = 3_072  # bits


def ends_at(document: bytes) -> dt.datetime | None:
    """Return until when the last time-stamp of a sealed ``document`` proves anything; None without one.

    The first end of the certificates that its token brings, or of the strength of their keys. Raises what
    pyHanko does of a file that is not ours.
    """
    stamps = Reader(document).embedded_timestamp_signatures
    if not stamps:
        return None
    last = max(stamps, key=lambda stamp: int(stamp.signed_revision))
    found = extract_certificate_info(last.signed_data)
    ends: list[dt.datetime] = []
    for certificate in (found.signer_cert, *found.other_certs):
        ends.append(certificate.not_valid_after)
        if certificate.public_key.algorithm == "rsa" and certificate.public_key.bit_size < SMALL_RSA:
            ends.append(SMALL_RSA_ENDS)
    return min(ends)


def due() -> Iterator[Envelope]:
    """Yield the sealed envelopes whose proof ends within ``RENEWED_BEFORE``, the first to end first.

    Those sealed before the end was written down are looked at first: their file says it.
    """
    sealed = Envelope.objects.filter(state=Envelope.State.SEALED)
    soon = Q(proven_until=None) | Q(proven_until__lt=timezone.now() + RENEWED_BEFORE)
    yield from sealed.filter(soon).order_by(F("proven_until").asc(nulls_first=True), "pk")


@standing.at_hand()
def renew(envelope: Envelope) -> Renewal | None:
    """Time-stamp a sealed file anew and keep it; None when that is not to be done yet, or was done meanwhile.

    Raises ProofNotLonger while no authority gives a longer proof, OwnOutputInvalid, or a TransientError: the
    file stays as it is.
    """
    before = output.read(envelope.sealed_sha256)
    ends = ends_at(before)
    if ends is not None and ends >= timezone.now() + RENEWED_BEFORE:
        same = Envelope.objects.filter(pk=envelope.pk, sealed_sha256=envelope.sealed_sha256)
        same.update(proven_until=ends)
        return None
    renewed = asyncio.run(pades.renew(before, CheckedTimeStamper(room=pades.SEAL_ROOM, listed=True)))
    until = ends_at(renewed)
    if until is None or (ends is not None and until <= ends):
        raise ProofNotLonger(until or timezone.now())
    report = output.refuse_unless_valid(renewed, envelope, before)
    sha256 = output.keep(renewed)
    with transaction.atomic():
        moved = Envelope.objects.filter(
            pk=envelope.pk, state=Envelope.State.SEALED, sealed_sha256=envelope.sealed_sha256
        ).update(sealed_sha256=sha256, proven_until=until)
        if not moved:  # by another worker, whose file stands
            return None
        renewal = Renewal.objects.create(
            envelope=envelope,
            document_sha256=sha256,
            replaced_sha256=envelope.sealed_sha256,
            proven_until=until,
        )
        kept.keep(sha256, report)
        envelope.refresh_from_db()
        signals.archive_renewed.send(Envelope, renewal=renewal)
    return renewal
