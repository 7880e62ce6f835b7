"""The circuit as a list: what the diagram shows, for a narrow window and without its script."""

from __future__ import annotations

from dataclasses import dataclass

from contracts.models import Contract
from workflow.board.diagram_status import diagram_status
from workflow.engine.looks import WAIT
from workflow.procedures.diagram import in_order
from workflow.procedures.registry import procedure_of


@dataclass(frozen=True)
class Stop:
    """One step that takes time: its name in its procedure, its title, whose it is, where it stands."""

    code: str
    title: str
    lane: str
    look: str
    label: str  # « 5 sur 7 », or nothing


def circuit(contract: Contract) -> list[Stop]:
    """Return the steps of people and of the system, in the order in which the diagram draws them."""
    known = {step["id"]: step for step in diagram_status(contract)["steps"]}
    found = []
    for node in in_order(procedure_of(contract)):
        if not getattr(node, "awaited", "") or not node.concerns(contract):
            continue
        step = known.get(node.name, {"state": WAIT, "label": ""})
        found.append(
            Stop(node.name, str(node.task_title), str(node.lane.title), step["state"], step["label"])
        )
    return found
