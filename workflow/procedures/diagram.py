"""The circuit as a BPMN 2.0 diagram: a pool, a lane per actor, the steps and where they lead.

viewflow's own export draws neither lanes nor conditions, so the diagram is written here
from the flow's nodes and edges, with its interchange part (BPMN DI) so that any modeller
opens it. Columns follow the longest way from the start; an edge that goes back runs in
the margin above the lanes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from django.utils.translation import gettext as _

from workflow.engine.procedure import Procedure

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
DI = "http://www.omg.org/spec/BPMN/20100524/DI"
DC = "http://www.omg.org/spec/DD/20100524/DC"
OMGDI = "http://www.omg.org/spec/DD/20100524/DI"
for prefix, uri in (("bpmn", BPMN), ("bpmndi", DI), ("dc", DC), ("di", OMGDI)):
    ET.register_namespace(prefix, uri)

ROW, TASK, GATEWAY, EVENT = 110, (120, 80), (50, 50), (36, 36)
GAP = 44  # between two columns
LEFT, TOP, MARGIN, STEP = 60, 40, 60, 12


@dataclass
class Box:
    """A step on the drawing: its place, in pixels from the upper left."""

    node: Any
    lane: int
    column: int
    row: int = 0
    x: float = 0
    y: float = 0
    size: tuple[int, int] = TASK
    left: float = 0  # of its column
    right: float = 0

    @property
    def middle(self) -> float:
        """The height of its middle."""
        return self.y + self.size[1] / 2

    @property
    def center(self) -> float:
        """Its middle from the left."""
        return self.x + self.size[0] / 2


@dataclass
class Drawing:
    """Every box by name, the lanes' tops and heights, the width."""

    boxes: dict[str, Box]
    lanes: list[tuple[str, float, float]] = field(default_factory=list)
    width: float = 0


def diagram(procedure: type[Procedure]) -> bytes:
    """Return a procedure as BPMN 2.0 XML with its drawing, titles in the active language."""
    drawing, name = _lay_out(procedure), procedure.app_name
    root = ET.Element(
        f"{{{BPMN}}}definitions", {"id": "contreseing", "targetNamespace": f"urn:contreseing:{name}"}
    )
    collaboration = ET.SubElement(root, f"{{{BPMN}}}collaboration", {"id": "collaboration"})
    ET.SubElement(
        collaboration,
        f"{{{BPMN}}}participant",
        {"id": "pool", "name": str(procedure.process_title), "processRef": name},
    )
    process = ET.SubElement(root, f"{{{BPMN}}}process", {"id": name, "isExecutable": "false"})
    _write_lanes(process, drawing)
    for box in drawing.boxes.values():
        _write_node(process, box)
    edges = _edges(drawing)
    for edge, _points in edges:
        _write_flow(process, edge)
    _write_drawing(root, drawing, edges)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document


def in_order(procedure: type[Procedure]) -> list[Any]:
    """Return the steps of a procedure from left to right, as they are drawn."""
    nodes = {node.name: node for node in procedure.instance.nodes()}
    columns = _columns(nodes)
    return sorted(nodes.values(), key=lambda node: columns[node.name])


def _lay_out(procedure: type[Procedure]) -> Drawing:
    nodes = {node.name: node for node in procedure.instance.nodes()}
    lane_of = {lane: index for index, lane in enumerate(procedure.lanes)}
    columns = _columns(nodes)
    boxes = {
        name: Box(node, lane_of[node.lane], columns[name], size=_size(node)) for name, node in nodes.items()
    }
    drawing = Drawing(boxes)
    _stack_rows(drawing, procedure)
    return drawing


def _columns(nodes: dict[str, Any]) -> dict[str, int]:
    """Return the longest way from the start to each node, edges that go back left out."""
    depth: dict[str, int] = {}

    def visit(name: str, at: int, path: tuple[str, ...]) -> None:
        if at <= depth.get(name, -1):
            return
        depth[name] = at
        for edge in nodes[name]._outgoing():
            if edge.dst.name not in path:
                visit(edge.dst.name, at + 1, (*path, edge.dst.name))

    visit("start", 0, ("start",))
    return depth


