"""The page of the council's clerk."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.translation import gettext as _

from workflow.council import acts
from workflow.council.forms import ResolutionForm
from workflow.record.refusals import ActRefused, Invalid
from workflow.tasks.access import OpenTask
from workflow.tasks.answers import Request, refused
from workflow.tasks.pages import done, page


def council(request: Request, met: OpenTask) -> HttpResponse:
    form = ResolutionForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return page(request, met, "council/resolution.html", 422 if form.is_bound else 200, form=form)
    try:
        acts.record_resolution(request.user, met.task.pk, facts=form.cleaned_data)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return page(request, met, "council/resolution.html", error.status, form=form)
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    if form.cleaned_data["adopted"]:
        return done(request, met, _("La délibération est enregistrée : la signature du maire est ouverte."))
    return done(request, met, _("Le refus du conseil est enregistré : le contrat revient en rédaction."))
