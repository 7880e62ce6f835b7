"""The platform's administrators and the work of the system: what failed, and a button to try again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from workflow.operations import acts, failures
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request, member


def _for_platform(request: Request) -> None:
    if not request.user.acts_for_platform:
        raise Http404


@require_safe
@member
def failed_jobs(request: Request) -> HttpResponse:
    """What failed for good, without a word of the contract that it was for."""
    _for_platform(request)
    return render(request, "operations/failed_jobs.html", {"failures": failures.failures()})


@require_POST
@member
def failed_job_retry(request: Request, job: int) -> HttpResponse:
    """Have one tried again."""
    _for_platform(request)
    try:
        acts.retry_failed(request.user, job)
    except ActRefused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Le traitement est remis dans la file."))
    return redirect("failed_jobs")
