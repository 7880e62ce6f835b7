"""Nothing is printed over anything else, nor off the page, whatever people write."""

from __future__ import annotations

import io
from collections import Counter
from itertools import islice
from typing import Any

import pikepdf
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.canonical import is_structured
from contracts.printed import render
from contracts.printed.typography import printable
from tests.contracts.contents import COMMITMENT, FROZEN_AT, act, content, empowered, signatory
from tests.contracts.layout import UNDRAWN, Box, faults, in_body, runs

Row = dict[str, Any]
MEASURE = COMMITMENT["indicator"]
MARKS = "*|#•–:"  # of a structure: they say what is drawn, and are not drawn
UNIT = "bénéficiaires accompagnés par la médiation sociale"


def said(part: Any) -> str:
    """Return all that people wrote in a content."""
    if isinstance(part, dict):
        skipped = {"code", "kind", "side", "field", "party", "direction", "periodicity"}
        return "".join(said(value) for key, value in part.items() if key not in skipped)
    if isinstance(part, list):
        return "".join(map(said, part))
    return part if isinstance(part, str) and not part.isdigit() else ""


def check(asked: Row, *written: str) -> None:
    """Print a content, and refuse what is drawn wrong or not drawn."""
    result = render(asked, specimen=True, frozen_at=FROZEN_AT)
    drawn = runs(result.pdf)
    boxes: list[Box] = []
    with pikepdf.open(io.BytesIO(result.pdf)) as pdf:
        for number, page in enumerate(pdf.pages, 1):
            for annotation in page.get("/Annots", []):
                if annotation.get("/FT") == "/Sig":
                    left, bottom, right, top = (float(value) for value in annotation.Rect)
                    boxes.append((number, (left, bottom, right, top)))
    assert len(boxes) == len(asked["signatories"])
    assert list(islice(faults(drawn, boxes), 5)) == []
    lost = Counter(UNDRAWN.sub("", printable("".join(written)))) - in_body(drawn)
    marks = MARKS if is_structured(asked) else ""
    assert not {sign: count for sign, count in lost.items() if sign not in marks}


def with_commitment(**changes: Any) -> Row:
    volet = {**content()["volets"][0], "commitments": [{**COMMITMENT, **changes}, COMMITMENT]}
    return content(volets=[volet])


@pytest.mark.parametrize("count", [30, 60, 65, 100])
def test_short_lines_run_over_pages(count: int) -> None:
    text = "\n".join(f"{line} ligne" for line in range(count))
    check(with_commitment(description=text), text)
    volet = {**content()["volets"][0], "text": text}
    check(content(volets=[volet, volet]), text, text)


@pytest.mark.parametrize(
    "indicator",
    [
        {
            "unit": "bénéficiaires accompagnés par la médiation sociale",
            "baseline": "18500",
            "target": "25000",
        },
        {"unit": "agents", "baseline": "999999999999", "target": "999999999999"},
        {"unit": "", "baseline": "999999999999", "target": "999999999999.99"},
        {"unit": "W" * 60, "baseline": "999999999999.99", "target": "999999999999.99"},
        {"unit": "%", "label": "W" * 250},
        {"unit": "😀" * 60, "label": "😀" * 250},
    ],
)
def test_columns_have_the_width_of_what_they_hold(indicator: Row) -> None:
    measure = {**MEASURE, **indicator}
    asked = with_commitment(indicator=measure, budget_eur="999999999999.99", number="W" * 12)
    check(asked, measure["label"], measure["unit"])


@pytest.mark.parametrize("word", ["mot " * 50, "W" * 200, "😀" * 200])
def test_names_of_two_hundred_characters_keep_to_their_place(word: str) -> None:
    people = [
        signatory(order, person=word, capacity=word, organisation=word, side=side)
        for order, side in enumerate(["state", "local", "local"], 1)
    ]
    asked = content(
        signatories=people,
        title=word + word[:50],
        reference=word[:60],
        territory=word[:120],
        communes=[word[:120]] * 60,
        volets=[{**content()["volets"][0], "title": word, "lead": word}],
    )
    check(asked, word * 12)


