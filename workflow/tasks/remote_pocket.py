"""The account's token of a remote service, between two pages: sealed, in the browser of its owner."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse

from signatures.csc import errands
from signatures.csc.client import Access
from workflow.tasks.answers import Request


def _name() -> str:
    return f"{settings.SESSION_COOKIE_NAME}-service"


def opened(request: Request, service: str) -> tuple[Access | None, dict[str, Any]]:
    """Return the token that the browser keeps for this service, and what goes with it."""
    sealed = request.COOKIES.get(_name(), "")
    found = errands.from_pocket(request.user, session_of(request), service, sealed) if sealed else None
    return found or (None, {})


def put(request: Request, response: HttpResponse, service: str, access: Access, **facts: Any) -> HttpResponse:
    """Have the browser keep the token for ten minutes; raises TokenTooLong."""
    response.set_cookie(
        _name(),
        errands.pocket(request.user, session_of(request), service, access, **facts),
        max_age=int(errands.LASTS.total_seconds()),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def emptied(response: HttpResponse) -> HttpResponse:
    """Have the browser forget it."""
    response.delete_cookie(_name(), samesite="Lax")
    return response


def session_of(request: Request) -> str:
    """Return the key of the session that this errand is of."""
    return request.session.session_key or ""
