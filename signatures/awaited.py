"""A signature that waits for its signatory's own key: which key, until when, and what ends the wait."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from signatures import keys, signals
from signatures.backends import SigningCertificate
from signatures.errors import CertificateUntrusted, NoCertificate, SignatureError
from signatures.key_errors import KeyNotUsable, SignatoryAbsent
from signatures.models import EnrolledKey, SignatureRequest

State = SignatureRequest.State


def key_of(request: SignatureRequest) -> EnrolledKey:
    """Return the key that was chosen; raises NoCertificate where the request names none."""
    if request.key is None:
        raise NoCertificate(request.user.get_username())
    return request.key


def unchanged_certificate(request: SignatureRequest) -> SigningCertificate:
    """Return the person's certificate if it is still the one they saw, and may serve.

    Raises as :func:`signatures.keys.usable` does, and CertificateUntrusted.
    """
    certificate = keys.usable(key_of(request), request.user)
    if certificate.certificate != bytes(request.certificate):
        raise CertificateUntrusted(certificate.serial, "remplacé depuis la demande")
    return certificate


def wait(request: SignatureRequest, until: dt.datetime) -> None:
    """Write down until when (aware) the signatory's own key is awaited, and tell: once."""
    with transaction.atomic():
        if _waiting(request).filter(awaited_until__isnull=True).update(awaited_until=until):
            request.refresh_from_db()
            signals.signature_progressed.send(SignatureRequest, request=request)


def is_late(request: SignatureRequest) -> bool:
    """Tell whether what comes now comes too late."""
    return request.awaited_until is not None and request.awaited_until < timezone.now()


@transaction.atomic
def give_up(request: SignatureRequest, why: SignatureError) -> bool:
    """Have a request fail for good whose signatory is awaited; False when their key served meanwhile."""
    given_up = (
        _waiting(request)
        .filter(awaited_until__isnull=False)
        .update(
            state=State.FAILED,
            resume_state=State.PREPARED,
            error_code=why.code,
            error_text=str(why),
            permanent=True,
            failed_at=timezone.now(),
        )
    )
    if given_up:
        request.refresh_from_db()
        signals.signature_failed.send(SignatureRequest, request=request)
    return bool(given_up)


def give_up_with(key: EnrolledKey) -> int:
    """Give up every signature that waits for this key, which serves no more; return how many."""
    waiting = SignatureRequest.objects.filter(key=key, state=State.PREPARED, awaited_until__isnull=False)
    return sum(give_up(request, KeyNotUsable()) for request in waiting.select_related("slot__envelope"))


def expire() -> int:
    """Give up every signature whose signatory's key did not serve in time; return how many."""
    late = SignatureRequest.objects.filter(state=State.PREPARED, awaited_until__lt=timezone.now())
    return sum(give_up(request, SignatoryAbsent()) for request in late.select_related("slot__envelope"))


def _waiting(request: SignatureRequest) -> QuerySet[SignatureRequest]:
    return SignatureRequest.objects.filter(pk=request.pk, state=State.PREPARED)
