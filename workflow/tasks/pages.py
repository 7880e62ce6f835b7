"""What every page of a task shows, and how an act done is answered."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from stakeholders.prepared import MARKER, Prepared
from workflow.engine import purposes
from workflow.engine.tasks import power_of
from workflow.standing.models import Transfer
from workflow.standing.standings import NO_TRANSFER
from workflow.tasks.access import OpenTask
from workflow.tasks.annexes import shown
from workflow.tasks.answers import Request

_PASSED_ON: Prepared[Transfer] = Prepared(
    lambda task: Transfer.objects.filter(task=task, ended_at=None).select_related("receiver__person")[:1],
    MARKER,
)


def page(request: Request, met: OpenTask, template: str, status: int = 200, **facts: Any) -> HttpResponse:
    """Show a task's page with what every such page says: the contract, as what one acts."""
    context = {
        "contract": met.contract,
        "task": met.task,
        "mandate": met.mandate,
        "standing": met.standing,
        "version": met.contract.latest_version,
        "annexes": shown(request, met.contract, met.contract.latest_version),
        "passed_on": next(iter(_PASSED_ON.rows(met.task.pk)), None),
        "may_pass_on": power_of(met.task) not in NO_TRANSFER and met.mandate.covers(None),
        **facts,
    }
    return render(request, template, context, status=status)


def done(request: Request, met: OpenTask, message: str) -> HttpResponse:
    """Say that the act is recorded: on the page of what became of it, or of where the contract now stands."""
    messages.success(request, message)
    return afterwards(met)


def afterwards(met: OpenTask) -> HttpResponse:
    """Go to what follows an act: the pilots to their contract, the others to their receipt."""
    if met.purpose in (purposes.DRAFT, purposes.FREEZE, purposes.CLEAR_LAUNCH):
        return redirect("contract", met.contract.pk)
    met.task.refresh_from_db(fields=["status"])
    if met.is_open:  # more is awaited of it: a council's later stages
        return redirect("task", met.contract.pk, met.task.pk)
    return redirect("task_done", met.contract.pk, met.task.pk)
