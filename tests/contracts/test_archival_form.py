"""Rules of PDF/A-3a (ISO 19005-3) and PDF/UA-1 (ISO 14289-1) that can be read off the file.

They do not replace veraPDF, which no package registry carries; each test names its rule.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name, NumberTree, Pdf, Stream

from contracts.printed import render
from tests.contracts.contents import FROZEN_AT, content, signatory

PDFAID = "{http://www.aiim.org/pdfa/ns/id/}"
PDFUAID = "{http://www.aiim.org/pdfua/ns/id/}"
DC = "{http://purl.org/dc/elements/1.1/}"
FORBIDDEN_KEYS = {"/JS", "/JavaScript", "/XFA", "/OpenAction", "/AA", "/NeedAppearances", "/EmbeddedFiles"}
FORBIDDEN_ACTIONS = {"/JavaScript", "/Launch", "/SubmitForm", "/ImportData", "/Movie", "/Sound", "/ResetForm"}


@pytest.fixture(scope="module")
def raw() -> bytes:
    people = [signatory(rank, capacity=f"Qualité {rank}") for rank in range(1, 12)]
    return render(content(signatories=people), specimen=True, frozen_at=FROZEN_AT).pdf


@pytest.fixture(scope="module")
def pdf(raw: bytes) -> Iterator[Pdf]:
    with pikepdf.open(io.BytesIO(raw)) as document:
        yield document


def dictionaries(pdf: Pdf) -> Iterator[Dictionary | Stream]:
    for item in pdf.objects:
        yield from nested(item)


def nested(item: Any) -> Iterator[Dictionary | Stream]:
    if isinstance(item, (Dictionary, Stream)):
        yield item
        for key in item.keys():  # noqa: SIM118 (a pikepdf dictionary iterates over nothing else)
            value = item.get(key)
            if isinstance(value, pikepdf.Object) and not value.is_indirect:
                yield from nested(value)
    elif isinstance(item, Array):
        for value in item:
            if isinstance(value, pikepdf.Object) and not value.is_indirect:
                yield from nested(value)


def elements(pdf: Pdf) -> Iterator[Dictionary]:
    """Walk the structure tree."""

    def walk(node: Any) -> Iterator[Dictionary]:
        if isinstance(node, Array):
            for child in node:
                yield from walk(child)
        elif isinstance(node, Dictionary):
            if Name.S in node:
                yield node
            if Name.K in node and node.get(Name.Type) not in (Name.OBJR, Name.MCR):
                yield from walk(node.K)

    yield from walk(pdf.Root.StructTreeRoot.K)


def widgets(pdf: Pdf) -> list[pikepdf.Object]:
    return [a for page in pdf.pages for a in page.get(Name.Annots, []) if a.Subtype == Name.Widget]


def test_metadata_name_both_standards(pdf: Pdf) -> None:
    """ISO 19005-3, 6.6.4; ISO 14289-1, 5 and 7.1."""
    with pdf.open_metadata() as metadata:
        assert metadata[PDFAID + "part"] == "3"
        assert metadata[PDFAID + "conformance"] == "A"
        assert metadata[PDFUAID + "part"] == "1"
        assert metadata[DC + "title"] == "Contrat d’essai entre l’État et la Ville de Clairval-sur-Orme"
        assert "fr" in str(metadata[DC + "language"])


def test_metadata_stream_can_be_read_without_decoding(pdf: Pdf) -> None:
    """ISO 19005-3, 6.6.2.1: no filter on the metadata."""
    assert Name.Filter not in pdf.Root.Metadata


def test_title_is_shown_and_language_is_french(pdf: Pdf) -> None:
    """ISO 14289-1, 7.1 and 7.2."""
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
    assert str(pdf.Root.Lang).lower().startswith("fr")
    assert bool(pdf.Root.MarkInfo.Marked)


def test_header_end_and_identifier(raw: bytes, pdf: Pdf) -> None:
    """ISO 19005-3, 6.1.2, 6.1.3, 6.1.9: binary comment, /ID, nothing but a line end after %%EOF."""
    assert raw.startswith(b"%PDF-1.7\n%")
    assert all(byte > 127 for byte in raw[10:14])
    assert raw.endswith(b"%%EOF\n")
    assert len(pdf.trailer.ID) == 2
    assert not pdf.is_encrypted


def test_output_intent_carries_its_profile(pdf: Pdf) -> None:
    """ISO 19005-3, 6.2.3."""
    intents = [i for i in pdf.Root.OutputIntents if i.S == Name.GTS_PDFA1]
    assert len(intents) == 1
    assert bytes(intents[0].DestOutputProfile.read_bytes())[36:40] == b"acsp"


def test_fonts_are_embedded_and_map_to_unicode(pdf: Pdf) -> None:
    """ISO 19005-3, 6.2.11.4 and 6.2.11.7.2."""
    fonts = [d for d in dictionaries(pdf) if d.get(Name.Type) == Name.Font]
    assert fonts
    for font in fonts:
        if font.Subtype == Name.Type0:
            assert Name.ToUnicode in font
            descriptor = font.DescendantFonts[0].FontDescriptor
            assert any(key in descriptor for key in (Name.FontFile2, Name.FontFile3))
        else:
            assert font.Subtype in (Name.CIDFontType2, Name.CIDFontType0), font.Subtype


def test_nothing_runs_and_nothing_is_attached(pdf: Pdf) -> None:
    """ISO 19005-3, 6.5 and 6.6.1."""
    nothing_runs(pdf, FORBIDDEN_KEYS)


def nothing_runs(pdf: Pdf, forbidden: set[str]) -> None:
    """Refuse a key of these, and an action that does something."""
    for item in dictionaries(pdf):
        assert not forbidden & set(item.keys())
        if item.get(Name.Type) == Name.Action or Name.URI in item:
            assert str(item.get(Name.S)) not in FORBIDDEN_ACTIONS


def test_no_transparency_group_without_colour_space(pdf: Pdf) -> None:
    """ISO 19005-3, 6.2.10: blend modes are normal and a transparency group names its colours."""
    for item in dictionaries(pdf):
        assert item.get(Name.BM, Name.Normal) in (Name.Normal, Name.Compatible)
        if item.get(Name.S) == Name.Transparency:
            assert Name.CS in item


def test_tab_order_follows_the_structure(pdf: Pdf) -> None:
    """ISO 14289-1, 7.18.3."""
    annotated = [page for page in pdf.pages if Name.Annots in page]
    assert annotated and all(page.Tabs == Name.S for page in annotated)


def test_annotations_are_printed_and_in_the_structure(pdf: Pdf) -> None:
    """ISO 19005-3, 6.3.2; ISO 14289-1, 7.18.1, 7.18.4, 7.18.5: the ParentTree leads to the OBJR."""
    parents = NumberTree(pdf.Root.StructTreeRoot.ParentTree)
    for page in pdf.pages:
        for annotation in page.get(Name.Annots, []):
            assert int(annotation.F) & 4 and not int(annotation.F) & (1 | 2 | 32)
            element = parents[int(annotation.StructParent)]
            kids = element.K if isinstance(element.K, Array) else [element.K]
            references = [k for k in kids if isinstance(k, Dictionary) and k.get(Name.Type) == Name.OBJR]
            assert any(reference.Obj.objgen == annotation.objgen for reference in references)
            if annotation.Subtype == Name.Widget:
                assert Name.Form == element.S
            else:
                assert element.S in (Name.Link, Name.Reference) and Name.Contents in annotation


def test_each_widget_speaks_and_has_one_appearance(pdf: Pdf) -> None:
    """ISO 14289-1, 7.18.1 (TU); ISO 19005-3, 6.3.3 (AP holds N alone, a stream)."""
    assert len(widgets(pdf)) == 11
    for widget in widgets(pdf):
        assert str(widget.TU).startswith("Signature\u00a0: Qualité ")
        assert set(widget.AP.keys()) == {"/N"} and isinstance(widget.AP.N, Stream)


def test_structure_tree_keys_are_consistent(pdf: Pdf) -> None:
    tree = pdf.Root.StructTreeRoot
    keys = sorted(NumberTree(tree.ParentTree))
    used = [int(d.StructParent) for d in dictionaries(pdf) if Name.StructParent in d]
    used += [int(page.StructParents) for page in pdf.pages if Name.StructParents in page]
    assert len(used) == len(set(used))
    assert set(used) <= set(keys)
    assert int(tree.ParentTreeNextKey) == keys[-1] + 1
    for element in elements(pdf):
        assert Name.P in element


def test_headings_do_not_skip_and_tables_have_header_cells(pdf: Pdf) -> None:
    """ISO 14289-1, 7.4.2 and 7.5."""
    tree = pdf.Root.StructTreeRoot
    roles = {str(k): str(v) for k, v in (tree.RoleMap.items() if Name.RoleMap in tree else [])}
    tags = [roles.get(str(element.S), str(element.S)) for element in elements(pdf)]
    levels = [int(tag[2:]) for tag in tags if tag[:2] == "/H" and tag[2:].isdigit()]
    assert levels and levels[0] == 1
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    assert tags.count("/Table") >= 2
    assert tags.count("/TH") >= 12


def test_every_operator_of_a_page_is_tagged_or_artifact(pdf: Pdf) -> None:
    """ISO 14289-1, 7.1: text is shown inside marked content only."""
    for page in pdf.pages:
        depth = 0
        for instruction in pikepdf.parse_content_stream(page):
            operator = str(instruction.operator)
            if operator in ("BDC", "BMC"):
                depth += 1
            elif operator == "EMC":
                depth -= 1
            elif operator in ("Tj", "TJ"):
                assert depth > 0
        assert depth == 0
