"""What is looked at before the signing opens: for the pilots, who put it right or accept it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from contracts.models import Contract
from workflow.record.refusals import ActRefused, AlreadyDone, Invalid
from workflow.signing import launch, launch_acts, rules
from workflow.tasks import access
from workflow.tasks.access import OpenTask
from workflow.tasks.act import closed
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.fields import reason_field
from workflow.tasks.pages import afterwards, page

TEMPLATE = "signing/launch.html"
ALL, AGAIN = "all", "again"  # what a button asks, but to accept what was ticked


class AcceptForm(forms.Form):
    """Why the signing may open in spite of what was ticked."""

    reason = reason_field(
        gettext_lazy("Motif"),
        required=True,
        help_text=gettext_lazy("Les pilotes et les signataires concernés le liront ; le journal le garde."),
    )


def clear(request: Request, met: OpenTask) -> HttpResponse:
    """Accept warnings with a reason, have the facts looked at again, or read what is to be put right."""
    if request.method != "POST":
        return _task_page(request, met, AcceptForm())
    asked, contract = request.POST.get("do", ""), met.contract.pk
    if asked == AGAIN:
        try:
            opened = launch_acts.look_again(request.user, contract)
        except ActRefused as error:
            return refused(request, error, contract)
        return _answered(request, met, opened=opened)
    form = AcceptForm(request.POST)
    if not form.is_valid():
        return _task_page(request, met, form, 422)
    reason = form.cleaned_data["reason"]
    marks = request.POST.getlist("shown" if asked == ALL else "accepted")
    try:
        opened = launch_acts.accept_warnings(request.user, contract, marks=marks, reason=reason)
    except Invalid as error:
        form.add_error("reason", error.message)
        return _task_page(request, met, form, error.status)
    except AlreadyDone as error:
        return refused(request, error, contract, typed=reason)
    except ActRefused as error:
        return _task_page(request, met, form, error.status, notice=error.message)
    return _answered(request, met, opened=opened)


@require_safe
@member
def launch_table(request: Request, contract: int) -> HttpResponse:
    """The same table for the pilots to read, from the settling of the text to the last signature."""
    found = access.pilot_for(request.user, contract)
    return render(request, TEMPLATE, {"contract": found, **_facts(found)})


def _answered(request: Request, met: OpenTask, *, opened: bool) -> HttpResponse:
    if opened:
        messages.success(request, _("La signature s’ouvre : les signataires sont prévenus à leur tour."))
        return afterwards(met)
    version = met.contract.latest_version
    if version is not None and launch.table(version).stops:
        messages.info(request, _("Ce qui reste ci-dessous retient encore la signature."))
    else:
        messages.info(request, _("La signature est répétée une fois de plus, puis elle s’ouvrira."))
    return redirect("task", met.contract.pk, met.task.pk)


def _task_page(
    request: Request, met: OpenTask, form: AcceptForm, status: int = 200, notice: str = ""
) -> HttpResponse:
    if not met.is_open:
        return refused(request, closed(met.task, request.user, met.contract), met.contract.pk)
    ticked = set(request.POST.getlist("accepted"))
    facts = _facts(met.contract)
    return page(request, met, TEMPLATE, status, form=form, ticked=ticked, notice=notice, **facts)


def _facts(contract: Contract) -> dict[str, Any]:
    version = contract.latest_version
    is_settled = version is not None and rules.round_of(version) is not None
    return {"version": version, "table": launch.table(version) if version and is_settled else None}
