"""How often the program may ask: a code cannot be guessed, and nobody is kept busy by one who tries."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse

from signatures import card
from signatures.card_models import CardSession
from workflow.card.answers import refusal, too_often

P = ParamSpec("P")
# a whole administration may sign from behind one address; one conversation is of some ten questions
LIMITS = {"open": "60/m/ip", "ask": "600/m/ip", "talk": "60/m/key"}
BEARER = "Bearer "


def consumed(request: HttpRequest, action: str, key: str | None = None) -> bool:
    """Count one more; whether it is within the limits."""
    usage = ratelimit.consume(request, app="card", action=action, key=key, config=LIMITS, limit_get=True)
    return usage is not None


def by_session(
    view: Callable[Concatenate[HttpRequest, CardSession, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a view to the program that holds a session, and to nobody else: no cookie counts here."""

    @wraps(view)
    def opened(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        if not consumed(request, "ask"):
            return too_often()
        said = request.headers.get("Authorization", "")
        try:
            session = card.by_token(said.removeprefix(BEARER) if said.startswith(BEARER) else "")
        except card.SessionOver as error:
            return refusal(error, 401)
        if not consumed(request, "talk", str(session.pk)):
            return too_often()
        return view(request, session, *args, **kwargs)

    return opened
