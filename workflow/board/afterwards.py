"""The page after an act: what was recorded, what became of it, what comes next. It serves as a receipt."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from workflow.board.steps import steps
from workflow.council.models import CouncilResolution
from workflow.engine import purposes
from workflow.engine.models import Act
from workflow.engine.tasks import OF_PEOPLE, Task, is_done, of_contract, open_after, tasks
from workflow.opinions.models import Approval, Opinion
from workflow.signing.models import Refusal, SigningAct
from workflow.standing.standings import standing_to_act
from workflow.tasks import lists
from workflow.tasks.access import contract_for
from workflow.tasks.answers import Request, member

# what an act may have left, by what its task was for; the template of each says it
LEFT: dict[str, tuple[tuple[str, type[Act]], ...]] = {
    purposes.REVIEW: (("opinion", Opinion),),
    purposes.APPROVE: (("approval", Approval),),
    purposes.RECORD_RESOLUTION: (("resolution", CouncilResolution),),
    purposes.SIGN: (("signature", SigningAct), ("refusal", Refusal)),
}


@require_safe
@member
def task_done(request: Request, contract: int, task: int) -> HttpResponse:
    """What became of one's own act; the part that moves alone, for a page that is open."""
    found = contract_for(request.user, contract)
    done = tasks(of_contract(found), OF_PEOPLE).filter(pk=task, owner=request.user).first()
    kind, act = _left(done) if done is not None and is_done(done) else ("", None)
    if done is None or act is None:
        raise Http404
    again = open_after(done) if kind == "signature" else []
    context = {
        "contract": found,
        "task": done,
        "kind": kind,
        "act": act,
        "again": next((other for other in again if standing_to_act(request.user, other)), None),
        "steps": steps(found),
        "waiting": len(lists.tasks_of(request.user, standings=request.standings)),
    }
    template = "board/_partials/done.html" if request.htmx else "board/done.html"
    return render(request, template, context)


def _left(task: Task) -> tuple[str, Act | None]:
    """Return what a task ended in, and its kind: the last act of its author by the time it was closed."""
    for kind, model in LEFT.get(task.flow_task.purpose, ()):
        acts: Any = model._default_manager.filter(
            version__contract=task.process.circuit.contract_id, author=task.owner_id, at__lte=task.finished
        )
        if kind == "signature":
            acts = acts.filter(task=task)
        if (
            act := acts.select_related("version", "mandate__office__organisation").order_by("-at").first()
        ) is not None:
            return kind, act
    return "", None
