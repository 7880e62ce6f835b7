"""The contract's page: where each actor stands, what is done, what comes next."""

from __future__ import annotations

import re

from django.http import HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contracts.words import LONGEST
from workflow.board.history import past
from workflow.board.listed import Asked
from workflow.board.parts import drawn, parts, reader_of, tag_of, text
from workflow.board.sieve import Sieve
from workflow.procedures import registry
from workflow.procedures.diagram import diagram
from workflow.tasks.access import contract_for
from workflow.tasks.annexes import shown
from workflow.tasks.answers import Request, member

NUMBER = re.compile(r"\d{1,18}", re.ASCII)  # of an entry of the journal


@require_safe
@member
def contract_list(request: Request) -> HttpResponse:
    """Every contract that the reader may see, by pages; those that a search and choices keep."""
    asked = Asked.read(request.GET)
    listing = asked.listing(request)
    context = {
        "page": listing.page(request.GET.get("page", "")),
        "count": listing.count(),
        "longest": LONGEST,
        **asked.shown(),
    }
    return render(request, "board/contract_list.html", context)


@require_safe
@member
def contract(request: Request, contract: int) -> HttpResponse:
    """The whole page."""
    found = contract_for(request.user, contract)
    before = past(found, request.user)
    reader = reader_of(request)
    context = {
        "contract": found,
        "tag": tag_of(request.user, found),
        "parts": parts(reader, found, after=before.after),
        "text": text(reader, found, Sieve.read(request.GET)),
        "past": before,
        "annexes": shown(request, found, found.latest_version),
    }
    return render(request, "board/contract.html", context)


@require_safe
@member
def contract_live(request: Request, contract: int) -> HttpResponse:
    """The parts of the page that move, to be changed in place; 304 for what the page shows already."""
    found = contract_for(request.user, contract)
    tag = tag_of(request.user, found)
    if request.headers.get("If-None-Match") == tag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        after = request.GET.get("depuis", "")
        shown = parts(reader_of(request), found, after=int(after) if NUMBER.fullmatch(after) else 0)
        answer = render(request, "board/_partials/moved.html", {"parts": shown})
    answer["ETag"] = tag
    return answer


@require_safe
@member
def contract_bpmn(request: Request, contract: int) -> HttpResponse:
    """The circuit as BPMN 2.0."""
    found = contract_for(request.user, contract)
    drawn = diagram(registry.procedure_of(found))
    return HttpResponse(drawn, content_type="application/bpmn+xml; charset=utf-8")


@require_safe
@member
def contract_process(request: Request, contract: int) -> HttpResponse:
    """The state of each step of the diagram."""
    return JsonResponse(drawn(request.user, contract_for(request.user, contract)))
