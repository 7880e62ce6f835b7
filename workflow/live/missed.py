"""What a page missed since the last event it saw: told by its socket once it is back, or to a page that asks.

Where a proxy lets no websocket through, the page asks this address from time to time (``polling.js``): it is
told the same as by the socket, in the same order and once, and fetches what moved by itself.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.utils import translation
from django.utils.dateparse import parse_datetime
from django.utils.http import quote_etag
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from stakeholders.models import User
from workflow.live import relay
from workflow.news.kinds import TOLD
from workflow.record.models import Event
from workflow.record.verbs import VERBS, sentence_of
from workflow.tasks.access import contract_for, contracts_of
from workflow.tasks.answers import Request, member

MISSED_AT_MOST = 500  # beyond, the page is told to read itself again
OF_SOCKETS = frozenset({"session_ended"})  # closes the session's sockets; who asks is simply logged out


def number(text: str) -> int | None:
    """Return a number that an address names, if it is one that the database could hold."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def missed(person: User, contract: int | None, after: int, at_most: int) -> list[dict[str, Any]]:
    """Return what came after an event and the person may know, oldest first, as it travels to the sockets.

    Of one contract, which they are known to see, or of all that they may see; and what they alone were told.
    """
    watched = Q(contract=contract) if contract is not None else Q(contract__in=contracts_of(person))
    to_me = Q(recipient=person)
    rows = Event.objects.filter(watched & Q(recipient__isnull=True) | to_me, pk__gt=after)
    reader = {person.pk}  # the rows were filtered by what this reader may see
    return [
        relay.message(event, reader) for event in rows.select_related("contract").order_by("pk")[:at_most]
    ]


def told(message: dict[str, Any], language: str, *, is_mine: bool) -> dict[str, Any]:
    """Return what a page receives: the sentence in the reader's language, never the raw facts.

    ``announced`` and ``moves_baskets`` are the verb's own (:mod:`workflow.record.verbs`); news move a counter
    too.
    """
    row = VERBS.get(message["kind"])
    at = parse_datetime(message["at"]) if message.get("at") else None
    with translation.override(language):
        return {
            "id": message["event"],
            "kind": message["kind"],
            "contract": message.get("contract"),
            "text": sentence_of(message["kind"], message["payload"]),
            "at": localtime(at).isoformat() if at else None,
            "mine": is_mine,
            "announced": row is None or row.announced,
            "moves_baskets": row is None or row.moves_baskets or message["kind"] in TOLD,
        }


@require_safe
@member
def missed_events(request: Request) -> HttpResponse:
    """Tell what came after the event ``apres``: ``{"last": …, "events": […]}``; 304 where nothing came.

    ``contrat`` keeps what is of one contract, as its page's socket does; 404 for who may no longer read it.
    Beyond MISSED_AT_MOST one event of no number stands for all: the page reads itself again. The tag names
    the last event that the reader was told (RFC 9110, 8.8.3): it is the same as long as nothing is told.
    """
    contract, after = number(request.GET.get("contrat", "")), number(request.GET.get("apres", "")) or 0
    if contract is not None:
        contract_for(request.user, contract)
    found = missed(request.user, contract, after, MISSED_AT_MOST + 1)
    last = found[-1]["event"] if found else after
    events: list[dict[str, Any]] = [{"kind": "reload"}]
    if len(found) > MISSED_AT_MOST:
        last = max(last, request.last_event)
    else:
        language = get_language() or ""
        events = [
            told(message, language, is_mine=message["actor"] == request.user.pk)
            for message in found
            if message["kind"] not in OF_SOCKETS
        ]
    tag = quote_etag(f"{last}-{request.user.pk}-{get_language()}")
    answer: HttpResponse = JsonResponse({"last": last, "events": events})
    if request.headers.get("If-None-Match") == tag:
        answer = HttpResponseNotModified()
    answer["ETag"] = tag
    return answer
