"""The files for other programs, read back by other libraries: nothing lost, nothing that runs."""

from __future__ import annotations

import copy
import csv
import datetime as dt
import io
import unicodedata
from typing import Any

import openpyxl
import pytest
from docx import Document
from docx.document import Document as Docx
from docx.oxml.ns import qn
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.canonical import Content
from contracts.exports import csv_of, docx_of, xlsx_of
from contracts.exports.letters import legal
from contracts.exports.tables import FORMULA, harmless
from contracts.printed.typography import ZERO_WIDTH_SPACE, printable
from tests.contracts.contents import COMMITMENT, FROZEN_AT, act, content

FORMULAS = [
    "=1+1",
    "+33 6",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1+1",
    "\n=1",
    " =1",
    "\u200b=1",
    "\ufeff=1",
]
HOSTILE = [
    *FORMULAS,
    "é" * 300,
    "[U+0001]\x01\x0b\x1f",
    "\ufffe\uffff",
    "\u202eabc",
    "a\"b;c'd",
    "<&]]>",
    "_x0041_",
]
hostile = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60)


def saying(text: str) -> Content:
    """A contract that says one text everywhere people write one."""
    said = copy.deepcopy(COMMITMENT) | {
        "title": text,
        "description": text,
        "owner": text,
        "contributors": [text],
    }
    said["lead"]["name"] = said["indicator"]["label"] = said["indicator"]["unit"] = text
    whole = act(title=text, preamble=text)
    whole["volets"][0] |= {"title": text, "text": text, "lead": text, "commitments": [said]}
    for clause in whole["clauses"]:
        clause |= {"heading": text, "text": text}
    return whole


def word(whole: Content, *, draft: bool = True) -> Docx:
    return Document(io.BytesIO(docx_of(whole, specimen=True, frozen_at=FROZEN_AT, draft=draft)))


def words_of(file: Docx) -> str:
    """Every text of the body, cells too, in order."""
    return "\n".join(
        "".join(t.text or "" if t.tag == qn("w:t") else "\n" for t in p.iter(qn("w:t"), qn("w:br")))
        for p in file.element.body.iter(qn("w:p"))
    )


def table(whole: Content) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(csv_of(whole).decode("utf-8-sig"), newline=""), delimiter=";"))


def sheet(whole: Content) -> Any:
    return openpyxl.load_workbook(io.BytesIO(xlsx_of(whole))).active


def flat(text: str) -> str:
    """A text without its spaces, which French typography and paragraphs settle."""
    return "".join(text.replace(ZERO_WIDTH_SPACE, "").split())


def test_a_word_file_says_what_the_print_says_under_real_headings() -> None:
    file = word(act())
    headings = [(p.style.name, p.text) for p in file.paragraphs if p.style and "Heading" in str(p.style.name)]
    assert ("Heading 2", "Article 1er\u00a0– Objet") in headings
    assert ("Heading 1", "Volet 1. Sécurité intérieure") in headings
    assert ("Heading 2", "1.1 Porter la police municipale de 22 à 34 agents") in headings
    text = words_of(file)
    for said in (
        "Le texte du volet.",
        "Brigade de soirée",
        "Pas plus.",
        "Préfecture de l’Orme",
        "34\u00a0agents",
    ):
        assert said in text
    assert "1\u202f150\u202f000\u00a0€" in text
    assert "Diagnostic partagé" in text
    assert "Plan des caméras (non communicable)" in text
    assert "M. Karim Delestrange" in text


def test_a_word_file_says_what_it_is() -> None:
    draft, frozen = word(act()), word(act(), draft=False)
    assert draft.core_properties.title.startswith("PROJET")
    assert draft.paragraphs[0].text == "PROJET"
    assert "PROJET du 23\u00a0novembre 2026" in draft.sections[0].footer.paragraphs[0].text
    assert "PROJET" not in frozen.core_properties.title + words_of(frozen)
    assert "seul le PDF" in frozen.sections[0].footer.paragraphs[0].text
    for file in (draft, frozen):
        assert file.core_properties.language == "fr-FR"
        assert {e.get(qn("w:val")) for e in file.styles.element.iter(qn("w:lang"))} == {"fr-FR"}
        fields = {e.get(qn("w:instr")) for e in file.sections[0].footer._element.iter(qn("w:fldSimple"))}
        assert fields == {"PAGE", "NUMPAGES"}
        assert file.tables
        assert all(len(list(t._tbl.tr_lst[0].iter(qn("w:tblHeader")))) == 1 for t in file.tables)


@pytest.mark.parametrize("schema", [1, 3, 4])
def test_every_schema_is_written(schema: int) -> None:
    whole = content() if schema == 1 else act()
    assert "Un contrat court." in words_of(word(whole))
    empty = {**whole, "volets": [], "annexes": [], "frameworks": [], "preamble": "", "signatories": []}
    assert "Volet" not in words_of(word(empty))
    assert table(empty) == []
    assert sheet(empty).max_row == 1


