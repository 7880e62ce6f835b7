"""What each kind of error leads to, before the key serves and after: a table that has a line for all."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from signatures import brought, card, jobs, key_errors, outcomes, reasons, seals
from signatures import errors as known
from signatures.csc import errands, faults
from signatures.delays import Delayed
from signatures.errors import NoCertificate, SignatureError
from signatures.limited import Unavailable
from signatures.models import SignatureRequest
from signatures.roots import NoTrustRoot

State = SignatureRequest.State

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
    "KeyLocked": (True, False),
    "NoCertificate": (True, False),
    "NoTrustRoot": (False, False),
    "NotEntitled": (True, False),
    "NotReady": (True, False),
    "NotTheSigner": (True, False),
    "OutOfTurn": (True, False),
    "OwnOutputInvalid": (True, False),  # by its codes, below
    "ProofNotLonger": (False, False),
    "RevocationTooEarly": (False, False),
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
    "AccountClosed": (True, False),
    "ActivationExpired": (True, False),
    "ActivationInvalid": (True, False),
    "ActivationOfAnother": (True, False),
    "AlgorithmUnfit": (True, False),
    "AuthorisationEnded": (True, False),
    "AuthorisationRefused": (True, False),
    "CertificateOver": (True, False),
    "CertificateTaken": (True, False),
    "CodeRefused": (True, False),
    "CodesWrong": (True, False),
    "DigestUnfit": (True, False),
    "DocumentRefused": (True, False),
    "ErrandRefused": (True, False),
    "KeyDisabled": (True, False),
    "KeyLockedThere": (True, False),
    "KeyNotUsable": (True, False),
    "LevelTooLow": (True, False),
    "NoSeal": (True, False),
    "NobodyAsked": (True, False),
    "NotForSigning": (True, False),
    "NotInAPersonsPlace": (True, False),
    "NotOffered": (True, False),
    "NotRecognised": (True, False),
    "OtpWrong": (True, False),
    "PinWrong": (True, False),
    "RemoteRefusal": (True, False),
    "SessionOver": (True, False),
    "SignatoryAbsent": (True, False),
    "SignatureCancelled": (True, False),
    "SpecimenNotAllowed": (True, False),
    "TokenTooLong": (True, False),
    "TooManyAtOnce": (True, False),
    "UnknownService": (True, False),
    "UnreadableCertificate": (True, False),
    "ServiceGarbled": (False, False),
    "ServiceUnavailable": (False, False),
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
    assert {NoTrustRoot, Unavailable, NoCertificate} <= set(kinds())
    assert {brought.DocumentRefused, card.CodeRefused, key_errors.KeyNotUsable} <= set(kinds())
    assert {errands.ErrandRefused, faults.PinWrong, seals.NoSeal} <= set(kinds())
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


def test_what_comes_back_by_itself_is_tried_for_an_hour() -> None:
    for error in (OSError(5, "I/O"), known.TransientError(), Delayed(known.SignatureError("…"))):
        assert jobs.tries_of(error) == jobs.MAX_ATTEMPTS
    assert jobs.tries_of(RuntimeError()) == jobs.UNFORESEEN_ATTEMPTS
