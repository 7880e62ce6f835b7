"""The pages of the pilots' tasks: finish the draft, freeze the version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts import canonical, soundness
from contracts.models import Contract
from stakeholders.models import Organisation
from stakeholders.terms import last_day
from workflow.drafting import acts
from workflow.drafting.forms import FreezeForm
from workflow.engine import purposes
from workflow.record.answers import answers
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
            "Votre rédaction est terminée. Quand les deux pilotes l’auront signalé, la commune pourra figer "
            "la version."
        ),
    )


def _page(request: Request, met: OpenTask, template: str, status: int = 200, **facts: Any) -> HttpResponse:
    """Show one of these pages, with the text and what was answered about its last version."""
    volets = met.contract.volets.prefetch_related("commitments__lead")
    answered = answers([met.contract.pk])[met.contract.pk]
    faults = soundness.faults(canonical.content_of(met.contract)) if met.is_open else []
    return page(request, met, template, status, volets=volets, answered=answered, faults=faults, **facts)


def freeze(
    request: Request, met: OpenTask, *, asked: Callable[[Contract], list[Organisation]]
) -> HttpResponse:
    """Show whom the version will be sent to (``asked(contract)``) and until when; freeze it."""
    form = FreezeForm(request.POST or None)
    number = met.contract.latest_version.number + 1 if met.contract.latest_version else 1
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        reviews = met.task.flow_task.flow_class.steps_for(purposes.REVIEW)
        days = max((step.days for step in reviews), default=0)
        facts = {"asked": asked(met.contract), "until": last_day(timezone.localdate(), days)}
        return _page(request, met, "drafting/freeze.html", status, form=form, number=number, **facts)
    try:
        acts.freeze_version(request.user, met.task.pk, label=form.cleaned_data["label"])
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(
        request,
        met,
        _("La version %(number)s est figée. Les avis sont demandés dès que son PDF est prêt.")
        % {"number": number},
    )