def _stack_rows(drawing: Drawing, procedure: type[Procedure]) -> None:
    taken: dict[tuple[int, int], int] = {}
    for box in drawing.boxes.values():
        box.row = taken.get((box.lane, box.column), 0)
        taken[(box.lane, box.column)] = box.row + 1
    lefts = _column_lefts(drawing)
    top: float = TOP + MARGIN
    for index, lane in enumerate(procedure.lanes):
        mine = [box for box in drawing.boxes.values() if box.lane == index]
        height = ROW * (1 + max((box.row for box in mine), default=0))
        for box in mine:
            left, width = lefts[box.column]
            box.left, box.right = left, left + width
            box.x = left + (width - box.size[0]) / 2
            box.y = top + box.row * ROW + (ROW - box.size[1]) / 2
        drawing.lanes.append((str(lane.title), top, height))
        top += height
    drawing.width = max(box.x + box.size[0] for box in drawing.boxes.values()) + GAP - LEFT


def _column_lefts(drawing: Drawing) -> dict[int, tuple[float, int]]:
    """Return each column's left edge and width: as wide as its widest step."""
    left, lefts = float(LEFT + 60), {}
    for column in range(1 + max(box.column for box in drawing.boxes.values())):
        width = max((box.size[0] for box in drawing.boxes.values() if box.column == column), default=0)
        lefts[column] = (left, width)
        left += width + GAP
    return lefts


def _size(node: Any) -> tuple[int, int]:
    element = node.bpmn_element
    return GATEWAY if element.endswith("Gateway") else EVENT if element.endswith("Event") else TASK


def _write_lanes(process: ET.Element, drawing: Drawing) -> None:
    lane_set = ET.SubElement(process, f"{{{BPMN}}}laneSet", {"id": "lanes"})
    for index, (title, _top, _height) in enumerate(drawing.lanes):
        lane = ET.SubElement(lane_set, f"{{{BPMN}}}lane", {"id": f"lane-{index}", "name": title})
        for name, box in drawing.boxes.items():
            if box.lane == index:
                ET.SubElement(lane, f"{{{BPMN}}}flowNodeRef").text = name


def _write_node(process: ET.Element, box: Box) -> None:
    node = box.node
    element = ET.SubElement(
        process, f"{{{BPMN}}}{node.bpmn_element}", {"id": node.name, "name": str(node.task_title)}
    )
    for edge in node._incoming():
        ET.SubElement(element, f"{{{BPMN}}}incoming").text = _identifier(edge)
    for edge in node._outgoing():
        ET.SubElement(element, f"{{{BPMN}}}outgoing").text = _identifier(edge)
    for tag in re.findall(r"<bpmn:(\w+)", node.bpmn_content()):
        ET.SubElement(element, f"{{{BPMN}}}{tag}", {"id": f"{node.name}-{tag}"})
    if node.bpmn_element == "intermediateCatchEvent" and not node.bpmn_content():
        ET.SubElement(element, f"{{{BPMN}}}conditionalEventDefinition", {"id": f"{node.name}-condition"})


def _identifier(edge: Any) -> str:
    return f"{edge.src.name}--{edge.dst.name}"


def _write_flow(process: ET.Element, edge: Any) -> None:
    facts = {"id": _identifier(edge), "sourceRef": edge.src.name, "targetRef": edge.dst.name}
    label = {"cond_true": _("oui"), "cond_false": _("non")}.get(edge.edge_class)
    if label and edge.src.bpmn_element == "exclusiveGateway":
        facts["name"] = label
    ET.SubElement(process, f"{{{BPMN}}}sequenceFlow", facts)


