"""What others may ask of this room, one verb each.

All but the ``confirm…`` run inside the caller's transaction (or one of their own) and do nothing
slow: they check, write, and defer a job that starts when the transaction commits.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from signatures import awaited, confirmations, jobs, keys, signals
from signatures.backends import backend
from signatures.brought import Brought
from signatures.cms import normalised_value
from signatures.confirmations import confirm, confirm_by_code, confirm_by_passkey
from signatures.errors import (
    DocumentChanged,
    EnvelopeClosed,
    NotReady,
    NotTheSigner,
    OutOfTurn,
    SlotTaken,
    UnknownField,
)
from signatures.key_errors import KeyNotUsable, SignatureCancelled
from signatures.models import Confirmation, EnrolledKey, Envelope, SignatureRequest, Slot

__all__ = [
    "cancel",
    "confirm",
    "confirm_by_code",
    "confirm_by_passkey",
    "abandon",
    "open_envelope",
    "request_seal",
    "request_signature",
    "retry",
    "supply_signature",
    "void_envelope",
]

State = SignatureRequest.State


def open_envelope(
    *, title: str, document_sha256: str, fields: list[str], specimen: bool, idempotency_key: str
) -> Envelope:
    """Open a stored PDF to the signatures of ``fields``, in that order.

    ``document_sha256`` names a blob; ``fields`` are the signature fields that it has.
    Called again with the same key it returns the first envelope.
    """
    if len(set(fields)) != len(fields) or not fields:
        raise UnknownField(", ".join(fields))
    with transaction.atomic():
        envelope, created = Envelope.objects.get_or_create(
            idempotency_key=idempotency_key,
            defaults={
                "title": title[:300],
                "base_sha256": document_sha256,
                "current_sha256": document_sha256,
                "specimen": specimen,
            },
        )
        if created:
            Slot.objects.bulk_create(
                Slot(envelope=envelope, order=order, field_name=name)
                for order, name in enumerate(fields, start=1)
            )
    if envelope.base_sha256 != document_sha256:
        raise DocumentChanged(document_sha256, envelope.base_sha256)
    return envelope


@transaction.atomic
def request_signature(
    envelope: Envelope,
    field_name: str,
    user: AbstractBaseUser,
    *,
    key: EnrolledKey,
    confirmation: str = "",
    document_sha256: str,
    stamp_lines: list[str],
    brought: Brought | None = None,
    supplied_sha256: str = "",
) -> tuple[SignatureRequest, Confirmation]:
    """Ask for this person's signature in this field, and set the job to it.

    Returns the request, and the confirmation that it used up.

    ``document_sha256`` is what the person read; ``key`` one of theirs; ``confirmation`` comes from
    ``confirm``, and is not asked of a key whose own code proves who signs; ``stamp_lines`` (name,
    capacity…) are printed in the visible stamp. Where the document was signed elsewhere,
    ``supplied_sha256`` is the blob of what came back, ``brought`` what it adds. Raises EnvelopeClosed,
    UnknownField, NotTheSigner, OutOfTurn, DocumentChanged, SlotTaken, CertificateNotInForce,
    NoCertificate, KeyNotUsable, NotInAPersonsPlace, SpecimenNotAllowed or ConfirmationRefused.
    """
    envelope = Envelope.objects.select_for_update().get(pk=envelope.pk)
    if envelope.state != Envelope.State.OPEN:
        raise EnvelopeClosed(envelope.state)
    slot = _slot_in_turn(envelope, field_name)
    if slot.signer_id not in (None, user.pk):
        raise NotTheSigner(field_name)
    if document_sha256 != envelope.current_sha256:
        raise DocumentChanged(document_sha256, envelope.current_sha256)
    key = EnrolledKey.objects.select_for_update(of=("self",)).get(pk=key.pk)
    certificate = keys.usable(key, user)
    means = backend(key.means)
    if (means.brings == "document") != (brought is not None and supplied_sha256 != ""):
        raise KeyNotUsable
    if means.proves:
        confirmed = confirmations.left_to_the_key(user, document_sha256=document_sha256)
    else:
        confirmed = confirmations.consume(user, confirmation, document_sha256=document_sha256)
    signatory: Any = user
    try:
        with transaction.atomic():
            request = SignatureRequest.objects.create(
                slot=slot,
                idempotency_key=f"{envelope.pk}/{field_name}/{slot.requests.count()}",
                user=signatory,
                backend=key.means,
                key=key,
                document_sha256=document_sha256,
                certificate=certificate.certificate,
                supplied_sha256=supplied_sha256,
                prepared=brought.as_json() if brought else {},
                stamp_lines=list(stamp_lines),
            )
    except IntegrityError:
        raise SlotTaken(field_name) from None
    Slot.objects.filter(pk=slot.pk).update(signer=signatory)
    jobs.defer_request(request)
    return request, confirmed


def _no_value_awaited() -> NotReady:
    return NotReady(_("Cette signature n’attend plus de valeur : rechargez la page."))


@transaction.atomic
def supply_signature(request: SignatureRequest, user: AbstractBaseUser, value: bytes) -> None:
    """Hand in the value that the signatory's own card computed over the signed attributes.

    ``value`` is an ECDSA-Sig-Value in DER, its r‖s, or a PKCS#1 v1.5 block; it is checked
    with the certificate before anything else, whose key must not have been withdrawn meanwhile. Raises
    NotTheSigner, NotEntitled, WrongSignatureValue, NotReady (no value is awaited any more), and as
    :func:`signatures.awaited.unchanged_certificate`.
    """
    if request.user_id != user.pk:
        raise NotTheSigner(request.slot.field_name)
    if request.state != State.PREPARED or awaited.is_late(request):
        raise _no_value_awaited()
    request.key = EnrolledKey.objects.select_for_update(of=("self",)).get(pk=awaited.key_of(request).pk)
    awaited.unchanged_certificate(request)
    signals.key_about_to_serve.send(SignatureRequest, request=request)
    checked = normalised_value(bytes(request.certificate), request.signed_attributes, value)
    taken = SignatureRequest.objects.filter(pk=request.pk, state=State.PREPARED).update(
        state=State.SIGNED,
        raw_signature=checked,
        signed_at=timezone.now(),
        awaited_until=None,
        error_code="",
        error_text="",
    )
    if not taken:
        raise _no_value_awaited()
    jobs.defer_request(request)


@transaction.atomic
def cancel(request: SignatureRequest, user: AbstractBaseUser) -> None:
    """Take back a signature that waits for its signatory's own key, so that another means may be taken.

    Raises NotTheSigner, or NotReady once the key has served, or where none is awaited.
    """
    if request.user_id != user.pk:
        raise NotTheSigner(request.slot.field_name)
    if not awaited.give_up(request, SignatureCancelled()):
        raise NotReady(_("Cette signature n’attend plus votre moyen de signature : rechargez la page."))


@transaction.atomic
def retry(request: SignatureRequest) -> None:
    """Set a failed request on its way again, from where it stopped.

    Raises NotReady unless it failed for a reason that may pass.
    """
    resumed = SignatureRequest.objects.filter(pk=request.pk, state=State.FAILED, permanent=False).update(
        state=F("resume_state"), resume_state="", error_code="", error_text="", failed_at=None
    )
    if not resumed:
        raise NotReady(_("Cette signature ne peut être reprise : elle n’a pas échoué, ou sans remède."))
    jobs.defer_request(request)


@transaction.atomic
def abandon(request: SignatureRequest) -> bool:
    """Abandon a request that failed for good, so that its slot may be asked for anew.

    Nothing of it is erased. Returns False, changing nothing, unless it failed for good.
    """
    abandoned = SignatureRequest.objects.filter(pk=request.pk, state=State.FAILED, permanent=True).update(
        state=State.ABANDONED
    )
    if abandoned:
        Slot.objects.filter(pk=request.slot_id).update(signer=None)
    return bool(abandoned)


@transaction.atomic
def request_seal(envelope: Envelope) -> None:
    """Ask for the archive level (B-LTA) once every signature is there; asking twice is harmless.

    Raises EnvelopeClosed (void) or NotReady (a signature is missing).
    """
    envelope = Envelope.objects.select_for_update().get(pk=envelope.pk)
    if envelope.state == Envelope.State.SEALED:
        return
    if envelope.state == Envelope.State.VOID:
        raise EnvelopeClosed(envelope.state)
    if envelope.slots.exclude(requests__state=State.DONE).exists():
        raise NotReady(_("Toutes les signatures ne sont pas encore apposées : le scellement attend."))
    Envelope.objects.filter(pk=envelope.pk).update(state=Envelope.State.SEALING, error_code="", error_text="")
    jobs.defer_seal(envelope)


@transaction.atomic
def void_envelope(envelope: Envelope, reason: str) -> None:
    """Close the envelope for good; a signature whose key was not used yet is abandoned.

    Does not wait for a running job: that one finds the envelope void when it wants to
    write. A sealed envelope stays sealed: raises EnvelopeClosed.
    """
    voided = (
        Envelope.objects.filter(pk=envelope.pk)
        .exclude(state=Envelope.State.SEALED)
        .update(state=Envelope.State.VOID, void_reason=reason or _("sans motif"))
    )
    if not voided:
        raise EnvelopeClosed(Envelope.State.SEALED)
    SignatureRequest.objects.filter(
        slot__envelope=envelope, state__in=[State.REQUESTED, State.PREPARED, State.FAILED]
    ).update(state=State.ABANDONED)


def _slot_in_turn(envelope: Envelope, field_name: str) -> Slot:
    live = SignatureRequest.objects.filter(slot__envelope=envelope).exclude(state=State.ABANDONED)
    requests = {request.slot_id: request for request in live}
    before: list[str] = []
    for slot in envelope.slots.order_by("order"):
        request = requests.get(slot.pk)
        if slot.field_name == field_name:
            if request is not None:
                raise SlotTaken(field_name)
            if before:
                raise OutOfTurn(field_name, before)
            return slot
        if request is None or request.state != State.DONE:
            before.append(slot.field_name)
    raise UnknownField(field_name)
