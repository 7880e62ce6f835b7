"""Where the text of a PDF stands, as MuPDF draws it, and what is wrong with it."""

from __future__ import annotations

import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from xml.etree import ElementTree as ET

POINTS = 72 / 2.54  # a centimetre
PAGE = (21 * POINTS, 29.7 * POINTS)
LEFT, RIGHT = 2.4 * POINTS, PAGE[0] - 2.2 * POINTS
HEADER, TOP, BOTTOM, FOOTER = 5.0, 2.7 * POINTS, PAGE[1] - 2.5 * POINTS, PAGE[1] - 24
HANGS = 2.5  # points; the end of a line may stand a little out of it, as a hyphen does
TOUCHES = 0.2  # of the size; « AV » and « W, » are set closer than their widths
SMALL_LETTER = 0.45  # of the size: accents and tails of neighbouring lines may meet
UNDRAWN = re.compile("[\\s\u00ad\u200b\ufe0f\\-\u2010]")

Box = tuple[int, tuple[float, float, float, float]]  # page from 1, /Rect


@dataclass(frozen=True)
class Run:
    """Letters drawn at once on a line: page from 1, box from the page's top left corner in points."""

    said: str
    page: int
    left: float
    top: float
    right: float
    base: float
    size: float


def runs(pdf: bytes) -> list[Run]:
    """Return what is drawn, in the order of drawing, outside the page too."""
    with NamedTemporaryFile(suffix=".pdf") as file:
        Path(file.name).write_bytes(pdf)
        run = subprocess.run(["mutool", "trace", file.name], capture_output=True, check=True)
    return [
        run
        for page in ET.fromstring(run.stdout)  # noqa: S314 (MuPDF's own words)
        for text in page.iter("fill_text")
        for run in _drawn(text, int(page.attrib["number"]))
    ]


def _drawn(text: ET.Element, page: int) -> Iterator[Run]:
    across, _, _, down, x, y = (float(part) for part in text.attrib["transform"].split())
    for span in text.iter("span"):
        if "+" not in span.attrib["font"]:
            continue  # not of the file: what MuPDF draws itself in an empty signature field
        size = abs(float(span.attrib["trm"].split()[0])) * across
        lines = defaultdict(list)
        for glyph in span.iter("g"):
            if glyph.attrib["unicode"].strip():
                lines[float(glyph.attrib["y"])].append(glyph.attrib)
        for height, glyphs in lines.items():
            base = y + down * height
            lefts = [x + across * float(glyph["x"]) for glyph in glyphs]
            right = max(left + float(glyph["adv"]) * size for left, glyph in zip(lefts, glyphs, strict=True))
            said = "".join(glyph["unicode"] for glyph in glyphs)
            yield Run(said, page, min(lefts), base - SMALL_LETTER * size, right, base, size)


def faults(drawn: list[Run], boxes: list[Box]) -> Iterator[str]:
    """Name what leaves the margins, what is drawn over something else, what enters a signature's box."""
    pages = defaultdict(list)
    for run in sorted(drawn, key=lambda run: run.base):
        pages[run.page].append(run)
        across = run.left >= LEFT - HANGS and run.right <= RIGHT + HANGS
        if not (across and run.top >= HEADER and run.base <= FOOTER):
            yield f"outside: {run}"
    for on_page in pages.values():
        for index, run in enumerate(on_page):
            for other in on_page[index + 1 :]:
                shared = min(run.right, other.right) - max(run.left, other.left)
                if other.top < run.base and shared > TOUCHES * max(run.size, other.size):
                    yield f"over each other: {run} {other}"
    for page, (left, bottom, right, top) in boxes:
        for run in pages[page]:
            across = min(run.right, right) > max(run.left, left)
            if across and run.top < PAGE[1] - bottom and run.base > PAGE[1] - top:
                yield f"in a signature’s box: {run}"


def in_body(drawn: list[Run]) -> Counter[str]:
    """Count the characters between header and footer, without spaces and hyphens."""
    body = (run.said for run in drawn if TOP - 6 < run.base <= BOTTOM + 6)
    return Counter(UNDRAWN.sub("", "".join(body)))
