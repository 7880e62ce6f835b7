"""The page of the draft: all its parts, with what the reader may do to each and what is said of it."""

from __future__ import annotations

from typing import Any

from django.contrib.messages import get_messages
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from contracts.kinds import kind
from contracts.models import Volet
from workflow.drafting import access, remarks, rules
from workflow.drafting.models import Suggestion
from workflow.record.answers import Answer, answers
from workflow.tasks import lists
from workflow.tasks.answers import Request, member


@require_safe
@member
def draft_editor(request: Request, contract: int) -> HttpResponse:
    """The whole draft, each part with what can be done to it."""
    found, is_open = access.draft_for(request.user, contract)
    volets = found.volets.select_related("lead").prefetch_related(
        "commitments__lead", "commitments__owner", "commitments__contributors"
    )
    right = access.right_for(request.user, found)
    assert right is not None  # noqa: S101 (draft_for opened it)
    answered = answers([found.pk])[found.pk]
    # what others answered is told to those who write the next version
    reads_answers = right.edits_all or right.organisation.is_independent
    tied = remarks.beside(found, answered) if reads_answers else {}
    shown = {key for volet in volets for key in (row.pk for row in volet.commitments.all())}
    placed = {id(answer) for key, said in tied.items() if key in shown for answer in said}
    said = list(get_messages(request))
    told = {message.extra_tags: message for message in said if message.extra_tags}
    proposed: dict[str, list[Suggestion]] = {}
    for one in found.suggestions.select_related("organisation"):
        proposed.setdefault(f"{one.commitment_id}-{one.volet_id}", []).append(one)
    guidance = {volet.code: volet.guidance for volet in kind(found.kind).volets}
    context = {
        "contract": found,
        "is_open": is_open,
        "volets": [_with_tools(right, volet, tied, told, proposed, guidance) for volet in volets],
        "my_tasks": lists.tasks_of(request.user, found, standings=request.standings),
        "edits_all": right.edits_all,
        "is_independent": right.organisation.is_independent,
        "answered": answered if reads_answers else None,
        "remarks": [a for a in answered.remarks if id(a) not in placed] if reads_answers else [],
        "told_of_contract": told.pop("contrat", None),
    }
    # what concerns no part of the page is said on top
    context["messages"] = [m for m in said if not m.extra_tags or m.extra_tags in told]
    return render(request, "drafting/draft_editor.html", context)


def _with_tools(
    right: rules.DraftingRight,
    volet: Volet,
    tied: dict[int, list[Answer]],
    told: dict[str, Message],
    proposed: dict[str, list[Suggestion]],
    guidance: dict[str, str],
) -> dict[str, Any]:
    """Return a volet with what this right may not change of it and why, and what was said of each part.

    ``told`` holds what the last change answers, by the anchor of the part; what is shown is taken out.
    """
    rows = [
        {
            "row": commitment,
            "locked": rules.why_not_edit(right, commitment),
            "fixed": rules.why_not_arrange(right, commitment),
            "suggestions": proposed.get(f"{commitment.pk}-None", []),
            "owner": rules.independent_owner(commitment),
            "remarks": tied.get(commitment.pk, []),
            "told": told.pop(f"engagement-{commitment.pk}", None),
        }
        for commitment in volet.commitments.all()
    ]
    return {
        "row": volet,
        "locked": rules.why_not_edit(right, volet),
        "fixed": not right.edits_all,
        "suggestions": proposed.get(f"None-{volet.pk}", []),
        "guidance": guidance.get(volet.template, ""),
        "may_add": right.edits_all or right.organisation.is_independent or volet.lead == right.organisation,
        "holds_others": not right.edits_all
        or any(line["locked"] for line in rows),  # it is not deleted with them
        "commitments": rows,
        "told": told.pop(f"volet-{volet.pk}", None),
    }
