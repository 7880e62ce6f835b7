"""Nothing of a document is lost on the way in, and what we export comes back as it was."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.exports import docx_of
from contracts.imports import Kind, Line
from contracts.imports.reading import read
from tests.contracts.contents import COMMITMENT, FROZEN_AT, act, content
from tests.contracts.documents import BULLETED, COUNTED, docx, p, tbl, tc
from tests.contracts.test_imports import KNOWN, lines

# --- what we export comes back --------------------------------------------------------------


def exported(said: dict[str, Any]) -> list[Line]:
    return read(docx_of(said, specimen=True, frozen_at=FROZEN_AT, draft=True), volets=KNOWN).lines


def test_an_export_comes_back_with_the_same_volets_and_commitments() -> None:
    """By the limited process itself."""
    said = act()
    found = exported(said)
    assert [line.title for line in found if line.kind == Kind.VOLET] == [v["title"] for v in said["volets"]]
    wanted = [commitment for volet in said["volets"] for commitment in volet["commitments"]]
    got = [line for line in found if line.kind == Kind.COMMITMENT]
    assert [line.title for line in got] == [one["title"] for one in wanted]
    for line, one in zip(got, wanted, strict=True):
        measured = one["indicator"] or {}
        assert line.text == one["description"]
        assert line.facts["lead"] == one["lead"]["name"]
        assert line.facts.get("owner", "") == (one["owner"] or "")
        assert line.facts.get("contributors", "") == " ; ".join(one["contributors"])
        assert line.facts.get("indicator", "") == measured.get("label", "")
        assert line.facts.get("target", "") == (measured.get("target") or "")
        assert line.facts.get("baseline", "") == (measured.get("baseline") or "")
        assert line.facts.get("direction", "") == measured.get("direction", "")
        assert line.facts.get("periodicity", "") == measured.get("periodicity", "")
        assert line.facts.get("due_date", "") == (one["due_date"] or "")
        assert line.facts.get("budget_eur", "") == (one["budget_eur"] or "")
        assert line.facts["party"] == one["party"]


words = st.text("abcdeéèêçàùœæ", min_size=1, max_size=9)
phrase = st.lists(words, min_size=1, max_size=5).map(" ".join)


@given(
    titles=st.lists(phrase, min_size=1, max_size=4, unique=True),
    count=st.integers(0, 3),
    said=phrase,
)
@settings(max_examples=8, deadline=None)
def test_any_export_comes_back(titles: list[str], count: int, said: str) -> None:
    volets = [
        {
            **content()["volets"][0],
            "order": place,
            "title": title,
            "text": said,
            "commitments": [
                {**COMMITMENT, "number": f"{place}.{n}", "title": f"{title} {n}", "description": said}
                for n in range(1, count + 1)
            ],
        }
        for place, title in enumerate(titles, start=1)
    ]
    file = docx_of(content(volets=volets), specimen=False, frozen_at=FROZEN_AT, draft=False)
    found = lines(file)
    assert [line.title for line in found if line.kind == Kind.VOLET] == titles
    assert [(c.title, c.text) for c in found if c.kind == Kind.COMMITMENT] == [
        (f"{title} {n}", said) for title in titles for n in range(1, count + 1)
    ]


# --- nothing is lost ------------------------------------------------------------------------

starts = st.sampled_from(
    [
        "",
        "",
        "Volet 1 – ",
        "Axe 2 : ",
        "1.1 ",
        "Action n° 3 : ",
        "3. ",
        "Pilote : ",
        "Budget : ",
        "Article 2 ",
    ]
)
paragraph = st.builds(
    lambda start, text, style, listed: p(start + text, style, listed=listed),
    starts,
    phrase,
    st.sampled_from(["", "", "Titre", "Titre1", "Titre2", "TM1"]),
    st.sampled_from([0, 0, COUNTED, BULLETED]),
)
headings = ["Engagement", "Pilote", "Échéance", "Budget", "N°", "Volet", "Autre", "Description", "Cible"]
cell = st.builds(
    lambda text, span, merge: tc(text, span=span, merge=merge),
    phrase,
    st.sampled_from([0, 0, 2]),
    st.sampled_from(["", "", "restart"]),
)
table = st.builds(
    lambda head, rows: tbl(head, *rows),
    st.lists(st.sampled_from(headings), min_size=1, max_size=5),
    st.lists(st.lists(cell, min_size=1, max_size=5), max_size=4),
)


@given(st.lists(st.one_of(paragraph, paragraph, table), min_size=1, max_size=12))
@settings(max_examples=120, deadline=None)
def test_no_word_of_a_document_is_lost(blocks: list[str]) -> None:
    """But the labels that a field now says in their place, every word is in a line, understood or left."""
    file = docx(*blocks)
    said = [[line.number, line.title, line.text, *line.facts.values()] for line in lines(file)]
    kept = set(re.findall(r"\w+", " ".join(text for texts in said for text in texts)))
    labels = set(re.findall(r"\w+", " ".join(headings)))
    written = set(re.findall(r"\w+", " ".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", "".join(blocks)))))
    assert written - kept <= labels