def test_a_long_row_of_the_recapitulation_breaks() -> None:
    asked = with_commitment(
        title="😀" * 300, lead={"id": 1, "name": "😀" * 200}, contributors=["W" * 200] * 40
    )
    check(asked, "😀" * 600, "W" * 8000)


def test_many_sign_for_a_party() -> None:
    people = [signatory(order, capacity=f"Déléguée numéro {order}" * 4) for order in range(1, 41)]
    check(content(signatories=people), "".join(person["capacity"] for person in people) * 2)


words = st.one_of(
    st.text("aeiourstnlW", min_size=1, max_size=12),
    st.sampled_from(
        ["W" * 300, "m" * 26, "1" * 300, "😀", "é" * 40, "i", "L’", "«", "»", ":", "!", "mot\u00a0" * 50]
        + ["**WWWWWWWWWWWWWWWWWWWWWWWWW**" * 6, "*W*" * 60, "**gras", "fin**"]
    ),
)
lines = st.lists(words, min_size=1, max_size=8).map(" ".join)
starts = st.sampled_from(["", "", "", "- ", "  - ", "• ", "12. ", "  3) ", "## ", "### ", "| a | ", "| "])
marked = st.builds(lambda start, line: f"{start}{line}", starts, lines)


@st.composite
def tables(draw: st.DrawFn) -> str:
    columns = draw(st.integers(1, 12))
    cell = st.one_of(words, words, words.map(lambda word: f"**{word}**a*{word}*"), st.just(""))
    rows = draw(st.lists(st.lists(cell, min_size=columns, max_size=columns), min_size=1, max_size=6))
    rows.insert(1, [draw(st.sampled_from(["-", "-:", ":-:"]))] * columns)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


texts = st.lists(st.one_of(marked, st.just(""), tables()), max_size=40).map("\n".join)
digits = st.decimals(0, 999999999999, places=2).map(lambda value: f"{value.normalize():f}")
short = lines.map(lambda line: line[:200])


@st.composite
def contents(draw: st.DrawFn) -> Row:
    def commitment() -> Row:
        return {
            **COMMITMENT,
            "title": draw(short),
            "description": draw(texts),
            "lead": {"id": 1, "name": draw(short)},
            "owner": draw(st.none() | short),
            "indicator": draw(
                st.none()
                | st.fixed_dictionaries(
                    {
                        "label": short,
                        "unit": short.map(lambda unit: unit[:60]),
                        "baseline": st.none() | digits,
                        "target": digits,
                        "direction": st.just("increase"),
                        "periodicity": st.just("yearly"),
                    }
                )
            ),
            "budget_eur": draw(st.none() | digits),
        }

    volets = [
        {
            "code": "other",
            "order": order,
            "title": draw(short),
            "lead": draw(st.none() | short),
            "text": draw(texts),
            "commitments": [commitment() for _ in range(draw(st.integers(0, 3)))],
        }
        for order in range(1, draw(st.integers(1, 3)) + 1)
    ]
    people = [
        signatory(order, person=draw(short), capacity=draw(short), organisation=draw(short))
        for order in range(1, draw(st.integers(1, 4)) + 1)
    ]
    rest = {"volets": volets, "title": draw(short), "territory": draw(short)[:120]}
    if draw(st.booleans()):
        return content(signatories=people, **rest)
    clauses = [
        {"key": place, "place": place, "heading": draw(short), "text": draw(texts)}
        for place in ("visas", "before", "before", "after", "after")
    ]
    named = [empowered(row, authorised_by=draw(short)) for row in people]
    schema = draw(st.sampled_from([3, 4, 4]))
    return act(schema=schema, signatories=named, clauses=clauses, document_date=None, **rest)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(contents())
def test_anything_that_people_write_is_printed_in_its_place(asked: Row) -> None:
    check(asked, said(asked["volets"]).replace(MEASURE["direction"], ""))


def test_no_line_of_the_annexes_is_alone_on_a_page() -> None:
    """A short list follows its title: whatever comes before it, both are on one page."""
    annexes = [{"kind": "x", "title": f"Annexe numéro {n}", "publishable": True} for n in range(1, 5)]
    for lines in range(28, 46):
        preamble = "\n".join(f"{line} ligne" for line in range(lines))
        asked = content(annexes=annexes, preamble=preamble, volets=[], frameworks=[])
        drawn = runs(render(asked, specimen=False, frozen_at=FROZEN_AT).pdf)
        pages = {run.page for run in drawn if run.page > 2 and "numéro" in run.said.replace(" ", "")}
        assert len(pages) == 1, lines


