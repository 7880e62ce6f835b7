"""A step is declared in one place, and whole: its lane, its page, its phase."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from viewflow import this
from viewflow.workflow import flow

from stakeholders.kinds import ContractKind, Power
from workflow.engine.nodes import End, Job, OrganisationTask
from workflow.engine.procedure import Procedure
from workflow.engine.timeline import Lane
from workflow.procedures.registry import PROCEDURES

ROOT = Path(__file__).parents[3]
FOLDERS = ("workflow", "contracts", "signatures", "stakeholders", "config", "bench")
BY_NAME = re.compile(r"flow_task__(?:endswith|contains|regex)|flow_task\.name (?:==|!=|in|not in) [\"'({\[]")
SOMEBODY = Lane("Quelqu’un")


def missing_in(procedure: type[Procedure]) -> list[str]:
    """Return what the steps of a procedure lack, as sentences."""
    found = []
    for node in procedure.instance.nodes():
        if getattr(node, "lane", None) not in procedure.lanes:
            found.append(f"{node.name} has no lane of the procedure")
        if node.task_type == "HUMAN" and not callable(getattr(node, "page", None)):
            found.append(f"{node.name} has no page")
        if (phase := getattr(node, "phase", None)) is not None and phase not in procedure.phases:
            found.append(f"{node.name} is in a phase that the timeline does not show")
    return found


def test_every_kind_of_contract_has_a_procedure_of_whole_steps() -> None:
    assert set(PROCEDURES) == set(ContractKind)
    for procedure in set(PROCEDURES.values()):
        assert missing_in(procedure) == []
        assert procedure.lock_impl is Procedure.lock_impl, "two posts of one task would both succeed"
        assert set(procedure.lanes) == {node.lane for node in procedure.instance.nodes()}
        codes = [phase.code for phase in procedure.phases]
        assert len(codes) == len(set(codes)) > 0


def test_two_steps_of_a_procedure_never_serve_one_purpose() -> None:
    for procedure in set(PROCEDURES.values()):
        purposes = [
            purpose for node in procedure.instance.nodes() if (purpose := getattr(node, "purpose", ""))
        ]
        assert len(purposes) == len(set(purposes)) > 0


def test_a_step_of_viewflow_itself_is_found_out() -> None:
    class Homeless(Procedure):
        """A procedure whose steps are viewflow's own."""

        __module__ = "workflow.procedures.csi"
        lanes = (SOMEBODY,)
        start = flow.StartHandle(this.open).Next(this.end)
        end = flow.End()

    assert "end has no lane of the procedure" in missing_in(Homeless)


@pytest.mark.parametrize("lacking", ["page", "lane"])
def test_a_task_without_page_or_lane_cannot_even_be_written(lacking: str) -> None:
    said: dict[str, Any] = {"page": print, "lane": SOMEBODY, "days": 1}
    OrganisationTask("Lire", Power.REVIEW, **said)
    del said[lacking]
    with pytest.raises(TypeError, match=lacking):
        OrganisationTask("Lire", Power.REVIEW, **said)


def test_nor_a_job_or_an_end_without_a_lane() -> None:
    nothing: dict[str, Any] = {}
    with pytest.raises(TypeError, match="lane"):
        Job("Composer", print, **nothing)
    with pytest.raises(TypeError, match="lane"):
        End("Fini", **nothing)


def sources() -> dict[str, str]:
    """Return the code and the templates, migrations left out, by their paths."""
    found = [
        path
        for folder in FOLDERS
        for ext in ("py", "html")
        for path in ROOT.joinpath(folder).rglob(f"*.{ext}")
    ]
    return {str(path.relative_to(ROOT)): path.read_text() for path in found if "migrations" not in path.parts}


def test_nobody_names_a_procedure_but_itself_and_the_registry() -> None:
    naming = {path for path, text in sources().items() if "CsiFlow" in text}
    assert naming == {"workflow/procedures/csi.py", "workflow/procedures/registry.py"}


def test_nobody_finds_a_step_by_its_name() -> None:
    assert [path for path, text in sources().items() if BY_NAME.search(text)] == []
