"""The calendars of one person: their page, and what a calendar reads at a private address."""

from __future__ import annotations

import hashlib

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contracts.models import Contract
from stakeholders.sealing import box
from stakeholders.sessions import ONLY
from workflow.news import feeds
from workflow.news.forms import CalendarForm
from workflow.notices.models import CalendarFeed
from workflow.tasks.access import contracts_of
from workflow.tasks.answers import Request, member

PURPOSE = "contreseing.calendar"
NEW = "new_calendar"  # in the session, sealed: the address to show once
OFFERED = 200  # contracts to choose among, the newest
# a calendar asks every hour or so; a whole administration may ask from behind one address
LIMITS = {"try": "600/m/ip", "read": "30/m/key"}


@require_http_methods(["GET", "HEAD", "POST"])
@member
def calendars(request: Request) -> HttpResponse:
    """The reader's calendars; make another, or a new address for one."""
    _check_is_whole(request)
    offered = contracts_of(request.user).only("reference", "title").order_by("-pk")[:OFFERED]
    form = CalendarForm(request.POST or None, contracts=list(offered))
    if request.method == "POST" and form.is_valid():
        address = feeds.renew(request.user, _chosen(request, form.cleaned_data["contract"]))
        request.session[NEW] = box(PURPOSE).encrypt(address.encode()).decode("ascii")
        return redirect("calendars")
    shown = request.session.pop(NEW, "") if request.method == "GET" else ""
    context = {
        "form": form,
        "feeds": CalendarFeed.objects.filter(person=request.user).select_related("contract").order_by("pk"),
        "new": box(PURPOSE).decrypt(shown.encode()).decode() if shown else "",
    }
    return render(request, "news/calendars.html", context, status=422 if form.is_bound else 200)


def _chosen(request: Request, number: str) -> Contract | None:
    return contracts_of(request.user).get(pk=number) if number else None


@require_POST
@member
def calendar_withdraw(request: Request, feed: int) -> HttpResponse:
    """Have an address of the reader's own give nothing any more; of anybody else's, nothing happens."""
    _check_is_whole(request)
    if feeds.withdraw(request.user, feed):
        messages.success(request, _("Calendrier retiré : son adresse ne donne plus rien."))
    else:  # withdrawn, or made anew, from another tab
        messages.info(
            request, _("Cette adresse ne donnait déjà plus rien : la liste dit celles qui servent.")
        )
    return redirect("calendars")


def _check_is_whole(request: Request) -> None:
    """A session that a mailed code opened for one mandate makes nothing that outlasts it."""
    if ONLY in request.session:
        raise Http404


@require_safe
def calendar_feed(request: HttpRequest, feed_key: str) -> HttpResponse | HttpResponseBase:
    """The deadlines, for whoever holds the address: no session, no cookie; 304 while nothing moved."""
    if not _consumed(request, "try"):
        return _too_often(request)
    feed = feeds.feed_named(feed_key)
    if feed is None:
        raise Http404
    if not _consumed(request, "read", str(feed.pk)):
        return _too_often(request)
    content = feeds.content_of(feed).encode()
    etag = f'"{hashlib.sha256(content).hexdigest()}"'
    answer = HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={
            "ETag": etag,
            "Content-Disposition": 'attachment; filename="contreseing.ics"',
            "X-Content-Type-Options": "nosniff",
            "X-Robots-Tag": "noindex",
        },
    )
    return get_conditional_response(request, etag=etag, response=answer) or answer


def _consumed(request: HttpRequest, action: str, key: str | None = None) -> bool:
    """Count one more; whether it is within the limits."""
    usage = ratelimit.consume(request, app="calendars", action=action, key=key, config=LIMITS, limit_get=True)
    return usage is not None


def _too_often(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer
