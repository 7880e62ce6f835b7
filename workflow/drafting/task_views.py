"""The pages of the pilots' tasks: finish the draft, freeze the version."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from contracts import canonical, soundness
from workflow.drafting import acts
from workflow.drafting.forms import FreezeForm
from workflow.record.refusals import ActRefused, Invalid
from workflow.tasks.access import OpenTask
from workflow.tasks.answers import Request, refused
from workflow.tasks.pages import done, page


def draft(request: Request, met: OpenTask) -> HttpResponse:
    volets = met.contract.volets.prefetch_related("commitments__lead")
    context = {"volets": volets, "requests": _last_requests(met)}
    if request.method != "POST":
        return page(request, met, "drafting/draft.html", **context, faults=_faults(met))
    try:
        acts.submit_draft(request.user, met.task.pk)
    except Invalid as error:
        return page(request, met, "drafting/draft.html", 422, **context, error=error.message)
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(
        request,
        met,
        _("Votre rédaction est terminée. La version sera figée quand les deux pilotes auront fini."),
    )


def _last_requests(met: OpenTask) -> Any:
    """Return what was asked of the pilots about the last version."""
    version = met.contract.latest_version
    if version is None:
        return []
    return [o for o in version.opinions.select_related("organisation") if o.reason]


def _faults(met: OpenTask) -> list[str]:
    """Return what keeps the text, as it stands, from being frozen."""
    return soundness.faults(canonical.content_of(met.contract)) if met.is_open else []


def freeze(request: Request, met: OpenTask) -> HttpResponse:
    form = FreezeForm(request.POST or None)
    number = met.contract.latest_version.number + 1 if met.contract.latest_version else 1
    if request.method != "POST" or not form.is_valid():
        context = {
            "form": form,
            "number": number,
            "volets": met.contract.volets.prefetch_related("commitments__lead"),
            "faults": _faults(met),
        }
        return page(request, met, "drafting/freeze.html", 422 if form.is_bound else 200, **context)
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
