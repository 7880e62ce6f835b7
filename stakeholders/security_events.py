"""What whoever watches over the installation is told of, in the log, under one name each.

A closed list: a rule of a monitoring tool can rest on it. A line names people by the number of
their account, and an address that somebody tried by a keyed mark: the same one for the same
address, and no address. The request's number and its client's address come with it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import structlog
from django.utils.crypto import salted_hmac

from stakeholders.models import User

log = structlog.get_logger("security")


class Name(StrEnum):
    """Every event, by its name in the log."""

    LOGIN = "security.login"
    LOGIN_FAILED = "security.login_failed"
    LOGOUT = "security.logout"
    CODE_SENT = "security.code_sent"
    CODE_REFUSED = "security.code_refused"  # a second factor, a mailed code, a guest's code
    PROOF_REFUSED = "security.proof_refused"  # by which one signs
    PASSWORD_RESET_ASKED = "security.password_reset_asked"  # noqa: S105 (a name)
    PASSWORD_CHANGED = "security.password_changed"  # noqa: S105 (a name)
    FACTOR_ENROLLED = "security.factor_enrolled"
    FACTOR_REMOVED = "security.factor_removed"
    IDENTITY_CHANGED = "security.identity_changed"  # address, name, link with a provider
    SESSION_ENDED = "security.session_ended"
    PLATFORM_RIGHTS_CHANGED = "security.platform_rights_changed"
    ACCOUNT_OPENED = "security.account_opened"
    ACCOUNT_CLOSED = "security.account_closed"
    INVITATION_SENT = "security.invitation_sent"
    GRANT_REQUESTED = "security.grant_requested"
    GRANT_CONFIRMED = "security.grant_confirmed"
    GRANT_REFUSED = "security.grant_refused"
    GRANT = "security.grant"  # a power that is in force from now on: mandate, act of the register
    GRANT_ENDED = "security.grant_ended"
    SIGNING_KEY_CHANGED = "security.signing_key_changed"  # enrolled, accepted by another, withdrawn
    SIGNING_PROOF_CHANGED = "security.signing_proof_changed"
    RIGHT_REFUSED = "security.right_refused"
    LIMIT_REACHED = "security.limit_reached"
    JOURNAL_BROKEN = "security.journal_broken"


ALARMING = frozenset(
    {
        Name.LOGIN_FAILED,
        Name.CODE_REFUSED,
        Name.PROOF_REFUSED,
        Name.RIGHT_REFUSED,
        Name.LIMIT_REACHED,
        Name.JOURNAL_BROKEN,
    }
)


def tell(name: Name, *, person: User | int | None = None, **facts: Any) -> None:
    """Write one event. ``facts``: row numbers and words of ours, never what somebody typed."""
    about = {} if person is None else {"person": person if isinstance(person, int) else person.pk}
    write = log.error if name == Name.JOURNAL_BROKEN else log.warning if name in ALARMING else log.info
    write(name.value, **about, **facts)


def mark_of_address(address: str) -> str:
    """Name an address that somebody typed, 16 hexadecimal digits that only this installation can make."""
    return salted_hmac("security.address", address.strip().lower(), algorithm="sha256").hexdigest()[:16]