SIDES = ["state", "local", "judicial", "partner"]
KINDS = ["party", "party", "institutional_cosignatory", "adhering_partner"]


def long_act(word: str, volets: int = 8) -> Row:
    """Return an act of ten commitments a volet and twelve signatories, its texts as long as they may be."""
    figures = {
        **MEASURE,
        "unit": word[:60],
        "label": word[:250],
        "baseline": "999999999999",
        "target": "999999999999.99",
    }
    rows = [
        {
            **COMMITMENT,
            "id": number,
            "number": f"{1 + number // 10}.{1 + number % 10}",
            "title": word[:150],
            "lead": {"id": 1, "name": word[:200]},
            "owner": word[:200],
            "indicator": figures,
            "budget_eur": "999999999999.99",
        }
        for number in range(10 * volets)
    ]
    chapters = [
        {
            **content()["volets"][0],
            "order": place + 1,
            "title": word[:100],
            "commitments": rows[place * 10 : place * 10 + 10],
        }
        for place in range(volets)
    ]
    people = [
        empowered(
            signatory(
                order,
                person=word,
                capacity=word,
                organisation=word,
                side=SIDES[order % 4],
                kind=KINDS[order % 4],
            ),
            authorised_by=word[:200] if order % 3 else "",
        )
        for order in range(1, 13)
    ]
    clauses = [
        {
            "key": f"{place}-{rank}",
            "place": place,
            "heading": word[:200],
            "text": f"{word}\n" * 20 + "court\n" * 60,
        }
        for place in ("visas", "before", "after")
        for rank in range(3)
    ]
    return act(volets=chapters, signatories=people, clauses=clauses)


@pytest.mark.parametrize(("word", "volets"), [("mot " * 75, 8), ("W" * 300, 2), ("😀" * 300, 1)])
def test_an_act_of_eighty_commitments_and_twelve_signatories_keeps_to_its_pages(
    word: str, volets: int
) -> None:
    asked = long_act(word, volets)
    check(asked, word * 180, "".join(row["capacity"] for row in asked["signatories"]))


def test_a_draft_is_laid_out_as_the_contract_is() -> None:
    """All but the mark across the page, which stands behind the text."""
    drawn = runs(render(long_act("mot " * 20, 1), specimen=True, frozen_at=FROZEN_AT, draft=True).pdf)
    assert not list(islice(faults([run for run in drawn if run.said != "PROJET"], []), 5))


HARD = [
    "| " + " | ".join(["W" * 300] * 8) + " |\n" + "| - " * 8 + "|\n| " + " | ".join(["mot " * 75] * 8) + " |",
    "| a | b |\n| - | - |\n" + f"| {'W' * 300} | {'mot ' * 800} |\n" * 3,
    "\n".join(["| a | b |", "|--:|:-:|", *(f"| {n} | **mot**lié*mot* {n} |" for n in range(120))]),
    "| c " * 12 + "|\n" + "| - " * 12 + "|\n" + f"| {'W' * 300} " * 12 + "|",
    "\n".join(f"- point {n}\n  - {'W' * 300}\n  12) dessous" for n in range(40)),
    "\n".join(f"## {'W' * 300}\n### {'mot ' * 40}" for n in range(12)),
    "**" + "W" * 25 + "**" + "*" + "W" * 25 + "*" + "W" * 25,
    "| " + ("**" + "W" * 9 + "**x") * 3 + " | b |\n|-|-|\n" + f"| {'m*m*' * 20} | {'mot ' * 200} |",
]


@pytest.mark.parametrize("text", HARD, ids=lambda text: text[:24])
def test_tables_lists_and_headings_keep_to_their_page(text: str) -> None:
    whole = act(schema=4, preamble=text)
    first = whole["volets"][0]
    first["text"] = first["commitments"][0]["description"] = text
    check(whole, text * 3)
