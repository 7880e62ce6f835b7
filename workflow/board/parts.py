"""The parts of a contract's page that move: what each shows, rendered once for all who read the same.

A part that says the same to many readers is kept for a few seconds, under the last event of its
contract: when something happens on a contract that thirty people watch, it is rendered once a
language, not thirty times. The head, which says what the reader has to do, is rendered for each.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from django.core.cache import caches
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import quote_etag
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from contracts.models import Contract
from workflow.board import obstacles
from workflow.board.history import history
from workflow.board.lanes import lanes
from workflow.board.steps import steps
from workflow.engine.tasks import has_failed, is_of_the_system, open_tasks
from workflow.guests.links import naming, wrong_contacts
from workflow.procedures import recall_rules
from workflow.record import events
from workflow.record.answers import answers
from workflow.signing.rules import signed
from workflow.standing.drafters import mandate_to_draft
from workflow.standing.parties import mandate_to_pilot, taking_part
from workflow.tasks import lists
from workflow.tasks.answers import Request

# seconds: what no event tells of the contract, a person's new name, is shown at the latest after these
KEPT_FOR = 10

Facts = Callable[[Contract, frozenset[int]], dict[str, Any]]


def parts(request: Request, contract: Contract) -> dict[str, SafeString]:
    """Return each part of the page, rendered, by the name that its place on the page bears."""
    # before the rows: what comes meanwhile is read again
    last, _either = events.last_about(contract, request.user)
    mine = _organisations(request, contract)
    head = {"contract": contract, **_head(request, contract)}
    shown = {"entete": _rendered("board/_partials/head.html", head, request)}
    for name, (facts, template) in SHARED.items():
        kind = mine if name in OF_THE_ORGANISATION else frozenset()
        shown[name] = _kept(name, contract, (last, *sorted(kind)), template, facts, kind)
    return shown


def tag_of(request: Request, contract: Contract) -> str:
    """Return the entity tag (RFC 9110, 8.8.3) of what the reader is shown of the contract now."""
    _contract, last = events.last_about(contract, request.user)
    return quote_etag(f"{last}-{request.user.pk}-{get_language()}-{timezone.localdate().toordinal()}")


def _organisations(request: Request, contract: Contract) -> frozenset[int]:
    """Return the organisations of the contract for which the reader acts."""
    own = request.standings.organisations
    return frozenset(row.organisation_id for row in taking_part(contract) if row.organisation_id in own)


def _kept(
    name: str,
    contract: Contract,
    state: tuple[Hashable, ...],
    template: str,
    facts: Facts,
    organisations: frozenset[int],
) -> SafeString:
    kept = caches["parts"]
    key = f"{contract.pk}.{name}.{'.'.join(map(str, state))}.{get_language()}.{timezone.localdate()}"
    if (shown := kept.get(key)) is None:
        shown = _rendered(template, {"contract": contract, **facts(contract, organisations)})
        kept.set(key, shown, KEPT_FOR)
    found: SafeString = shown
    return found


def _rendered(template: str, context: dict[str, Any], request: Request | None = None) -> SafeString:
    return render_to_string(template, context, request)


def _head(request: Request, found: Contract) -> dict[str, Any]:
    waiting = open_tasks(found)
    is_pilot = mandate_to_pilot(request.user, found) is not None
    named = naming(request.user, found)
    return {
        "can_name": bool(named),
        "wrong_contacts": wrong_contacts(found, named) if named else [],
        "my_tasks": lists.tasks_of(request.user, found, standings=request.standings),
        "answered": answers([found.pk])[found.pk],
        "is_pilot": is_pilot,
        "may_draft": mandate_to_draft(request.user, found) is not None,
        "incompatibilities": obstacles.incompatibilities(request.standings.mandates, found, waiting),
        "barred": obstacles.barred_tasks(request.standings, found),
        "failed_jobs": [task for task in waiting if has_failed(task)],
        "running_jobs": [task for task in waiting if is_of_the_system(task) and not has_failed(task)],
        "can_recall": is_pilot and recall_rules.recall_carrier(found) is not None,
    }


def _steps(found: Contract, _organisations: frozenset[int]) -> dict[str, Any]:
    return {"steps": steps(found)}


def _lanes(found: Contract, organisations: frozenset[int]) -> dict[str, Any]:
    return {"lanes": lanes(found), "my_organisations": organisations}


def _signatures(found: Contract, _organisations: frozenset[int]) -> dict[str, Any]:
    return {"signed": signed(found)}


def _versions(found: Contract, _organisations: frozenset[int]) -> dict[str, Any]:
    return {"versions": found.versions.defer("content")}


def _text(found: Contract, _organisations: frozenset[int]) -> dict[str, Any]:
    volets = found.volets.select_related("lead").prefetch_related(
        "commitments__lead", "commitments__owner", "commitments__contributors"
    )
    return {"volets": volets}


def _history(found: Contract, _organisations: frozenset[int]) -> dict[str, Any]:
    return {"history": history(found)}


# by the name of its place: what a part shows, and its template
SHARED: dict[str, tuple[Facts, str]] = {
    "etapes": (_steps, "board/_partials/steps.html"),
    "acteurs": (_lanes, "board/_partials/lanes.html"),
    "signatures": (_signatures, "board/_partials/signatures.html"),
    "versions": (_versions, "board/_partials/versions.html"),
    "texte": (_text, "board/_partials/text.html"),
    "historique": (_history, "board/_partials/history.html"),
}
OF_THE_ORGANISATION = frozenset({"acteurs"})  # whose rows say which are the reader's own
