"""Where each step of the BPMN diagram stands."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract
from workflow.engine import tasks as engine_tasks
from workflow.engine.looks import DONE, LATE, NOW, STOP, WAIT
from workflow.engine.tasks import Task, due_on, organisation_of
from workflow.standing.parties import taking_part


def diagram_status(contract: Contract) -> dict[str, Any]:
    """Return the state of each step of the BPMN diagram, and a word such as « 5 sur 7 ».

    Shape: ``{"steps": [{"id", "state", "label", "actors": [{"name", "state"}]}]}``, the
    identifiers being the names of the flow's steps, the states those of the style sheet.
    """
    tasks = engine_tasks.every_task(contract)
    organisations = {row.organisation_id: row.organisation.short_name for row in taking_part(contract)}
    steps = []
    for name in dict.fromkeys(task.flow_task.name for task in tasks):
        mine = [t for t in tasks if t.flow_task.name == name and not engine_tasks.was_tried_again(t)]
        current = [task for task in mine if _split(task) == _split(mine[-1])]
        done = sum(engine_tasks.is_done(task) for task in current)
        label = _("%(done)d sur %(all)d") % {"done": done, "all": len(current)} if len(current) > 1 else ""
        actors = [
            {"name": organisations.get(organisation_of(task) or 0, ""), "state": _task_look(task)}
            for task in current
            if engine_tasks.is_of_people(task)
        ]
        steps.append({"id": name, "state": _step_look(current), "label": label, "actors": actors})
    return {"steps": steps}


def _task_look(task: Task) -> str:
    if engine_tasks.has_failed(task):
        return STOP
    if engine_tasks.is_working(task):
        return LATE if _is_late(task) else NOW
    return DONE if engine_tasks.is_done(task) else WAIT


def _step_look(tasks: list[Task]) -> str:
    looks = {_task_look(task) for task in tasks}
    return next((look for look in (STOP, LATE, NOW, DONE) if look in looks), WAIT)


def _split(task: Task) -> str:
    """Return the token that the branches of one parallel round share."""
    return str(task.token).rsplit("_", 1)[0] if "_" in str(task.token) else f"{task.pk}"


def _is_late(task: Task) -> bool:
    due = due_on(task)
    return due is not None and due < timezone.localdate()
