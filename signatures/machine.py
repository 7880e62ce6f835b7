"""A signature on its way: REQUESTED → PREPARED → SIGNED → STAMPED → DONE.

Each step does its work with no transaction open, then moves the state by compare-and-set
in one short transaction. Killed anywhere, a step is simply done again: only one result is
ever kept, so a slot gets exactly one signature.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import os
import signal
import time
from collections.abc import Callable
from typing import Any, NoReturn

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from django.utils import timezone

from signatures import awaited, cms, elsewhere, kept, outcomes, output, pades, renewals, signals, trust
from signatures.backends import AwaitingSignatory, backend
from signatures.delays import StampUnfit
from signatures.errors import (
    CertificateNotInForce,
    DocumentChanged,
    SignatureError,
)
from signatures.lists import standing
from signatures.models import EnrolledKey, Envelope, SignatureRequest
from signatures.timestamps import CheckedTimeStamper, generated_at

State = SignatureRequest.State
CHECK_AGAIN_AFTER = dt.timedelta(minutes=5)
WAITS_FOR_THE_DATABASE = (0.5, 2.0, 8.0)  # seconds


def checkpoint(name: str) -> None:
    """Die here if CONTRESEING_KILL_AT names this point: how the tests try every crash.

    Only honoured in a demonstration. SIGKILL leaves no chance to tidy up.
    """
    if settings.DEMONSTRATION and os.environ.get("CONTRESEING_KILL_AT") == name:
        os.kill(os.getpid(), signal.SIGKILL)


def advance(request_id: int) -> None:
    """Take this request as far as it goes: DONE, FAILED, or waiting for its signatory.

    Raises a TransientError when an outside service has to be asked again later.
    """
    while True:
        rows = SignatureRequest.objects.select_related("slot__envelope", "user", "key__owner")
        request = rows.get(pk=request_id)
        step = STEPS.get(request.state)
        if step is None:
            return
        try:
            if not step(request):
                return
        except SignatureError as met:
            error = outcomes.as_it_stands(met, request.state)
            if not error.permanent:
                _raise(error, met)
            _fail(request, error)
            return


@standing.at_hand()
def seal(envelope_id: int) -> None:
    """Bring an envelope that is SEALING to B-LTA; does nothing in any other state.

    Raises a TransientError when an outside service has to be asked again later.
    """
    envelope = Envelope.objects.get(pk=envelope_id)
    if envelope.state != Envelope.State.SEALING:
        return
    checkpoint("seal")
    try:
        signed = output.read(envelope.current_sha256)
        sealed = asyncio.run(pades.seal(signed, CheckedTimeStamper(room=pades.SEAL_ROOM, listed=True)))
        report = output.refuse_unless_valid(sealed, envelope, signed)
    except SignatureError as met:
        error = outcomes.of_a_seal(met)
        if not error.permanent:
            _raise(error, met)
        _fail_seal(envelope, error.code, str(error))
        return
    sha256 = output.keep(sealed)
    checkpoint("seal:blob")
    with transaction.atomic():
        moved = Envelope.objects.filter(pk=envelope.pk, state=Envelope.State.SEALING).update(
            state=Envelope.State.SEALED,
            sealed_sha256=sha256,
            sealed_at=timezone.now(),
            proven_until=renewals.ends_at(sealed),
            error_code="",
            error_text="",
        )
        if moved:
            kept.keep(sha256, report)
            envelope.refresh_from_db()
            signals.envelope_sealed.send(Envelope, envelope=envelope)
        checkpoint("seal:before-commit")
    checkpoint("sealed")


def note_delay(request_id: int, error: SignatureError) -> None:
    """Write down that the signature waits for an outside service, and tell."""
    request = SignatureRequest.objects.select_related("slot").get(pk=request_id)
    if request.state in {State.DONE, State.FAILED, State.ABANDONED}:
        return  # another worker ended it while this one slept
    with transaction.atomic():
        noted = SignatureRequest.objects.filter(pk=request_id, state=request.state).update(
            error_code=error.code, error_text=str(error), attempts=request.attempts + 1
        )
        if noted:
            request.refresh_from_db()
            signals.signature_progressed.send(SignatureRequest, request=request)


def note_seal_delay(envelope_id: int, error: SignatureError) -> None:
    """Write down that the seal waits for an outside service, and tell."""
    envelope = Envelope.objects.get(pk=envelope_id)
    with transaction.atomic():
        noted = Envelope.objects.filter(pk=envelope_id, state=Envelope.State.SEALING).update(
            error_code=error.code, error_text=str(error)
        )
        if noted:
            is_first = envelope.error_code == ""
            envelope.refresh_from_db()
            signals.seal_delayed.send(Envelope, envelope=envelope, is_first=is_first)


def give_up(request_id: int, error: SignatureError) -> None:
    """Stop trying; the request is FAILED and may be retried by hand."""
    _fail(SignatureRequest.objects.select_related("slot__envelope").get(pk=request_id), error)


def give_up_seal(envelope_id: int, error: SignatureError) -> None:
    """Stop trying to seal; asking for the seal again starts anew."""
    _fail_seal(Envelope.objects.get(pk=envelope_id), error.code, str(error))


@standing.at_hand()
def _prepare(request: SignatureRequest) -> bool:
    """REQUESTED → PREPARED: the certificate is good, the file waits for its signature."""
    checkpoint("requested")
    envelope, chosen = request.slot.envelope, backend(request.backend)
    certificate = awaited.unchanged_certificate(request)
    document = output.read(request.document_sha256)
    pades.refuse_unsound(document)
    asyncio.run(trust.check_signer(certificate))
    if request.supplied_sha256:  # signed elsewhere: it waits for its time-stamp as ours does for its CMS
        hollow = elsewhere.hollowed(output.read(request.supplied_sha256), request.prepared)
        return _move(request, State.PREPARED, prepared_sha256=output.keep(hollow), prepared_at=timezone.now())
    prepared = asyncio.run(
        pades.prepare(
            document,
            request.slot.field_name,
            certificate,
            first=not envelope.slots.filter(order__lt=request.slot.order).exists(),
            last=not envelope.slots.filter(order__gt=request.slot.order).exists(),
            stamp_lines=request.stamp_lines,
            specimen=chosen.specimen or envelope.specimen,
            moment=timezone.now(),
        )
    )
    sha256 = output.keep(prepared.document)
    chain = [base64.b64encode(other).decode() for other in certificate.chain]
    return _move(
        request,
        State.PREPARED,
        prepared_sha256=sha256,
        prepared={**prepared.as_json(), "chain": chain},
        prepared_at=timezone.now(),
    )


@standing.at_hand()
def _sign(request: SignatureRequest) -> bool:
    """PREPARED → SIGNED: the key is used, and what it gave is verified."""
    certificate = awaited.unchanged_certificate(request)
    if request.prepared_at and timezone.now() - request.prepared_at > CHECK_AGAIN_AFTER:
        asyncio.run(trust.check_signer(certificate))
    with transaction.atomic():
        signals.key_about_to_serve.send(SignatureRequest, request=request)
    checkpoint("signed:entitled")
    attributes = request.signed_attributes
    value = elsewhere.value_of(request) or backend(request.backend).sign(
        awaited.key_of(request), attributes, cms.DIGEST_ALGORITHM
    )
    if isinstance(value, AwaitingSignatory):
        awaited.wait(request, value.expires_at)
        return False
    checkpoint("signed:key-used")
    checked = cms.normalised_value(certificate.certificate, attributes, value)
    return _keep_value(request, checked)


def _stamp(request: SignatureRequest) -> bool:
    """SIGNED → STAMPED: the time-stamp proves when the value existed (level B-T)."""
    value = bytes(request.raw_signature)
    token = asyncio.run(elsewhere.time_stamp(request, value))
    checkpoint("stamped:token")
    stamped_at = generated_at(token)
    _refuse_ended(request, stamped_at)
    if request.supplied_sha256:
        whole = elsewhere.stamped(request, token)
        return _move(request, State.STAMPED, cms=whole, stamped_at=stamped_at)
    chain = tuple(base64.b64decode(other) for other in request.prepared["chain"])
    signature = cms.assemble(bytes(request.certificate), chain, request.signed_attributes, value, token)
    return _move(request, State.STAMPED, cms=signature, stamped_at=stamped_at)


def _finish(request: SignatureRequest) -> bool:
    """STAMPED → DONE: the file is complete, passes our own validation and is on disk."""
    envelope = request.slot.envelope
    document = output.read(request.document_sha256)
    waiting = output.read(request.prepared_sha256)
    try:
        final = pades.embed(waiting, request.prepared, bytes(request.cms))
        output.refuse_unless_valid(final, envelope, document, upto=request.slot.order)
    except SignatureError as error:
        if outcomes.is_of_the_stamp(error):
            _unstamp(request)
            raise StampUnfit(error) from error
        if error.permanent:
            _refuse_ended(request, timezone.now())
        raise
    sha256 = output.keep(final)
    checkpoint("done:blob")
    with transaction.atomic():
        current = Envelope.objects.filter(
            pk=envelope.pk, state=Envelope.State.OPEN, current_sha256=request.document_sha256
        ).update(current_sha256=sha256)
        if current:
            EnrolledKey.objects.filter(requests=request).update(last_used_at=timezone.now())
            return _write(request, State.DONE, final_sha256=sha256, done_at=timezone.now())
    envelope.refresh_from_db()
    if envelope.state == Envelope.State.VOID:
        # the value and its CMS stay in the row: a key was used, whatever became of the file
        return _move(request, State.ABANDONED, final_sha256=sha256)
    raise DocumentChanged(request.document_sha256, envelope.current_sha256)


STEPS: dict[str, Callable[[SignatureRequest], bool]] = {
    State.REQUESTED: _prepare,
    State.PREPARED: _sign,
    State.SIGNED: _stamp,
    State.STAMPED: _finish,
}


def _keep_value(request: SignatureRequest, value: bytes) -> bool:
    """Move to SIGNED with the value of the key; a connection that breaks then is not worth using it again."""
    for wait in (*WAITS_FOR_THE_DATABASE, None):
        try:
            moved = _move(request, State.SIGNED, raw_signature=value, signed_at=timezone.now())
        except (OperationalError, InterfaceError):
            if wait is None or connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(wait)
            continue
        if not moved:  # by an earlier try, that the database kept before its answer was lost?
            request.refresh_from_db()
        return moved or (request.state == State.SIGNED and bytes(request.raw_signature) == value)
    return False


def _raise(error: SignatureError, met: SignatureError) -> NoReturn:
    """Raise what counts, from what was met when that is something else."""
    if error is met:
        raise error
    raise error from met


def _refuse_ended(request: SignatureRequest, moment: dt.datetime) -> None:
    """Raise CertificateNotInForce where no time-stamp proves, nor will, that it was in force."""
    not_before, not_after = cms.validity_of(bytes(request.certificate))
    if not not_before <= moment <= not_after:
        raise CertificateNotInForce(not_before, not_after)


def _unstamp(request: SignatureRequest) -> None:
    """STAMPED → SIGNED: the value stays, the time-stamp that does not fit goes; the tries go on counting."""
    SignatureRequest.objects.filter(pk=request.pk, state=State.STAMPED).update(
        state=State.SIGNED, cms=b"", stamped_at=None
    )


def _move(request: SignatureRequest, to: State, **values: Any) -> bool:
    """Move to ``to`` in a transaction of its own; False when somebody else was first."""
    with transaction.atomic():
        return _write(request, to, **values)


def _write(request: SignatureRequest, to: State, **values: Any) -> bool:
    """Compare-and-set the state, within a transaction, and tell."""
    values = {"error_code": "", "error_text": "", "attempts": 0, **values}
    if not SignatureRequest.objects.filter(pk=request.pk, state=request.state).update(state=to, **values):
        return False
    request.refresh_from_db()
    news = signals.signature_completed if to == State.DONE else signals.signature_progressed
    if to != State.ABANDONED:
        news.send(SignatureRequest, request=request)
    checkpoint(f"{to}:before-commit")
    transaction.on_commit(lambda: checkpoint(str(to)))
    return True


def _fail(request: SignatureRequest, error: SignatureError) -> None:
    """Stop this request where it is, and tell why."""
    with transaction.atomic():
        failed = SignatureRequest.objects.filter(pk=request.pk, state=request.state).update(
            state=State.FAILED,
            resume_state=request.state,
            error_code=error.code,
            error_text=str(error),
            permanent=error.permanent,
            failed_at=timezone.now(),
        )
        if failed:
            request.refresh_from_db()
            signals.signature_failed.send(SignatureRequest, request=request)


def _fail_seal(envelope: Envelope, code: str, text: str) -> None:
    """Leave the envelope SEALING with its error, and tell."""
    with transaction.atomic():
        Envelope.objects.filter(pk=envelope.pk, state=Envelope.State.SEALING).update(
            error_code=code, error_text=text
        )
        envelope.refresh_from_db()
        signals.seal_failed.send(Envelope, envelope=envelope, error=text)
