"""Two texts written from one: joined by themselves where they may be, and no word of either side is lost."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.merging import BOTH, MINE, THEIRS, compose, merge, words_changed

WORDS = st.lists(
    st.sampled_from(["police", "maire", "halls", "nuit", "24", ",", ".", "\n", "\n\n", "de", "la", "é"]),
    max_size=30,
)
TEXTS = st.one_of(WORDS.map(" ".join), st.text(alphabet="ab \n.,é’", max_size=40))


def bag(text: str) -> Counter[str]:
    return Counter(re.findall(r"\w+|[^\w\s]", text))


@settings(max_examples=400, deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_no_word_of_either_side_is_lost(base: str, mine: str, theirs: str) -> None:
    passages = merge(base, mine, theirs)
    assert "".join(p.base for p in passages) == base
    assert "".join(p.mine for p in passages) == mine
    assert "".join(p.theirs for p in passages) == theirs
    every = dict.fromkeys((p.key for p in passages if p.is_open), BOTH)
    whole = compose(passages, every)
    assert whole is not None
    # what a side added is there as often as that side added it, when both are kept
    for side in (mine, theirs):
        assert not (bag(side) - bag(base)) - bag(whole)
    for side, choice in ((mine, MINE), (theirs, THEIRS)):
        chosen = compose(passages, dict.fromkeys(every, choice))
        assert chosen is not None
        assert not (bag(side) - bag(base)) - bag(chosen), "nothing of the chosen side is left out"


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_what_one_side_left_alone_is_the_other_s(base: str, other: str) -> None:
    for passages in (merge(base, other, base), merge(base, base, other), merge(base, other, other)):
        assert compose(passages, {}) == other


@settings(max_examples=200, deadline=None)
@given(TEXTS, TEXTS)
def test_the_words_shown_as_changed_make_both_texts(before: str, after: str) -> None:
    pieces = words_changed(before, after)
    assert "".join(p.text for p in pieces if p.kind != "new") == before
    assert "".join(p.text for p in pieces if p.kind != "gone") == after


def test_changes_in_two_places_are_joined_by_themselves() -> None:
    base = "Porter la police à 34 agents. Ouvrir une brigade de nuit."
    mine = "Porter la police municipale à 34 agents. Ouvrir une brigade de nuit."
    theirs = "Porter la police à 34 agents. Ouvrir une brigade de soirée."
    joined = compose(merge(base, mine, theirs), {})
    assert joined == "Porter la police municipale à 34 agents. Ouvrir une brigade de soirée."


def test_the_same_words_changed_twice_are_to_be_chosen() -> None:
    passages = merge("Porter à 34 agents.", "Porter à 38 agents.", "Porter à 40 agents.")
    (one,) = [p for p in passages if p.is_open]
    assert (one.base, one.mine, one.theirs) == ("34", "38", "40")
    assert compose(passages, {}) is None
    assert compose(passages, {"other": MINE}) is None, "a choice made for other words"
    assert compose(passages, {one.key: "neither"}) is None
    for choice, said in ((MINE, "38"), (THEIRS, "40"), (BOTH, "38 40")):
        assert compose(passages, {one.key: choice}) == f"Porter à {said} agents."


@pytest.mark.timeout(20)
def test_the_longest_texts_are_joined_quickly() -> None:
    base = "Un engagement de la commune, suivi chaque mois. " * 400
    assert compose(merge(base, base.replace("mois", "trimestre"), "Avant. " + base), {}) is not None


TABLE = "| Année | Agents |\n| --- | --- |\n| 2027 | 22 |\n| 2028 | 28 |"
ROWS = st.lists(
    st.sampled_from(["| a | b |", "| c | d |", "| - | - |", "- un", "- deux", "  - trois", "1. x", "fin"])
)
TABLES = ROWS.map("\n".join)


@settings(max_examples=300, deadline=None)
@given(TABLES, TABLES, TABLES, st.sampled_from([MINE, THEIRS, BOTH]))
def test_rows_and_points_are_whole_lines_of_one_of_the_texts(
    base: str, mine: str, theirs: str, choice: str
) -> None:
    passages = merge(base, mine, theirs)
    whole = compose(passages, {p.key: choice for p in passages if p.is_open})
    assert whole is not None
    known = {line for text in (base, mine, theirs) for line in text.split("\n")}
    joined = [line for line in whole.split("\n") if line.startswith("|")]
    assert set(joined) <= known, "a row is never run into another"
    for line in whole.split("\n"):
        assert len(re.findall(r"(?:^|\s)(?:-|\d\.)\s+\w", line)) <= 1, "nor a point"


def test_two_rows_added_at_one_place_are_two_rows() -> None:
    passages = merge(TABLE, f"{TABLE}\n| 2029 | 34 |", f"{TABLE}\n| 2030 | 36 |")
    every = dict.fromkeys((p.key for p in passages if p.is_open), BOTH)
    assert compose(passages, every) == f"{TABLE}\n| 2029 | 34 |\n| 2030 | 36 |"
    listed = merge("- un", "- un\n- deux", "- un\n- trois")
    every = dict.fromkeys((p.key for p in listed if p.is_open), BOTH)
    assert compose(listed, every) == "- un\n- deux\n- trois"


def test_two_points_of_one_list_are_joined_word_by_word() -> None:
    base = "- ouvrir une brigade\n- former 22 agents"
    joined = merge(base, base.replace("22", "34"), base.replace("une brigade", "deux brigades"))
    assert compose(joined, {}) == "- ouvrir deux brigades\n- former 34 agents"
