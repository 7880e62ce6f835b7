"""What becomes of a signature or a seal that met a fault: tried again, or given up for good.

A fault is final when neither time nor a retry mends it. Once the key has served, the value it made
outlives every fault but those that show the value itself to be worthless: to be asked to sign again
for a disk, a clock or an authority is what nobody should have to.
"""

from __future__ import annotations

from signatures.delays import Delayed
from signatures.errors import (
    CertificateNotInForce,
    DocumentChanged,
    OwnOutputInvalid,
    SignatureError,
    TransientError,
    UnsignableDocument,
    WrongSignatureValue,
)
from signatures.models import SignatureRequest

State = SignatureRequest.State
KEY_HAS_SERVED = frozenset({State.SIGNED, State.STAMPED})

# what our validation says of the time-stamp alone: another one, asked for the same value, mends it
OF_THE_STAMP = frozenset(
    {"no_timestamp", "timestamp_broken", "timestamp_untrusted", "timestamp_unlisted", "timestamps_backwards"}
)
# what it says of the value or of the bytes under it: nothing but another signature mends that
OF_THE_VALUE = frozenset(
    {
        *("broken", "forbidden_change", "partial", "wrong_signer", "not_baseline", "ber_contents"),
        *("bad_contents", "missing_signature", "unexpected_signature", "stray_signature"),
        *("not_certified", "not_closed", "closed_too_early", "unsigned", "unsigned_field"),
        "changed_after_last",
        "other_beginning",  # ours: the original is not at the beginning of the file
    }
)
# what it says when it knows too little of what the authorities say today: they will say more
OF_THE_MOMENT = frozenset(
    {
        *("try_later", "no_poe", "revocation_out_of_bounds_no_poe", "certificate_chain_general_failure"),
        *("timestamp_stale", "timestamp_unproven"),
    }
)


def is_of_the_stamp(error: SignatureError) -> bool:
    """Tell whether a finished file was refused for its time-stamp, which can be asked for again."""
    if isinstance(error, UnsignableDocument):  # the CMS does not fit in the place kept for it
        return True
    if not isinstance(error, OwnOutputInvalid):
        return False
    return bool(error.codes & OF_THE_STAMP) and not error.codes & OF_THE_VALUE


def as_it_stands(error: SignatureError, state: str) -> SignatureError:
    """Return the error that counts when a request in ``state`` meets ``error``: final, or transient."""
    if not error.permanent or state not in KEY_HAS_SERVED or _is_worthless(error):
        return error
    return Delayed(error)


def of_a_seal(error: SignatureError) -> SignatureError:
    """Return the error that counts for a seal: its time-stamp, and its proofs, may be asked for again."""
    mends = is_of_the_stamp(error) or _is_of_the_moment(error)
    return Delayed(error) if error.permanent and mends else error


def _is_of_the_moment(error: SignatureError) -> bool:
    """Tell whether a sealed file was refused for nothing but what its proofs do not say yet."""
    return isinstance(error, OwnOutputInvalid) and bool(error.codes) and error.codes <= OF_THE_MOMENT


def _is_worthless(error: SignatureError) -> bool:
    """Tell whether the value that the key made can never be used."""
    if isinstance(error, TransientError):
        return False
    if isinstance(error, OwnOutputInvalid):
        return bool(error.codes & OF_THE_VALUE)
    # the time-stamp came after the certificate's end; the file has moved on; the key erred
    return isinstance(error, CertificateNotInForce | DocumentChanged | WrongSignatureValue)
