"""The steps of a contract, past and to come, as its procedure tells them."""

from __future__ import annotations

from contracts.models import Contract
from workflow.engine.looks import DONE, NOW, WAIT
from workflow.engine.tasks import open_tasks
from workflow.engine.timeline import Milestone, Progress
from workflow.procedures.registry import procedure_of


def steps(contract: Contract) -> list[Milestone]:
    """Return the timeline: what is done, what is under way, what comes next, with actor and date."""
    phases = procedure_of(contract).phases
    running = {getattr(task.flow_task, "phase", None) for task in open_tasks(contract)}
    writing = next((phase for phase in phases if phase.redrafts), phases[0])
    progress = Progress(contract, contract.latest_version, writing in running)
    found: list[Milestone] = []
    for phase in phases:
        look = NOW if phase in running else WAIT
        found += phase.tell(Milestone(phase.code, str(phase.title), look, str(phase.actor)), progress)
    return _one_now_at_least_in_order(found, writing.code)


def _one_now_at_least_in_order(found: list[Milestone], writing: str) -> list[Milestone]:
    """A step that was done on an older version is still to come on the new one."""
    first = next((place for place, step in enumerate(found) if step.code == writing), 0)
    drafting_again = found[first].look == NOW
    for step in found[first + 1 :]:
        if drafting_again and step.look == DONE:
            step.look, step.at, step.detail = WAIT, None, ""
    return found
