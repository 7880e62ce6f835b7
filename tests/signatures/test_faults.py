"""After the key has served, nothing that time or a retry mends costs the signature it made.

The faults are played for real, and the uses of the key counted; the table of what each kind of error
leads to is in ``test_outcomes.py``.
"""

from __future__ import annotations

import base64
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from unittest import mock

import psycopg
import pytest
from django.db import connection
from django.test import override_settings

from signatures import (
    actions,
    blobs,
    cms,
    machine,
    signals,
    timestamps,
    validation,
)
from signatures import errors as known
from signatures.delays import DocumentUnreadable, StampUnfit, StoreUnavailable
from signatures.errors import SignatureError
from signatures.limited import Unavailable
from signatures.models import Envelope, SignatureRequest
from signatures.report import Problem, Report
from signatures.roots import NoTrustRoot
from tests.database_address import owner_address
from tests.owner import as_owner
from tests.signatures.conftest import Signatories, ask, sign_both

State = SignatureRequest.State
NOBODY = ["http://127.0.0.1:1/tsa"]


@pytest.fixture
def uses() -> Iterator[list[int]]:
    """Count how often a key is about to serve."""
    counted: list[int] = []

    def count(sender: object, request: SignatureRequest, **_kwargs: object) -> None:
        counted.append(request.pk)

    signals.key_about_to_serve.connect(count)
    yield counted
    signals.key_about_to_serve.disconnect(count)


def signed(envelope: Envelope, signatories: Signatories) -> SignatureRequest:
    """Return a request whose key has served, and that waits for its time-stamp."""
    request = ask(envelope, "Signataire-01", signatories.prefect)
    with override_settings(TIMESTAMP_URLS=NOBODY), pytest.raises(known.TimestampUnavailable):
        machine.advance(request.pk)
    timestamps.forget_failures()
    request.refresh_from_db()
    assert request.state == State.SIGNED
    return request


@contextmanager
def lost(path: Path) -> Iterator[None]:
    kept = path.read_bytes()
    path.unlink()
    yield
    path.write_bytes(kept)


@contextmanager
def damaged(path: Path) -> Iterator[None]:
    kept = path.read_bytes()
    path.write_bytes(kept[:-1] + b"x")
    yield
    path.write_bytes(kept)


@contextmanager
def out_of_reach(path: Path) -> Iterator[None]:
    """The disk answers, and not with the file: a folder in its place."""
    kept = path.read_bytes()
    path.unlink()
    path.mkdir()
    yield
    path.rmdir()
    path.write_bytes(kept)


@contextmanager
def full_disk(_path: Path) -> Iterator[None]:
    with mock.patch.object(os, "fsync", side_effect=OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))):
        yield


@contextmanager
def no_root(path: Path) -> Iterator[None]:
    with override_settings(TRUST_ROOTS=[path.with_name("absent.pem")]):
        yield


@contextmanager
def silent_authority(_path: Path) -> Iterator[None]:
    with override_settings(TIMESTAMP_URLS=NOBODY):
        yield
    timestamps.forget_failures()


Fault = Callable[[Path], AbstractContextManager[None]]
FAULTS: dict[str, tuple[Fault, type[SignatureError]]] = {
    "missing": (lost, DocumentUnreadable),
    "damaged": (damaged, DocumentUnreadable),
    "out of reach": (out_of_reach, DocumentUnreadable),
    "full disk": (full_disk, StoreUnavailable),
    "no root": (no_root, NoTrustRoot),
    "silent authority": (silent_authority, known.TimestampUnavailable),
}


@pytest.mark.django_db
@pytest.mark.parametrize("fault", FAULTS)
def test_the_value_outlives_the_fault(
    envelope: Envelope, signatories: Signatories, uses: list[int], fault: str
) -> None:
    request = signed(envelope, signatories)
    value = bytes(request.raw_signature)
    spoil, expected = FAULTS[fault]
    with spoil(blobs._path(request.prepared_sha256)):
        for _again in range(2):
            with pytest.raises(expected) as met:
                machine.advance(request.pk)
            assert not met.value.permanent
    request.refresh_from_db()
    assert request.state in (State.SIGNED, State.STAMPED)
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, bytes(request.raw_signature)) == (State.DONE, value)
    assert uses == [request.pk], "the key was used once"


