"""A long text has the structure that its author typed, and no other; no word of it is lost, ever."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import kinds
from contracts.structure import (
    MOST_COLUMNS,
    Block,
    Heading,
    Item,
    Line,
    Listing,
    Paragraph,
    Run,
    Table,
    as_html,
    has_wide_table,
    structure,
)
from contracts.structure.blocks import plain
from stakeholders import letters

WORD = [
    "police",
    "maire",
    "**gras**",
    "*italique*",
    "a*b",
    "_",
    "5 * 3",
    "é",
    "12",
    "\\*",
    "<b>",
    "\u202e",
    "&",
]
HEADS = [
    "",
    "- ",
    "• ",
    "– ",
    "  - ",
    "\t• ",
    "      • ",
    "1. ",
    "  12) ",
    "## ",
    "### ",
    "# ",
    "* ",
    "+ ",
    "> ",
    "| ",
]
LINES = st.builds(
    lambda head, words, end: head + " ".join(words) + end,
    st.sampled_from(HEADS),
    st.lists(st.sampled_from(WORD), max_size=6),
    st.sampled_from(["", "", " |", "\r", " | x |"]),
)
TABLES = st.sampled_from(["| a | b |\n| --- | :-: |\n| 1 | 2 | 3 |\n| 4 |", "|a|\n|-|", "|---|\n|---|"])
TEXTS = st.one_of(
    st.lists(st.one_of(LINES, st.just(""), TABLES), max_size=25).map("\n".join),
    st.text(max_size=60),
    st.text("*_|-#•>\\ \n\t1.a", max_size=80),
)
PLAIN = [
    "Une ligne.\nUne autre.\n\nUn paragraphe.",
    "* Agents titulaires\n# 3 de la liste\n+ un\n> cité\n> encore",
    "5 * 3 * 2 = 30 ; les agents* et policiers*, a_b_c, __init__ et ~~non~~ `code`",
    "-sans espace\n1.sans espace\n2027. Une année\n##sans espace\n#### trop",
    "a | b\n--- | ---\n1 | 2",
    "| une ligne entre barres |\n| et une autre |",
    "[lien](https://exemple.fr) <https://exemple.fr> https://exemple.fr ![image](x.png) <b>non</b> &amp;",
    "===\n---\n***\n    quatre espaces\n```\ncode\n```",
    "L’article L. 2212-2 du CGCT – et non – le 12) suivant. n° 3",
]


def lines_of(blocks: tuple[Block, ...]) -> Iterator[Line]:
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from block.lines
        elif isinstance(block, Heading):
            yield block.line
        elif isinstance(block, Listing):
            for item in block.items:
                yield (Run(item.number),)
                yield from item.lines
                yield from lines_of(item.below)
        else:
            yield from block.head
            for row in block.rows:
                yield from row


def letters_of(text: str) -> str:
    return "".join(re.findall(r"[^\W_]", text))


def depth(block: Any) -> int:
    return 1 + max((depth(below) for item in block.items for below in item.below), default=0)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_no_letter_is_lost_nor_moved_and_nothing_is_deeper_than_allowed(text: str) -> None:
    blocks = structure(text)
    said = "".join(plain(line) for line in lines_of(blocks))
    typed = re.sub(r"^[ \t]*[o§·](?=\t[ \t\u00a0]*\S)", "", text, flags=re.MULTILINE)  # bullets of Word
    assert letters_of(said) == letters_of(typed)
    headings = [block.level for block in blocks if isinstance(block, Heading)]
    assert headings[:1] in ([], [1]) and set(headings) <= {1, 2}
    for block in blocks:
        if isinstance(block, Listing):
            assert depth(block) <= 2
        if isinstance(block, Table):
            assert 1 <= len(block.sides) <= MOST_COLUMNS
            assert {len(row) for row in [block.head, *block.rows]} == {len(block.sides)}


@pytest.mark.parametrize("text", PLAIN)
def test_what_only_looks_like_a_mark_stays_as_it_is(text: str) -> None:
    blocks = structure(text)
    assert all(isinstance(block, Paragraph) for block in blocks)
    kept = [line.strip() for line in text.split("\n") if line.strip()]
    assert [plain(line) for line in lines_of(blocks)] == kept
    assert not any(run.bold or run.italic for line in lines_of(blocks) for run in line)


@pytest.mark.parametrize("code", list(kinds.kinds()))
def test_the_clauses_of_each_kind_are_paragraphs_as_before(code: str) -> None:
    for clause in kinds.kind(code).clauses:
        assert all(isinstance(block, Paragraph) for block in structure(clause.text)), clause.code


def test_a_list_pasted_from_word_is_one() -> None:
    pasted = "Les actions :\n\uf0b7\tune\n•\tdeux\no\tdessous\n§\tplus bas\n–\ttrois\nEnfin, le reste."
    before, listed, after = structure(letters.plain(pasted))
    assert isinstance(listed, Listing)
    assert [plain(item.lines[0]) for item in listed.items] == ["une", "deux", "trois"]
    (below,) = listed.items[1].below
    assert [plain(item.lines[0]) for item in below.items] == ["dessous", "plus bas"]
    assert isinstance(after, Paragraph) and isinstance(before, Paragraph), (
        "the line after a list is not of it"
    )


def test_numbers_are_those_that_were_typed() -> None:
    (listed,) = structure("3. trois\n\n7. sept\n   suite\n  - dessous\n    suite")
    assert isinstance(listed, Listing) and listed.is_ordered
    assert [item.number for item in listed.items] == ["3.", "7."]
    assert [plain(line) for line in listed.items[1].lines] == ["sept", "suite"]
    below = listed.items[1].below[0]
    assert [plain(line) for line in below.items[0].lines] == ["dessous", "suite"]
    assert not below.is_ordered
    assert [type(block) for block in structure("1. a\n- b\n1) c")] == [Listing] * 3


def test_headings_begin_at_the_first_level() -> None:
    blocks = structure("### a\n### b\n## c\nTexte\n## *d*")
    assert [block.level for block in blocks if isinstance(block, Heading)] == [1, 2, 1, 1]


def test_bold_and_italic_end_with_their_line() -> None:
    (block,) = structure("**gras** *italique* ***deux*** **non\nfermé**\n\\**rien\\**")
    assert isinstance(block, Paragraph)
    assert block.lines[0] == (
        Run("gras", bold=True),
        Run(" "),
        Run("italique", italic=True),
        Run(" "),
        Run("deux", bold=True, italic=True),
        Run(" **non"),
    )
    assert plain(block.lines[1]) == "fermé**"
    assert plain(block.lines[2]).startswith("*")


def test_a_table_keeps_every_cell() -> None:
    table, after = structure("| A | B |\n|:--|--:|\n| 1 | 2 | 3 |\n| x \\| y |\nAprès")
    assert isinstance(table, Table) and isinstance(after, Paragraph)
    assert table.sides == ("left", "right")
    assert [[plain(cell) for cell in row] for row in table.rows] == [["1", "2 | 3"], ["x | y", ""]]


def test_a_table_of_twelve_columns_stays_lines_and_it_is_said() -> None:
    wide = "| c " * 12 + "|\n" + "| - " * 12 + "|\n" + "| v " * 12 + "|"
    (block,) = structure(wide)
    assert isinstance(block, Paragraph) and len(block.lines) == 3
    assert has_wide_table(wide)
    assert not has_wide_table("| a | b |\n| - | - |\n| c |")


HOSTILE = [
    "*" * 100_000,
    "**a " * 25_000,
    ("*a **b " * 60 + "\n") * 230,
    "|" * 100_000,
    ("|" * 50 + "\n") * 2_000,
    "|a" * 8 + "|\n" + "|-" * 8 + "|\n" + "|a*b*\n" * 15_000,
    ">" * 100_000,
    "- " * 50_000,
    "  - a\n" * 16_000,
    "\\" * 100_000,
    " " * 100_000 + "x",
    "1. " * 30_000,
    "#" * 100_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: repr(text[:8]))
def test_a_hostile_text_takes_no_more_than_its_length(text: str) -> None:
    began = time.process_time()
    as_html(structure(text), 2)
    assert time.process_time() - began < 6, "seconds for 100,000 characters; a field holds 20,000"


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_its_html_says_the_same_and_holds_no_tag_but_ours(text: str) -> None:
    page = BeautifulSoup(str(as_html(structure(text), 3)), "html.parser")
    allowed = {
        "p",
        "br",
        "h4",
        "h5",
        "ul",
        "ol",
        "li",
        "span",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
    }
    assert {tag.name for tag in page.find_all()} <= allowed | {"strong", "em"}
    assert {name for tag in page.find_all() for name in tag.attrs} <= {"class", "scope", "tabindex"}
    said = "".join(plain(line) for line in lines_of(structure(text)))
    assert letters_of(page.get_text()) == letters_of(said)


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "\u202e&lt;b&gt;",
        '"><svg onload=alert(1)>',
        "{{ x }}{% csrf_token %}",
    ],
)
def test_what_is_typed_is_shown_as_letters_everywhere(payload: str) -> None:
    text = f"{payload}\n- {payload}\n1. **{payload}**\n## {payload}\n| {payload} |\n|---|\n| *{payload}* |"
    html = str(as_html(structure(text), 2))
    page = BeautifulSoup(html, "html.parser")
    assert page.get_text().count(payload) == 6
    assert not page.find_all(["script", "img", "svg", "b"])


def test_an_item_is_a_value() -> None:
    assert structure("- a") == (Listing(False, (Item("", ((Run("a"),),)),)),)