def _edges(drawing: Drawing) -> list[tuple[Any, list[tuple[float, float]]]]:
    edges, back = [], 0
    for box in drawing.boxes.values():
        for edge in box.node._outgoing():
            target = drawing.boxes[edge.dst.name]
            if target.column <= box.column:
                back += target.lane == 0
                edges.append((edge, _way_back(box, target, back)))
            elif not _steps_between(drawing, box, target):
                edges.append((edge, _way_forward(box, target, target.left - GAP / 2)))
            elif (box.lane, box.row) == (target.lane, target.row):
                edges.append((edge, _way_above(box, target)))
            else:
                edges.append((edge, _way_forward(box, target, box.right + GAP / 2)))
    return edges


def _steps_between(drawing: Drawing, source: Box, target: Box) -> bool:
    """Whether a straight way from the source towards the target's column would cross a step."""
    return any(
        (box.lane, box.row) == (source.lane, source.row) and source.column < box.column < target.column
        for box in drawing.boxes.values()
    )


def _way_forward(source: Box, target: Box, turn: float) -> list[tuple[float, float]]:
    start, end = (source.x + source.size[0], source.middle), (target.x, target.middle)
    if abs(start[1] - end[1]) < 1:
        return [start, end]
    return [start, (turn, start[1]), (turn, end[1]), end]


def _way_above(source: Box, target: Box) -> list[tuple[float, float]]:
    height = source.middle - TASK[1] / 2 - 8
    return [
        (source.center, source.y),
        (source.center, height),
        (target.center, height),
        (target.center, target.y),
    ]


def _way_back(source: Box, target: Box, rank: int) -> list[tuple[float, float]]:
    if target.lane > 0:  # in the upper edge of the target's own lane
        height, end = target.middle - ROW / 2 + 6, (target.center, target.y)
    else:
        height, shift = TOP + MARGIN - STEP * rank, 6 * rank
        end = (target.center - shift, target.y + shift * (target.size[0] <= GATEWAY[0]))
    return [(source.center, source.y), (source.center, height), (end[0], height), end]


def _write_drawing(
    root: ET.Element, drawing: Drawing, edges: list[tuple[Any, list[tuple[float, float]]]]
) -> None:
    diagram_ = ET.SubElement(root, f"{{{DI}}}BPMNDiagram", {"id": "diagram"})
    plane = ET.SubElement(diagram_, f"{{{DI}}}BPMNPlane", {"id": "plane", "bpmnElement": "collaboration"})
    height = sum(lane[2] for lane in drawing.lanes) + MARGIN
    _shape(plane, "pool", LEFT, TOP, drawing.width, height, horizontal=True)
    for index, (_title, top, lane_height) in enumerate(drawing.lanes):
        first = MARGIN if index == 0 else 0
        _shape(
            plane,
            f"lane-{index}",
            LEFT + 30,
            top - first,
            drawing.width - 30,
            lane_height + first,
            horizontal=True,
        )
    for name, box in drawing.boxes.items():
        _shape(plane, name, box.x, box.y, *box.size, label=box.size != TASK)
    for edge, points in edges:
        shape = ET.SubElement(
            plane,
            f"{{{DI}}}BPMNEdge",
            {"id": f"{_identifier(edge)}-edge", "bpmnElement": _identifier(edge)},
        )
        for x, y in points:
            ET.SubElement(shape, f"{{{OMGDI}}}waypoint", {"x": f"{x:.0f}", "y": f"{y:.0f}"})


def _shape(
    plane: ET.Element,
    name: str,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    horizontal: bool = False,
    label: bool = False,
) -> None:
    facts = {"id": f"{name}-shape", "bpmnElement": name}
    if horizontal:
        facts["isHorizontal"] = "true"
    shape = ET.SubElement(plane, f"{{{DI}}}BPMNShape", facts)
    bounds = {"x": f"{x:.0f}", "y": f"{y:.0f}", "width": f"{width:.0f}", "height": f"{height:.0f}"}
    ET.SubElement(shape, f"{{{DC}}}Bounds", bounds)
    if label:
        text = ET.SubElement(shape, f"{{{DI}}}BPMNLabel")
        ET.SubElement(
            text,
            f"{{{DC}}}Bounds",
            {"x": f"{x + width / 2 - 55:.0f}", "y": f"{y + height + 3:.0f}", "width": "110", "height": "28"},
        )
