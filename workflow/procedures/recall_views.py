"""The page that takes a version back."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from workflow.procedures import recall, recall_rules
from workflow.record.refusals import ActRefused, Locked
from workflow.signing import rules as signing_rules
from workflow.tasks import access as tasks_access
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.fields import ReasonForm


@require_http_methods(["GET", "HEAD", "POST"])
@member
def version_recall(request: Request, contract: int) -> HttpResponse:
    """Take the version back, at any time before its last signature."""
    found = tasks_access.pilot_for(request.user, contract)
    if recall_rules.recall_carrier(found) is None:
        return refused(request, Locked(recall_rules.why_not_recall(found)), contract)
    form = ReasonForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        signed = [one for one, act in signing_rules.signed(found) if act and act.request.raw_signature]
        context = {"contract": found, "form": form, "version": found.latest_version, "signed": signed}
        return render(request, "procedures/recall.html", context, status=422 if form.is_bound else 200)
    try:
        recall.recall_version(
            request.user, contract, reason=form.cleaned_data["reason"], shown=request.POST.get("shown", "")
        )
    except ActRefused as error:
        return refused(request, error, contract, typed=form.cleaned_data["reason"])
    messages.success(request, _("La version est retirée : le contrat revient en rédaction."))
    return redirect("contract", contract)
