"""The pages of proposals: propose a change of a part, read one and decide it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from contracts.merging import words_changed
from contracts.models import Commitment, Contract, Volet
from workflow.drafting import access, acts, rules, suggestion_acts
from workflow.drafting.models import Suggestion
from workflow.drafting.suggestion_forms import DeclineForm, deciding, proposing
from workflow.record.refusals import ActRefused, Invalid
from workflow.tasks.answers import Request, member, refused

LABELS = {
    "title": gettext_lazy("Intitulé"),
    "description": gettext_lazy("Description"),
    "indicator": gettext_lazy("Indicateur"),
    "text": gettext_lazy("Texte"),
}


@require_http_methods(["GET", "HEAD", "POST"])
@member
def commitment_suggest(request: Request, contract: int, commitment: int) -> HttpResponse:
    """Propose other texts for a commitment."""
    found, _open = access.draft_for(request.user, contract)
    return _suggest(request, found, get_object_or_404(Commitment, pk=commitment, volet__contract=found))


@require_http_methods(["GET", "HEAD", "POST"])
@member
def volet_suggest(request: Request, contract: int, volet: int) -> HttpResponse:
    """Propose other texts for a chapter."""
    found, _open = access.draft_for(request.user, contract)
    return _suggest(request, found, get_object_or_404(Volet, pk=volet, contract=found))


class _NotKept(Exception):
    """The form was refused under the lock."""


def _suggest(request: Request, found: Contract, row: Commitment | Volet) -> HttpResponse:
    anchor = _anchor(row)
    title = _("Proposer une modification : %(part)s") % {"part": row}

    def show(form: Any, status: int = 200, notice: str = "") -> HttpResponse:
        context = {"contract": found, "form": form, "title": title, "anchor": anchor, "notice": notice}
        return render(request, "drafting/suggest.html", context, status=status)

    if request.method != "POST":
        return show(proposing(row))
    form = proposing(row, request.POST)
    try:
        with acts.changing_draft(request.user, found.pk) as draft:
            if not form.is_valid():
                raise _NotKept
            suggestion_acts.suggest(draft, request.user, row, form)
    except _NotKept:
        return show(form, 422)
    except Invalid as error:
        return show(form, 422, error.message)
    except ActRefused as error:
        return show(form, error.status, error.message)
    said = _("Proposition envoyée : qui est responsable de cette partie la lira et vous répondra ici.")
    messages.success(request, said, extra_tags=anchor)
    return redirect(f"{redirect('draft_editor', found.pk).url}#{anchor}")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def suggestion(request: Request, contract: int, suggestion: int) -> HttpResponse:
    """One proposal, what it changes and what became of it; its decision, for whoever may edit the part."""
    found, is_open = access.draft_for(request.user, contract)
    row = get_object_or_404(
        Suggestion.objects.select_related("author", "organisation", "decided_by", "commitment", "volet"),
        pk=suggestion,
        contract=found,
    )
    right = access.right_for(request.user, found)
    if right is None:
        raise Http404
    part = row.row
    decides = (
        is_open
        and row.state == Suggestion.State.OPEN
        and not (rules.why_not_edit(right, part) if part else not right.edits_all)
    )

    def show(form: Any, status: int = 200, notice: str = "") -> HttpResponse:
        changes = [
            (LABELS[name], words_changed(read, proposed)) for name, (read, proposed) in row.texts.items()
        ]
        context = {
            "contract": found,
            "suggestion": row,
            "changes": changes,
            "form": form if decides else None,
            "notice": notice,
            "anchor": _anchor(part) if part else "volets",
        }
        return render(request, "drafting/suggestion.html", context, status=status)

    if request.method != "POST":
        form: Any = deciding(part, suggestion_acts.texts_to_take(row)) if part else DeclineForm()
        return show(form)
    if not decides and row.state == Suggestion.State.OPEN:
        raise Http404
    return _decide(request, found, row, show)


def _decide(
    request: Request, found: Contract, row: Suggestion, show: Callable[..., HttpResponse]
) -> HttpResponse:
    part = row.row
    declines = request.POST.get("decision") == "decline" or part is None
    try:
        with acts.changing_draft(request.user, found.pk) as draft:
            if declines or part is None:
                form: Any = DeclineForm(request.POST)
                form.is_valid()
                suggestion_acts.decline(draft, request.user, row, form.cleaned_data.get("word", ""))
            else:
                fresh = type(part)._default_manager.get(pk=part.pk)
                form = deciding(fresh, suggestion_acts.texts_to_take(row), request.POST)
                if not form.is_valid():
                    raise _NotKept
                suggestion_acts.take_up(draft, request.user, row, form)
    except _NotKept:
        return show(form, 422)
    except Invalid as error:
        again = deciding(part, {}, request.POST) if part else form
        return show(again, 422, error.message)
    except ActRefused as error:
        return refused(request, error, found.pk)
    said = _("Proposition écartée.") if declines else _("Proposition reprise.")
    anchor = _anchor(part) if part else "volets"
    messages.success(request, said, extra_tags=anchor if part else "")
    return redirect(f"{redirect('draft_editor', found.pk).url}#{anchor}")


def _anchor(row: Commitment | Volet) -> str:
    return f"engagement-{row.pk}" if isinstance(row, Commitment) else f"volet-{row.pk}"