@pytest.mark.django_db
def test_a_stamp_that_our_validation_refuses_is_asked_for_again(
    envelope: Envelope, signatories: Signatories, uses: list[int]
) -> None:
    request = signed(envelope, signatories)
    value = bytes(request.raw_signature)
    chain = tuple(backend_chain(request))
    unstamped = cms.assemble(bytes(request.certificate), chain, request.signed_attributes, value, None)
    with as_owner():
        SignatureRequest.objects.filter(pk=request.pk).update(state=State.STAMPED, cms=unstamped)
    with pytest.raises(StampUnfit):
        machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, bytes(request.cms)) == (State.SIGNED, b"")
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, bytes(request.raw_signature), uses) == (State.DONE, value, [request.pk])


def backend_chain(request: SignatureRequest) -> list[bytes]:
    """Return the certificates above the signatory's, as they were prepared."""
    return [base64.b64decode(other) for other in request.prepared["chain"]]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["missing", "out of reach", "silent authority", "no root"])
def test_a_seal_that_waits_says_why_and_is_made(
    envelope: Envelope, signatories: Signatories, fault: str
) -> None:
    told: list[bool] = []

    def listen(sender: object, envelope: Envelope, is_first: bool, **_kwargs: object) -> None:
        told.append(is_first)

    sign_both(envelope, signatories)
    actions.request_seal(envelope)
    envelope.refresh_from_db()
    spoil, expected = FAULTS[fault]
    signals.seal_delayed.connect(listen)
    try:
        with spoil(blobs._path(envelope.current_sha256)):
            for _again in range(2):
                with pytest.raises(expected) as met:
                    machine.seal(envelope.pk)
                machine.note_seal_delay(envelope.pk, met.value)
    finally:
        signals.seal_delayed.disconnect(listen)
    envelope.refresh_from_db()
    assert (envelope.state, envelope.error_code, told) == (
        Envelope.State.SEALING,
        expected.code,
        [True, False],
    )
    machine.seal(envelope.pk)
    envelope.refresh_from_db()
    assert (envelope.state, envelope.error_code) == (Envelope.State.SEALED, "")


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_breaks_once_the_key_has_served_does_not_have_it_serve_again(
    envelope: Envelope, signatories: Signatories, uses: list[int]
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    check = cms.normalised_value

    def broken(*arguments: bytes) -> bytes:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (server,) = cursor.fetchone()
        with psycopg.connect(owner_address(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [server])
        return check(*arguments)

    with mock.patch.object(cms, "normalised_value", broken):
        machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, uses) == (State.DONE, [request.pk])


@pytest.mark.django_db
def test_a_machine_too_busy_to_verify_throws_no_signature_away(
    envelope: Envelope, signatories: Signatories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key has served: what it made is verified again later, and not asked of the person again."""
    request = ask(envelope, "Signataire-01", signatories.prefect)
    too_busy = Report([Problem("exhausts", facts={"which": "cpu"})])
    with monkeypatch.context() as busy, pytest.raises(Unavailable):
        busy.setattr(validation, "validate", lambda *_arguments, **_options: too_busy)
        machine.advance(request.pk)
    request.refresh_from_db()
    assert request.state == State.STAMPED
    value = bytes(request.raw_signature)
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, bytes(request.raw_signature)) == (State.DONE, value)


@pytest.mark.django_db
def test_a_corrupt_document_is_never_signed(envelope: Envelope, signatories: Signatories) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    path = next(file for file in blobs.folder().rglob("*") if file.name == envelope.base_sha256)
    sound = path.read_bytes()
    path.write_bytes(sound[:-1] + b"x")
    with pytest.raises(DocumentUnreadable, match=envelope.base_sha256[:12]):
        machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, bytes(request.raw_signature)) == (State.REQUESTED, b"")
    path.write_bytes(sound)
    machine.advance(request.pk)
    request.refresh_from_db()
    assert request.state == State.DONE, "restored, it is signed without being asked for again"
