"""From the canonical content of a version to the bytes of its printed form.

The work is CPU time (a tenth of a second to a quarter for fifteen pages) and belongs in a job.
The same content, the same moment and the same specimen mark give the same bytes, in any
process: nothing here reads a clock, the system's fonts or the network.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

import typst
from django.utils import translation
from django.utils.translation import gettext as _
from pikepdf import Pdf

from contracts.canonical import Content
from contracts.printed.attached import attach
from contracts.printed.check import qr_code
from contracts.printed.edition import edition_of
from contracts.printed.fields import Box, place
from contracts.printed.typography import FONTS
from contracts.printed.wording import document

TEMPLATE = Path(__file__).resolve().parent / "contract.typ"
# ISO 19005-3 level A (archived as it is, with its structure) and ISO 14289-1 (accessible).
STANDARDS: list[typst.PDFStandard] = ["a-3a", "ua-1"]


class RenderError(Exception):
    """The typesetter refused the content; ``reference`` and ``detail`` say which and why.

    Trying again gives the same answer: the text must change, or our template.
    """

    permanent = True

    def __init__(self, reference: str, detail: str) -> None:
        self.reference = reference
        self.detail = detail
        super().__init__(
            _(
                "Le contrat %(reference)s n’a pas pu être mis en page : %(detail)s. "
                "Revenez à la rédaction et retirez du texte ce qui est signalé."
            )
            % {"reference": reference, "detail": detail}
        )


@dataclass(frozen=True)
class Rendered:
    """A printed contract: its bytes, their SHA-256, its pages, its signature fields in order.

    ``edition`` names what printed it (:func:`contracts.printed.edition.edition_of`).
    """

    pdf: bytes
    sha256: str
    pages: int
    fields: list[str]
    edition: str


def render(
    content: Content,
    *,
    specimen: bool,
    frozen_at: dt.datetime,
    draft: bool = False,
    annexes: Mapping[str, bytes] | None = None,
) -> Rendered:
    """Print a content as a PDF/A-3a and PDF/UA-1 file with one empty signature field a signatory.

    ``frozen_at`` (aware) is the moment the version was frozen: the date of the file.
    ``specimen`` marks each page as being without legal value. A ``draft`` is marked « PROJET » across
    each page, in its title and at the foot, and has no signature field: nobody could sign it.
    ``annexes`` are the bytes of those that travel inside it, by their SHA-256; a draft only lists them.
    Raises RenderError, or AnnexAltered.
    """
    with translation.override("fr"):
        data = document(content, specimen=specimen, frozen_at=frozen_at, draft=draft)
    files = {**_sources(TEMPLATE), "document.json": json.dumps(data, ensure_ascii=False).encode()}
    if data["check"] is not None:
        files["check.svg"] = qr_code(data["check"]["address"])
    made_at = int(frozen_at.timestamp())
    try:
        pages = _compiler(files).compile(format="pdf", pdf_standards=STANDARDS, timestamp=made_at)
        boxes = json.loads(_compiler(files).query("<signature-box>", field="value"))
    except typst.TypstError as error:
        raise RenderError(content["reference"], error.message) from error
    signatories = [] if draft else content["signatories"]

    def enclose(document: Pdf) -> None:
        with translation.override("fr"):
            attach(document, content, annexes or {}, frozen_at)

    fields = None if draft else _boxes(boxes, signatories)
    pdf, count = place(cast(bytes, pages), fields, None if draft else enclose)
    return Rendered(
        pdf=pdf,
        sha256=hashlib.sha256(pdf).hexdigest(),
        pages=count,
        fields=[signatory["field"] for signatory in signatories],
        edition=edition_in_force(),
    )


def edition_in_force() -> str:
    """Return the edition of what would be printed now."""
    return edition_of(TEMPLATE)


def _boxes(printed: Sequence[dict[str, Any]], signatories: Sequence[dict[str, Any]]) -> list[Box]:
    """Turn the boxes as the typesetter laid them (points from the top) into PDF rectangles."""
    by_field = {box["field"]: box for box in printed}
    return [
        Box(
            field=signatory["field"],
            page=by_field[signatory["field"]]["page"],
            rectangle=_rectangle(by_field[signatory["field"]]),
            label=", ".join(filter(None, (signatory["capacity"], signatory["person"]))),
        )
        for signatory in signatories
    ]


def _rectangle(box: dict[str, Any]) -> tuple[float, float, float, float]:
    left, top = box["left"], box["page-height"] - box["top"]
    right, bottom = left + box["width"], top - box["height"]
    return round(left, 2), round(bottom, 2), round(right, 2), round(top, 2)


def _compiler(files: dict[str, bytes]) -> typst.Compiler:
    """Return a compiler for one question: it forgets the files given in memory, not what it set."""
    several = cast(Any, files)  # taken (README of typst-py), and unknown to its stub
    return typst.Compiler(several, font_paths=_fonts(), ignore_system_fonts=True)


@cache
def _sources(template: Path) -> dict[str, bytes]:
    """Read the template and its neighbours, once a process.

    The data is a file among them and not an input of the typesetter: lines that it has set are set
    again when an input changes, not when another line of a file does.
    """
    neighbours = {path.name: path.read_bytes() for path in template.parent.glob("*.typ") if path != template}
    return {"main.typ": template.read_bytes(), **neighbours}


@cache
def _fonts() -> typst.Fonts:
    """Load the fonts once a process: ours, and the typesetter's own for spare glyphs."""
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])
