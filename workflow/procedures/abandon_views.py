"""The page that gives a contract up."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workflow.procedures import abandon
from workflow.record.refusals import ActRefused, Locked
from workflow.signing import rules as signing_rules
from workflow.tasks import access as tasks_access
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.fields import ReasonForm


@require_http_methods(["GET", "HEAD", "POST"])
@member
def contract_abandon(request: Request, contract: int) -> HttpResponse:
    """Give the contract up, with a reason that everybody concerned reads."""
    found = tasks_access.pilot_for(request.user, contract)
    if not abandon.may_be_abandoned(found):
        return refused(request, Locked(abandon.why_not_abandon(found)), contract)
    form = ReasonForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        signed = [one for one, act in signing_rules.signed(found) if act and act.request.done_at]
        context = {"contract": found, "form": form, "signed": signed}
        return render(request, "procedures/abandon.html", context, status=422 if form.is_bound else 200)
    try:
        abandon.abandon(request.user, contract, reason=form.cleaned_data["reason"])
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("Le contrat est abandonné : plus rien n’est demandé à personne."))
    return redirect("contract", contract)
