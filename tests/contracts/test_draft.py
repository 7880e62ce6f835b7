"""A draft is printed as the contract will be, and can be taken for it by nobody."""

from __future__ import annotations

import io

import pikepdf
import pytest
from pikepdf import Name

from contracts.printed import render
from contracts.printed.rendering import Rendered
from tests.contracts.contents import FROZEN_AT, content
from tests.contracts.test_rendering import text_of


@pytest.fixture(scope="module")
def draft() -> Rendered:
    return render(content(), specimen=False, frozen_at=FROZEN_AT, draft=True)


def test_each_page_of_a_draft_says_so_across_it_and_at_its_foot(draft: Rendered) -> None:
    for page in range(1, draft.pages + 1):
        text = text_of(draft.pdf, "-f", str(page), "-l", str(page))
        assert "PROJET du 23 novembre 2026, 10 h 30" in text, page
        assert "ne se signe pas" in text, page
        with pikepdf.open(io.BytesIO(draft.pdf)) as pdf:
            artifacts = [
                instruction
                for instruction in pikepdf.parse_content_stream(pdf.pages[page - 1])
                if str(instruction.operator) in {"BDC", "BMC"} and instruction.operands[0] == Name.Artifact
            ]
        assert len(artifacts) >= 2, "the mark and the foot are no part of the text"
    assert "PROJET du" not in text_of(render(content(), specimen=False, frozen_at=FROZEN_AT).pdf)


def test_a_draft_has_no_field_and_bears_its_name_in_the_window(draft: Rendered) -> None:
    assert draft.fields == []
    with pikepdf.open(io.BytesIO(draft.pdf)) as pdf:
        assert Name.AcroForm not in pdf.Root
        assert not [a for page in pdf.pages for a in page.get("/Annots", []) if a.Subtype == Name.Widget]
        assert str(pdf.docinfo[Name.Title]).startswith("PROJET")
        assert str(pdf.Root.MarkInfo.Marked) == "True"


def test_a_draft_has_the_pages_of_what_will_be_frozen(draft: Rendered) -> None:
    assert draft.pages == render(content(), specimen=False, frozen_at=FROZEN_AT).pages
