"""What views share: who may open a page at all, and how a refusal is answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from stakeholders.models import User
from stakeholders.reading import reading
from stakeholders.security_events import Name, tell
from workflow.record import events
from workflow.record.refusals import ActRefused
from workflow.standing.standings import Standings, standings_of

P = ParamSpec("P")


class Request(HttpRequest):
    """A request by a person who has logged in.

    ``come_back`` is the address that shows what this one did (config/routes.py).
    ``last_event`` is read before anything else of the page, so that what happens while
    the page is made reaches it by websocket. ``standings`` is what the reader may do, read
    once for all that the page shows; an act asks it afresh, under its lock.
    """

    user: User
    htmx: HtmxDetails
    come_back: str
    last_event: int
    standings: Standings


def member(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a view to people who have logged in; the others log in first."""

    @wraps(view)
    def opened(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        asked = cast(Request, request)
        if not asked.user.is_authenticated:
            if asked.htmx:  # a fragment must not become the login page inside the page
                words = _("Votre session est terminée : connectez-vous de nouveau.")
                login = redirect_to_login(asked.htmx.current_url_abs_path or "/").url
                return HttpResponse(words, status=401, headers={"HX-Redirect": login})
            return redirect_to_login(asked.come_back)
        asked.last_event = events.last_identifier()
        with reading() if asked.method in {"GET", "HEAD"} else nullcontext():
            asked.standings = standings_of(asked.user).read()
            return view(asked, *args, **kwargs)

    return opened


def refused(
    request: HttpRequest, error: ActRefused, contract_id: int, *, typed: str = "", **facts: Any
) -> HttpResponse:
    """Answer an act that could not be done, with its sentence, where to go, and what had been ``typed``."""
    template = "errors/403.html" if error.status == 403 else "errors/409.html"
    if error.status == 403:
        tell(Name.RIGHT_REFUSED, contract=contract_id)
    back_url = reverse("contract", args=[contract_id])
    layout = "" if "HX-Request" in request.headers else "base.html"
    words = [typed] if typed.strip() else []
    context = {"layout": layout, "reason": error.message, "back_url": back_url, "typed": words, **facts}
    return render(request, template, context, status=error.status)
