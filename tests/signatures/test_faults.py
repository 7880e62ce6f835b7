"""After the key has served, nothing that time or a retry mends costs the signature it made.

The table says what each fault leads to, before the key serves and after; the rest plays the faults of
the machine for real, and counts how often the key is used.
"""

from __future__ import annotations

import base64
import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from django.test import override_settings

from signatures import (
    actions,
    blobs,
    cms,
    confirmations,
    jobs,
    machine,
    outcomes,
    reasons,
    signals,
    timestamps,
)
from signatures import errors as known
from signatures.errors import DocumentUnreadable, SignatureError, StampUnfit, StoreUnavailable
from signatures.limited import Unavailable
from signatures.models import Envelope, SignatureRequest
from signatures.roots import NoTrustRoot
from tests.owner import as_owner
from tests.signatures import documents
from tests.signatures.conftest import Signatories, ask, sign_both

State = SignatureRequest.State
NOBODY = ["http://127.0.0.1:1/tsa"]

# by kind of error: whether it is final before the key serves, and after
TABLE = {
    "BackendUnavailable": (False, False),
    "CertificateNotInForce": (True, True),  # no time-stamp proves it was
    "CertificateRevoked": (True, False),
    "CertificateUntrusted": (True, False),
    "ConfirmationRefused": (True, False),
    "Delayed": (False, False),
    "DocumentChanged": (True, True),  # the file has moved on
    "DocumentUnreadable": (False, False),
    "EnvelopeClosed": (True, False),
    "NoCertificate": (True, False),
    "NoTrustRoot": (False, False),
    "NotEntitled": (True, False),
    "NotReady": (True, False),
    "NotTheSigner": (True, False),
    "OutOfTurn": (True, False),
    "OwnOutputInvalid": (True, False),  # by its codes, below
    "RevocationUnknown": (False, False),
    "SignatureError": (True, False),
    "SlotTaken": (True, False),
    "StampUnfit": (False, False),
    "StoreUnavailable": (False, False),
    "TimestampUnavailable": (False, False),
    "TransientError": (False, False),
    "Unavailable": (False, False),
    "Unforeseen": (False, False),
    "UnknownBackend": (True, False),
    "UnknownField": (True, False),
    "UnsignableDocument": (True, False),
    "WrongSignatureValue": (True, True),  # the key erred: its value is worth nothing
}
# what our validation may say of our own file, and an administrator or a less busy machine mends
PASSING = {
    *("exhausts.memory", "exhausts.cpu", "exhausts.crash", "too_long", "too_large", "too_many_pages"),
    *("too_complex", "too_many_signatures", "not_checked", "untrusted", "not_valid", "not_archived"),
    *("unreadable", "not_sealed", "only_timestamp", "only_timestamp.unverified"),
}


def kinds(base: type[SignatureError] = SignatureError) -> Iterator[type[SignatureError]]:
    """Yield every kind of error of the room."""
    yield base
    for below in base.__subclasses__():
        yield from kinds(below)


def bare(kind: type[SignatureError]) -> SignatureError:
    """Return an error of this kind with none of its facts."""
    error = kind.__new__(kind)
    if isinstance(error, known.OwnOutputInvalid):
        error.codes = frozenset()
    return error


def test_every_kind_of_error_has_its_line() -> None:
    assert {NoTrustRoot, Unavailable, confirmations.ConfirmationRefused} <= set(kinds())
    assert {kind.__name__ for kind in kinds() if kind.__module__.startswith("signatures.")} == set(TABLE)


@pytest.mark.parametrize(
    "kind", [kind for kind in kinds() if kind.__name__ in TABLE], ids=lambda k: k.__name__
)
def test_what_a_fault_leads_to(kind: type[SignatureError]) -> None:
    before, after = TABLE[kind.__name__]
    for state in (State.REQUESTED, State.PREPARED):
        assert outcomes.as_it_stands(bare(kind), state).permanent is before
    for state in (State.SIGNED, State.STAMPED):
        assert outcomes.as_it_stands(bare(kind), state).permanent is after


def test_what_our_validation_says_is_of_the_stamp_of_the_value_or_passes() -> None:
    of_the_bytes = {*reasons._OF_THE_BYTES, *reasons._ODD} - {"ber_contents", "unreadable", "too_large"}
    told = {code.split(".")[0] for code in reasons.SENTENCES if code not in PASSING} - of_the_bytes
    assert told <= outcomes.OF_THE_STAMP | outcomes.OF_THE_VALUE | {
        "field_added",
        "dressed_timestamp",
        "bad_proofs",
    }
    assert not outcomes.OF_THE_STAMP & outcomes.OF_THE_VALUE
    for code, final in (
        ("broken", True),
        ("wrong_signer", True),
        ("untrusted", False),
        ("unreadable", False),
    ):
        error = known.OwnOutputInvalid(["…"], frozenset({code}))
        assert outcomes.as_it_stands(error, State.STAMPED).permanent is final, code
    both = known.OwnOutputInvalid(["…"], frozenset({"broken", "timestamp_broken"}))
    assert not outcomes.is_of_the_stamp(both)
    assert outcomes.is_of_the_stamp(
        known.OwnOutputInvalid(["…"], frozenset({"timestamp_broken", "not_valid"}))
    )


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


Fault = Callable[[Path], "contextmanager[None]"]
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


def test_what_comes_back_by_itself_is_tried_for_an_hour() -> None:
    for error in (OSError(5, "I/O"), known.TransientError(), known.Delayed(known.SignatureError("…"))):
        assert jobs.tries_of(error) == jobs.MAX_ATTEMPTS
    assert jobs.tries_of(RuntimeError()) == jobs.UNFORESEEN_ATTEMPTS
    assert documents.FIELDS
