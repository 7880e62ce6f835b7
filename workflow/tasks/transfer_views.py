"""Passing a task on to a colleague, and taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from workflow.engine.tasks import power_of
from workflow.record.refusals import ActRefused, Invalid
from workflow.tasks import access, transfers
from workflow.tasks.access import OpenTask
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.transfer_forms import TransferForm


@require_http_methods(["GET", "HEAD", "POST"])
@member
def task_transfer(request: Request, contract: int, task: int) -> HttpResponse:
    """Pass a task on to a colleague, with a reason."""
    met = _of_the_house(request, contract, task)
    organisation = met.task.owner_permission_obj
    form = TransferForm(
        request.POST or None, organisation=organisation, giver=met.mandate, power=power_of(met.task)
    )
    if request.method == "POST" and form.is_valid():
        try:
            transfers.transfer_task(request.user, met.task.pk, **form.cleaned_data)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        except ActRefused as error:
            return refused(request, error, contract, typed=form.cleaned_data["reason"])
        else:
            messages.success(request, _("La tâche est confiée. Vous pouvez la reprendre à tout moment."))
            return redirect("contract", contract)
    context = {"contract": met.contract, "task": met.task, "form": form}
    return render(request, "tasks/transfer.html", context, status=422 if form.is_bound else 200)


@require_POST
@member
def transfer_end(request: Request, contract: int, task: int) -> HttpResponse:
    """Take a task back, or give it back."""
    met = _of_the_house(request, contract, task)
    try:
        transfers.end_transfer(request.user, met.task.pk)
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("La tâche n’est plus confiée à personne d’autre."))
    return redirect("contract", contract)


def _of_the_house(request: Request, contract: int, task: int) -> OpenTask:
    """Return a task to somebody of the organisation: a guest answers, and passes nothing on."""
    met = access.task_for(request.user, contract, task)
    if not met.mandate.covers(None):
        raise Http404
    return met
