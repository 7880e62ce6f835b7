"""The codes that an application shows for thirty seconds (RFC 6238)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

Answer = TypeVar("Answer")


def code_of(secret: str) -> str:
    """Compute the code that an application shows now."""
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def in_time(
    secret: str, give: Callable[[str], Answer], *, accepted: Callable[[Answer], bool]
) -> tuple[Answer, str]:
    """Give the code shown now, or the next if this one ended meanwhile; return the answer and the code."""
    while True:
        shown = code_of(secret)
        answer = give(shown)
        if accepted(answer) or code_of(secret) == shown:
            return answer, shown
