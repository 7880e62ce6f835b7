"""The diagram: BPMN 2.0 that any modeller opens, every step drawn, in its actor's lane."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from django.utils import translation

from tests import plot
from tests.cast import Cast, small_contract
from workflow.board import diagram_status
from workflow.procedures.csi import CsiFlow
from workflow.procedures.diagram import BPMN, DC, DI, OMGDI, diagram


@pytest.fixture(scope="module")
def drawn() -> ET.Element:
    """Return the diagram's root."""
    return ET.fromstring(diagram(CsiFlow))  # noqa: S314 (our own output)


def identifiers(root: ET.Element) -> list[str]:
    return [element.attrib["id"] for element in root.iter() if "id" in element.attrib]


def test_identifiers_are_unique_and_every_reference_resolves(drawn: ET.Element) -> None:
    known = identifiers(drawn)
    assert len(known) == len(set(known))
    references = [
        value
        for element in drawn.iter()
        for name, value in element.attrib.items()
        if name in {"sourceRef", "targetRef", "processRef", "bpmnElement"}
    ]
    references += [
        str(element.text)
        for tag in ("incoming", "outgoing", "flowNodeRef")
        for element in drawn.iter(f"{{{BPMN}}}{tag}")
    ]
    assert len(references) > 100
    assert set(references) <= set(known)


def test_every_step_is_drawn_in_one_lane(drawn: ET.Element) -> None:
    steps = {node.name for node in CsiFlow.instance.nodes()}
    in_lanes = [str(reference.text) for reference in drawn.iter(f"{{{BPMN}}}flowNodeRef")]
    assert sorted(in_lanes) == sorted(steps)
    shapes = {shape.attrib["bpmnElement"] for shape in drawn.iter(f"{{{DI}}}BPMNShape")}
    assert steps <= shapes
    assert {"pool", *(f"lane-{number}" for number in range(len(CsiFlow.lanes)))} <= shapes


def test_every_flow_has_its_line_and_every_end_of_it_lies_on_a_shape(drawn: ET.Element) -> None:
    flows = {flow.attrib["id"]: flow for flow in drawn.iter(f"{{{BPMN}}}sequenceFlow")}
    lines = {line.attrib["bpmnElement"]: line for line in drawn.iter(f"{{{DI}}}BPMNEdge")}
    assert flows.keys() == lines.keys()
    boxes = {}
    for shape in drawn.iter(f"{{{DI}}}BPMNShape"):
        bounds = shape.find(f"{{{DC}}}Bounds")
        assert bounds is not None
        boxes[shape.attrib["bpmnElement"]] = [float(bounds.attrib[k]) for k in ("x", "y", "width", "height")]
    for name, line in lines.items():
        points = [(float(p.attrib["x"]), float(p.attrib["y"])) for p in line.iter(f"{{{OMGDI}}}waypoint")]
        assert len(points) >= 2
        ends = ((points[0], flows[name].attrib["sourceRef"]), (points[-1], flows[name].attrib["targetRef"]))
        for (x, y), step in ends:
            left, top, width, height = boxes[step]
            assert left - 1 <= x <= left + width + 1, (name, step)
            assert top - 1 <= y <= top + height + 1, (name, step)


def test_two_steps_never_lie_on_one_another(drawn: ET.Element) -> None:
    steps = {node.name for node in CsiFlow.instance.nodes()}
    boxes = []
    for shape in drawn.iter(f"{{{DI}}}BPMNShape"):
        if shape.attrib["bpmnElement"] in steps:
            bounds = shape.find(f"{{{DC}}}Bounds")
            assert bounds is not None
            x, y, width, height = (float(bounds.attrib[k]) for k in ("x", "y", "width", "height"))
            boxes.append((x, y, x + width, y + height))
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart, (one, other)


def test_the_number_of_reviews_and_drafts_is_marked_as_multiple(drawn: ET.Element) -> None:
    marked = {
        task.attrib["id"]
        for task in drawn.iter(f"{{{BPMN}}}userTask")
        if task.find(f"{{{BPMN}}}multiInstanceLoopCharacteristics") is not None
    }
    assert {"draft", "review", "approve"} <= marked


def test_the_titles_are_in_the_reader_s_language() -> None:
    with translation.override("fr"):
        french = diagram(CsiFlow).decode()
    assert "Rendre un avis" in french
    with translation.override("en"):
        assert "Rendre un avis" not in diagram(CsiFlow).decode()


def test_the_states_shown_on_it_speak_of_steps_that_it_has(cast: Cast, drawn: ET.Element) -> None:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    plot.opine(contract, plot.tasks(contract, "review")[0])
    status = {step["id"]: step for step in diagram_status.diagram_status(contract)["steps"]}
    assert status.keys() <= set(identifiers(drawn))
    assert status["review"]["label"] == "1 sur 2"
    assert status["review"]["state"] == "now"
    assert sorted(actor["state"] for actor in status["review"]["actors"]) == ["done", "now"]
    assert status["freeze"]["state"] == "done"
