"""French dates, numbers, amounts and spaces."""

from __future__ import annotations

import pytest

from contracts.printed.typography import (
    ZERO_WIDTH_SPACE,
    date,
    euros,
    number,
    paragraphs,
    printable,
    quantity,
    short_date,
)
from stakeholders.letters import unprintable


@pytest.mark.parametrize(
    ("iso", "words", "figures"),
    [
        ("2028-09-01", "1er\u00a0septembre 2028", "01/09/2028"),
        ("2027-02-12", "12\u00a0février 2027", "12/02/2027"),
        ("2026-08-31", "31\u00a0août 2026", "31/08/2026"),
        (None, "", ""),
    ],
)
def test_dates(iso: str | None, words: str, figures: str) -> None:
    assert date(iso) == words
    assert short_date(iso) == figures


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1150000", "1\u202f150\u202f000"),
        ("12.5", "12,5"),
        ("-3.9", "-3,9"),
        ("0", "0"),
        ("999", "999"),
        (None, "–"),
    ],
)
def test_numbers(value: str | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1150000", "1\u202f150\u202f000\u00a0€"),
        ("12.5", "12,50\u00a0€"),
        ("99999999999999.99", "99\u202f999\u202f999\u202f999\u202f999,99\u00a0€"),
        (None, "–"),
    ],
)
def test_amounts(value: str | None, text: str) -> None:
    assert euros(value) == text


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("106", "agents", "106\u00a0agents"),
        ("40", "%", "40\u00a0%"),
        ("1", "oui/non", "oui"),
        ("0", "oui/non", "non"),
        ("2", "", "2"),
        (None, "agents", "–"),
    ],
)
def test_quantities(value: str | None, unit: str, text: str) -> None:
    assert quantity(value, unit) == text


def test_punctuation_stays_with_its_word() -> None:
    assert printable("Quoi : « oui » ; 40 % ?") == "Quoi\u00a0: «\u00a0oui\u00a0»\u00a0; 40\u00a0%\u00a0?"


def test_accents_are_composed_and_unknown_characters_named() -> None:
    assert printable("e\u0301te\u0301") == "été"
    assert unprintable("e\u0301te\u0301\r\n\t") == set()
    assert unprintable("a😀\u202e") == {"😀", "\u202e"}
    assert printable("a😀") == "a[U+1F600]"


def test_only_endless_words_may_break() -> None:
    assert ZERO_WIDTH_SPACE not in printable("anticonstitutionnellement")
    assert printable("x" * 40).replace(ZERO_WIDTH_SPACE, "") == "x" * 40
    assert ZERO_WIDTH_SPACE in printable("x" * 40)


def test_paragraphs_end_at_blank_lines() -> None:
    assert paragraphs("un\r\ndeux\r\n \t\r\n\n\ntrois\n") == [["un", "deux"], ["trois"]]
    assert paragraphs(" \n \n") == []
