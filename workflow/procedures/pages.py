"""The page of a task, whatever its step."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from workflow.council.views import council
from workflow.drafting.task_views import draft, freeze
from workflow.opinions.views import approve, review
from workflow.record.refusals import NewVersion
from workflow.signing import views as signing_views
from workflow.tasks import access as tasks_access
from workflow.tasks import act as tasks_act
from workflow.tasks.access import OpenTask
from workflow.tasks.answers import Request, member, refused


@require_http_methods(["GET", "HEAD", "POST"])
@member
def task(request: Request, contract: int, task: int) -> HttpResponse:
    """Show a task, or do it."""
    met = tasks_access.task_for(request.user, contract, task)
    if request.method != "POST" and not met.is_open:
        return _closed(request, met)
    return PAGES[met.step](request, met)


def _closed(request: Request, met: OpenTask) -> HttpResponse:
    error = tasks_act.closed(met.task, request.user, met.contract)
    if isinstance(error, NewVersion) and error.successor:
        return redirect("task", met.contract.pk, error.successor)
    return refused(request, error, met.contract.pk)


PAGES: dict[str, Callable[[Request, OpenTask], HttpResponse]] = {
    "draft": draft,
    "freeze": freeze,
    "review": review,
    "approve": approve,
    "council_resolution": council,
    "sign": signing_views.sign,
}