def test_tables_hold_numbers_days_and_texts() -> None:
    row = table(act())[0]
    assert (row["N°"], row["Échéance"], row["Budget (€)"]) == ("1.1", "2028-09-01", "1150000")
    assert row["Description"] == COMMITMENT["description"]
    page = sheet(act())
    names = {cell.value: cell.column - 1 for cell in page[1]}
    cells = page[2]
    assert (cells[names["N°"]].value, cells[names["N°"]].data_type) == ("1.1", "s"), "never a day of January"
    assert cells[names["Budget (€)"]].value == 1_150_000
    assert cells[names["Échéance"]].value == dt.datetime.fromisoformat("2028-09-01")
    assert page.freeze_panes == "A2"
    assert page.column_dimensions["D"].width > 50


@pytest.mark.parametrize("due", ["0026-09-01", "9999-12-31", None])
@pytest.mark.parametrize("figure", ["-12.5", "999999999999.99", "99999999999999.9999", None])
def test_a_number_or_a_day_too_large_for_a_sheet_stays_exact(due: str | None, figure: str | None) -> None:
    whole = act()
    whole["volets"][0]["commitments"][0] |= {"due_date": due, "budget_eur": figure}
    comma = (figure or "").replace(".", ",")
    assert (table(whole)[0]["Échéance"], table(whole)[0]["Budget (€)"]) == (due or "", comma)
    day, number = (sheet(whole).cell(2, column).value for column in (15, 16))
    assert number is None if figure is None else number in (float(figure), comma)
    assert str(day or "")[:10] == (due or "")


@pytest.mark.parametrize("text", FORMULAS)
def test_no_text_is_a_formula(text: str) -> None:
    row, page = table(saying(text))[0], sheet(saying(text))
    for name in ("Engagement", "Description", "Organisation responsable", "Contributeurs", "Unité"):
        assert row[name].startswith("'"), name
    assert {cell.data_type for cell in page[2]} <= {"s", "n", "d"}
    assert page.cell(2, 3).value.strip() == legal(text).strip()


@pytest.mark.parametrize("text", ["%", "oui/non", "ETP", "", "’", "a=b"])
def test_what_is_no_formula_is_left_as_it_is(text: str) -> None:
    assert harmless(text) == text


def found_everywhere(text: str) -> None:
    whole = saying(text)
    row = table(whole)[0]
    for name in ("Volet", "Engagement", "Description", "Responsable", "Indicateur", "Unité"):
        assert row[name] in (legal(text), f"'{legal(text)}"), name
        assert not row[name].startswith(FORMULA)
    written = legal(text)
    if written.strip():
        kept = sheet(whole).cell(2, 3)
        assert kept.data_type == "s"
        assert unescaped(kept.value) == unescaped(written)
    named = flat(legal(printable(text)))
    said = flat(words_of(word(whole)))
    assert said.count(named) >= 10 or not named


def unescaped(text: str) -> str:
    """What a spreadsheet shows of a cell (ISO/IEC 29500-1, ST_Xstring)."""
    return str(openpyxl.utils.escape.unescape(text))


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_all_found(text: str) -> None:
    found_everywhere(text)


@settings(max_examples=30, deadline=None)
@given(hostile)
def test_any_text_is_found(text: str) -> None:
    found_everywhere(unicodedata.normalize("NFC", text))


def test_what_a_file_of_xml_cannot_hold_is_named() -> None:
    text = "a\x01\x0b\ufffe\r\nb"
    named = "a[U+0001][U+000B][U+FFFE]\nb"
    assert legal(text) == named
    whole = saying(text)
    assert table(whole)[0]["Description"] == named
    assert sheet(whole).cell(2, 4).value == named
    assert named.replace("\n", "") in words_of(word(whole)).replace("\n", "")


def test_a_structure_is_that_of_the_word_processor() -> None:
    text = "Du **gras** et *italique*.\n- un\n  - dessous\n3. trois\n## Titre\n"
    text += "| A | B |\n|---|--:|\n| x | **2** |"
    whole = act(schema=4, preamble=text)
    whole["volets"][0]["commitments"][0]["description"] = text
    file = word(whole)
    named = [(p.style.name, p.text) for p in file.paragraphs if p.style is not None]
    assert [style for style, said in named if said == "Titre"] == ["Heading 2", "Heading 3"]
    assert named.count(("List Bullet", "un")) == named.count(("List Bullet 2", "dessous")) == 2
    assert named.count(("List", "3.\ttrois")) == 2
    first = next(p for p in file.paragraphs if p.text == "Du gras et italique.")
    assert [(run.text, bool(run.bold), bool(run.italic)) for run in first.runs] == [
        ("Du ", False, False),
        ("gras", True, False),
        (" et ", False, False),
        ("italique", False, True),
        (".", False, False),
    ]
    tables = [t for t in file.tables if t.cell(0, 0).text == "A"]
    assert len(tables) == 2 and tables[0].cell(1, 1).text == "2"
    assert tables[0].rows[0]._tr.xpath("w:trPr/w:tblHeader"), "its headings come again on each page"


@pytest.mark.timeout(60)
def test_the_largest_table_is_exported_in_time() -> None:
    word(act(schema=4, preamble="| a | b |\n|---|---|\n" + "| x |\n" * 3000))
