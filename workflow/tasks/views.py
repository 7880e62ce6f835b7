"""The pages of the tasks: one question a page, the document beside it, one act behind the button."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from workflow.engine.tasks import note_opening
from workflow.record.refusals import ActRefused, NewVersion
from workflow.tasks import access, acts
from workflow.tasks.access import OpenTask
from workflow.tasks.act import closed
from workflow.tasks.answers import Request, member, refused


@require_http_methods(["GET", "HEAD", "POST"])
@member
def task(request: Request, contract: int, task: int) -> HttpResponse:
    """Show a task, or do it, on the page that its step says."""
    met = access.task_for(request.user, contract, task)
    if request.method != "POST" and not met.is_open:
        return _closed(request, met)
    if request.method == "GET":
        note_opening(met.task)
    answer: HttpResponse = met.task.flow_task.page(request, met)
    return answer


def _closed(request: Request, met: OpenTask) -> HttpResponse:
    error = closed(met.task, request.user, met.contract)
    if isinstance(error, NewVersion) and error.successor:
        return redirect("task", met.contract.pk, error.successor)
    afterwards = met.task.flow_task.afterwards
    said = afterwards(met.task, request.user) if afterwards else ""
    return refused(request, error, met.contract.pk, **({"reason": said} if said else {}))


@require_POST
@member
def task_take(request: Request, contract: int, task: int) -> HttpResponse:
    """Say to the colleagues « je m’en occupe »."""
    met = access.task_for(request.user, contract, task)
    try:
        acts.take_task(request.user, met.task.pk)
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("Vos collègues voient que vous vous en occupez."))
    return redirect("task", contract, task)


@require_POST
@member
def job_retry(request: Request, contract: int, task: int) -> HttpResponse:
    """Have a failed step of the system tried again."""
    found = access.pilot_for(request.user, contract)
    job = access.job_for(found, task)
    try:
        acts.retry_job(request.user, job.pk)
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("Le traitement est relancé."))
    return redirect("contract", contract)
