"""Browsers from which somebody has logged in before: what others try does not shut them out.

A cookie says, signed, that this browser logged in to this account (OWASP, « device cookies »).
It opens nothing; its tries are only counted apart from those of strangers.
"""

from __future__ import annotations

import hashlib
import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

SALT = "contreseing.device"
LASTS = 365 * 86_400  # seconds


def _cookie() -> str:
    return f"{settings.SESSION_COOKIE_NAME}-device"


def _account(login: str) -> str:
    return hashlib.sha256(login.strip().lower().encode()).hexdigest()


def known(request: HttpRequest, login: str) -> str:
    """Return this browser's own mark for the account, or nothing."""
    try:
        account, mark = signing.loads(request.COOKIES.get(_cookie(), ""), salt=SALT, max_age=LASTS)
    except (signing.BadSignature, ValueError, TypeError):
        return ""
    return str(mark) if account == _account(login) else ""


def remember(request: HttpRequest, response: HttpResponseBase, login: str) -> None:
    """Mark the browser, once somebody has logged in to the account with all that it asks."""
    mark = known(request, login) or secrets.token_urlsafe(16)
    response.set_cookie(
        _cookie(),
        signing.dumps([_account(login), mark], salt=SALT),
        max_age=LASTS,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
