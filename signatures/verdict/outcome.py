"""What a reason leads to: which of ours refuse a file, and which leave the question open.

EN 319 102-1 § 5.1.3 has three verdicts. TOTAL-FAILED is for what is known to be wrong;
INDETERMINATE for what cannot be known from the file and the roots that we were given.
"""

from __future__ import annotations

from pyhanko.sign.ades.report import AdESStatus, AdESSubIndic

from signatures.report import Verdict

# Our own reasons that leave the question open: an honest file may be so. All others refuse.
# What honest tools do and ours never does: open for another's file, proof of a change in a contract.
ODDITIES = frozenset(
    {
        *("hybrid_table", "other_content", "field_added", "ber_contents", "loose_bytes"),
        *("form_filled", "unused_objects", "proofs_rewritten", "properties_rewritten"),
    }
)
OPEN_QUESTIONS = ODDITIES | frozenset(
    {
        *("encrypted", "too_large", "too_many_pages", "too_many_signatures", "too_long", "only_timestamp"),
        *("not_baseline", "untrusted", "not_checked", "timestamp_unlisted"),
        "too_complex",
        *("timestamp_untrusted", "timestamp_unproven", "timestamp_stale", "timestamp_expired"),
    }
)


def verdict_of(code: str, *, contract: bool = False) -> Verdict:
    """Return what one of our own codes leads to, against a contract of ours or any other file."""
    is_open = code in OPEN_QUESTIONS and not (contract and code in ODDITIES)
    return Verdict.INDETERMINATE if is_open else Verdict.FAILED


def verdict_of_indication(indication: AdESSubIndic) -> Verdict:
    """Return what a sub-indication of EN 319 102-1 leads to."""
    return {
        AdESStatus.PASSED: Verdict.PASSED,
        AdESStatus.INDETERMINATE: Verdict.INDETERMINATE,
        AdESStatus.FAILED: Verdict.FAILED,
    }[indication.status]
