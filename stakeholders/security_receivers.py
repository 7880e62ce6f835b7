"""What Django and allauth tell of log-ins, written as security events."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver
from django.http import HttpRequest

from stakeholders.models import User
from stakeholders.security_events import Name, mark_of_address, tell
from stakeholders.signals import session_closed, sessions_closed


@receiver(user_logged_in)
def logged_in(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """Say who came in, and by what."""
    by = [str(record.get("method")) for record in get_authentication_records(request, user)]
    tell(Name.LOGIN, person=user, by=by)


@receiver(user_logged_out)
def logged_out(user: User | None, **_kwargs: Any) -> None:
    """Say who left."""
    if user is not None:
        tell(Name.LOGOUT, person=user)


@receiver(user_login_failed)
def login_failed(credentials: dict[str, Any], **_kwargs: Any) -> None:
    """Say that somebody did not come in; under which account, by its mark only."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    tell(Name.LOGIN_FAILED, address=mark_of_address(typed))


@receiver(session_closed)
@receiver(sessions_closed)
def session_ended(person: User, **_kwargs: Any) -> None:
    """Say whose session ended otherwise than by logging out."""
    tell(Name.SESSION_ENDED, person=person)
