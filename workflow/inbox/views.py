"""The inbox: baskets, their counters, their rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow.inbox.baskets import Basket, Baskets
from workflow.inbox.returned import returned_to
from workflow.inbox.soon import soon
from workflow.powers import pending
from workflow.standing import handovers
from workflow.tasks import lists
from workflow.tasks.answers import Request, member

OWED = ("a-traiter", "a-signer", "delegues")


@require_safe
@member
def inbox(request: Request) -> HttpResponse:
    """What waits for the reader: the first of the baskets of what they owe that holds something."""
    baskets = Baskets(request.user, request.standings)
    return _page(request, baskets, next((slug for slug in OWED if baskets[slug].count), OWED[0]))


@require_safe
@member
def basket(request: Request, basket: str) -> HttpResponse:
    """One basket."""
    return _page(request, _known(request, basket), basket)


@require_safe
@member
def basket_list(request: Request, basket: str) -> HttpResponse:
    """The rows of one basket, fetched again when something has moved."""
    found = _known(request, basket)[basket]
    return render(request, "inbox/_partials/basket_rows.html", _rows(request, found))


@require_safe
@member
def basket_counters(request: Request) -> HttpResponse:
    """The counters, to be swapped in place: the header's, and the baskets' where they are shown."""
    current = request.GET.get("corbeille", "")
    baskets = Baskets(request.user, request.standings)
    context = {
        "baskets": baskets,
        "waiting_count": baskets.waiting,
        "news_count": baskets.news,
        "current": current,
        "oob": True,
    }
    return render(request, "inbox/_partials/counters.html", context)


def _known(request: Request, slug: str) -> Baskets:
    baskets = Baskets(request.user, request.standings)
    if slug not in baskets:
        raise Http404
    return baskets


def _page(request: Request, baskets: Baskets, slug: str) -> HttpResponse:
    context = {
        "baskets": baskets,
        "waiting_count": baskets.waiting,
        "news_count": baskets.news,
        "current": slug,
        "to_confirm": pending.to_confirm(request.user, request.standings.mandates),
        "handovers": handovers.handovers_for(request.standings.mandates),
        **_rows(request, baskets[slug]),
    }
    return render(request, "inbox/inbox.html", context)


def _rows(request: Request, basket: Basket) -> dict[str, Any]:
    """Return one page of a basket, and the cursor that asked for it, to ask for it again."""
    cursor = request.GET.get("page", "")
    page = basket.listing.page(cursor)
    if basket.may_be_delegated and request.standings.may_act_in_place:
        page = replace(page, rows=lists.with_standing(page.rows, request.standings))
    returned = returned_to(request.standings.mandates, page.rows) if basket.holds_tasks else []
    facts = {"basket": basket, "page": page, "cursor": cursor, "returned": returned}
    return {**facts, "soon": soon(request.standings.mandates) if basket.slug in OWED else []}
