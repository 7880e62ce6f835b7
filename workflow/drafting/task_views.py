"""The pages of the pilots' tasks: finish the draft, freeze the version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts import canonical
from contracts.differences import differences, read_shown, shown
from contracts.models import Contract
from workflow.drafting import acts
from workflow.drafting.forms import FreezeForm
from workflow.drafting.previews import is_current, last_print, state_of
from workflow.drafting.readiness import readiness
from workflow.engine import purposes
from workflow.record.answers import Asked, answers
from workflow.record.refusals import ActRefused, Invalid
from workflow.tasks.access import OpenTask
from workflow.tasks.answers import Request, refused
from workflow.tasks.pages import done, page


def draft(request: Request, met: OpenTask) -> HttpResponse:
    if request.method != "POST":
        return _page(request, met, "drafting/draft.html")
    try:
        acts.submit_draft(request.user, met.task.pk)
    except Invalid as error:
        return _page(request, met, "drafting/draft.html", 422, error=error.message)
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(
        request,
        met,
        _(
            "Votre rédaction est terminée. Quand tous les pilotes l’auront signalé, la commune pourra figer "
            "la version."
        ),
    )


def _page(request: Request, met: OpenTask, template: str, status: int = 200, **facts: Any) -> HttpResponse:
    """Show one of these pages: the text, what blocks it or lacks, what was answered on its last version."""
    volets = met.contract.volets.prefetch_related("commitments__lead")
    answered = answers([met.contract.pk])[met.contract.pk]
    if met.is_open and "ready" not in facts:
        facts["ready"] = readiness(met.contract, canonical.content_of(met.contract))
    return page(request, met, template, status, volets=volets, answered=answered, **facts)


def freeze(request: Request, met: OpenTask, *, asked: Callable[[Contract], list[Asked]]) -> HttpResponse:
    """Show all that freezing does (``asked(contract)`` says who will be asked), then do it in one click.

    What is frozen is what was shown: a draft that moved meanwhile is shown anew, with what changed.
    """
    if request.method != "POST":
        return _freeze_page(request, met, asked)
    form = FreezeForm(request.POST)
    if not form.is_valid():
        return _freeze_page(request, met, asked, 422, form=form)
    number = _number(met.contract)
    try:
        acts.freeze_version(
            request.user,
            met.task.pk,
            label=form.cleaned_data["label"],
            shown=read_shown(form.cleaned_data["shown"]),
        )
    except acts.DraftMoved as moved:
        return _freeze_page(request, met, asked, moved.status, typed=form.cleaned_data["label"], moved=moved)
    except Invalid as error:
        return _freeze_page(request, met, asked, error.status, typed=form.cleaned_data["label"])
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(
        request,
        met,
        _("La version %(number)s est figée. Les avis sont demandés dès que son PDF est prêt.")
        % {"number": number},
    )


def _freeze_page(
    request: Request,
    met: OpenTask,
    asked: Callable[[Contract], list[Asked]],
    status: int = 200,
    *,
    form: FreezeForm | None = None,
    typed: str = "",
    **facts: Any,
) -> HttpResponse:
    contract, last = met.contract, met.contract.latest_version
    content = canonical.content_of(contract)
    if form is None or not form.errors.keys() <= {"label"}:
        form = FreezeForm(initial={"label": typed, "shown": shown(content).written()})
    reviews = met.task.flow_task.flow_class.steps_for(purposes.REVIEW)
    days = max((step.days for step in reviews), default=0)
    consulted = asked(contract)
    return _page(
        request,
        met,
        "drafting/freeze.html",
        status,
        form=form,
        number=_number(contract),
        asked=[one for one in consulted if one.is_due],
        spared=[one for one in consulted if not one.is_due],
        until=contract.due(purposes.REVIEW, timezone.localdate(), days),
        ready=readiness(contract, content),
        differences=differences(last.content, content) if last else [],
        is_printed=is_current(last_print(contract), state_of(content)),
        **facts,
    )


def _number(contract: Contract) -> int:
    """Return the number of the version that would be frozen."""
    return contract.latest_version.number + 1 if contract.latest_version else 1
