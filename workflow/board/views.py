"""The contract's page: where each actor stands, what is done, what comes next."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contracts.models import ENDED, Contract, Status
from contracts.words import LONGEST
from stakeholders.permissions import mandates_in_force
from workflow.board import obstacles
from workflow.board.circuit import circuit
from workflow.board.diagram_status import diagram_status
from workflow.board.history import history, whole_history
from workflow.board.lanes import lanes, missing_opinions, never_asked
from workflow.board.steps import steps
from workflow.engine import purposes
from workflow.engine.lateness import minutes_late
from workflow.engine.looks import NOW
from workflow.engine.tasks import Task, has_failed, is_of_the_system, open_tasks, serves
from workflow.guests.links import naming, wrong_contacts
from workflow.procedures import recall_rules, registry
from workflow.procedures.diagram import diagram
from workflow.record.answers import answers
from workflow.signing import progress
from workflow.signing.holders import Difference
from workflow.signing.rules import differences
from workflow.standing.drafters import mandate_to_draft
from workflow.standing.parties import mandate_to_pilot
from workflow.tasks import lists
from workflow.tasks.access import contract_for
from workflow.tasks.answers import Request, member

NUMBER = re.compile(r"\d{1,18}", re.ASCII)  # of an entry of the journal


@require_safe
@member
def contract_list(request: Request) -> HttpResponse:
    """Every contract that the reader may see, by pages; those that a search finds."""
    sought = request.GET.get("q", "").strip()
    listing = lists.contract_listing(request.user, sought=sought, mandates=request.standings.mandates)
    context = {
        "page": listing.page(request.GET.get("page", "")),
        "count": listing.count(),
        "sought": sought,
        "longest": LONGEST,
    }
    return render(request, "board/contract_list.html", context)


@require_safe
@member
def contract(request: Request, contract: int) -> HttpResponse:
    """The whole page."""
    found = contract_for(request.user, contract)
    context: dict[str, Any] = {"contract": found}
    for facts, _template in FRAGMENTS.values():
        context |= facts(request, found)
    volets = found.volets.select_related("lead").prefetch_related(
        "commitments__lead", "commitments__owner", "commitments__contributors"
    )
    context |= {"volets": volets}
    return render(request, "board/contract.html", context)


@require_safe
@member
def contract_fragment(request: Request, contract: int, fragment: str) -> HttpResponse:
    """One part of the page, fetched again when something has moved."""
    if fragment not in FRAGMENTS:
        raise Http404
    found = contract_for(request.user, contract)
    facts, template = FRAGMENTS[fragment]
    context = {"contract": found, **facts(request, found)}
    return render(request, template, context)


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
    return JsonResponse(diagram_status(contract_for(request.user, contract)))


def _head(request: Request, found: Contract) -> dict[str, Any]:
    waiting = open_tasks(found)
    mine = lists.tasks_of(request.user, found, standings=request.standings)
    is_pilot = mandate_to_pilot(request.user, found) is not None
    named = naming(request.user, found)
    running = [task for task in waiting if is_of_the_system(task) and not has_failed(task)]
    return {
        "can_name": bool(named),
        "wrong_contacts": wrong_contacts(found, named) if named else [],
        "my_tasks": mine,
        "answered": answers([found.pk])[found.pk],
        "is_pilot": is_pilot,
        "is_over": found.status in ENDED,
        "readable": found.versions.exclude(pdf_sha256="").defer("content").first(),
        "may_draft": mandate_to_draft(request.user, found) is not None,
        "incompatibilities": obstacles.incompatibilities(request.standings.mandates, found, waiting),
        "barred": obstacles.barred_tasks(request.standings, found),
        "failed_jobs": [task for task in waiting if has_failed(task)],
        "running_jobs": [(task, _explained(task, found)) for task in running],
        "minutes_late": minutes_late(found) if running else 0,
        "can_recall": is_pilot and recall_rules.recall_carrier(found) is not None,
        "differences": _differences(found),
    }


def _differences(found: Contract) -> list[Difference]:
    """Return the places that name a former holder, while the text may still be signed or taken back."""
    if found.status == Status.DRAFTING or found.status in ENDED or (version := found.latest_version) is None:
        return []
    return differences(version)


def _explained(task: Task, found: Contract) -> str:
    """Say what a step of the system waits for, when it says so."""
    if serves(task, purposes.SEAL):
        told = progress.seal_of(found)
        return told.detail if told and told.look == NOW else ""
    if serves(task, purposes.MAKE_SIGNATURE):
        running = (place.told for place in progress.places(found) if place.act and place.told.look == NOW)
        return next((f"{told.word} {told.detail}" for told in running), "")
    return ""


def _summary(request: Request, found: Contract) -> dict[str, Any]:
    return {"versions": found.versions.select_related("frozen_by").defer("content")}


def _circuit(request: Request, found: Contract) -> dict[str, Any]:
    return {"circuit": circuit(found)}


def _steps(request: Request, found: Contract) -> dict[str, Any]:
    return {"steps": steps(found)}


def _lanes(request: Request, found: Contract) -> dict[str, Any]:
    mine = {m.office.organisation_id for m in mandates_in_force(request.user)}
    return {
        "lanes": lanes(found),
        "my_organisations": mine,
        "missing": missing_opinions(found),
        "never_asked": never_asked(found),
    }


def _history(request: Request, found: Contract) -> dict[str, Any]:
    """Return the lines of a fragment, after those that the page holds already; or of a whole page."""
    if request.resolver_match and request.resolver_match.url_name == "contract_fragment":
        after = request.GET.get("depuis", "")
        return {"history": history(found, after=int(after) if NUMBER.fullmatch(after) else 0)}
    whole = whole_history(found)
    return {"history": whole.newest, "older": whole.older, "history_after": whole.after}


def _signatures(request: Request, found: Contract) -> dict[str, Any]:
    placed = progress.places(found)
    # the seal comes when all have signed: nothing to ask of it before
    is_over = all(place.act and place.act.request.done_at for place in placed)
    return {"places": placed, "seal": progress.seal_of(found) if is_over else None}


# by the name that its address carries: what a part shows, and its template
FRAGMENTS: dict[str, tuple[Callable[[Request, Contract], dict[str, Any]], str]] = {
    "entete": (_head, "board/_partials/head.html"),
    "resume": (_summary, "board/_partials/summary.html"),
    "circuit": (_circuit, "board/_partials/circuit.html"),
    "etapes": (_steps, "board/_partials/steps.html"),
    "acteurs": (_lanes, "board/_partials/lanes.html"),
    "historique": (_history, "board/_partials/history.html"),
    "signatures": (_signatures, "board/_partials/signatures.html"),
}
