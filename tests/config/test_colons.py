"""A colon between two things is translated: French has a no-break space before it, English none."""

from __future__ import annotations

import ast
import re

from tests.config.test_house import ours, templates

WORDS_ASIDE = re.compile(
    r"\{% (?P<of>blocktranslate|comment)\b.*?\{% end(?P=of) %\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>",
    re.DOTALL,
)
BY_HAND = re.compile(r"[ \u00a0]:(?!\w)")
# mails are French; so are a command's lines, and what a document brings to the text of a contract
FRENCH = re.compile(r"^config/|/management/|/migrations/|/imports/|/import_\w+\.py$|/mails\.py$")


def by_hand(module: ast.Module) -> bool:
    """Whether an f-string puts a colon between two values; what a row is called (``__str__``) aside."""
    aside = {
        node
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef) and function.name == "__str__"
        for node in ast.walk(function)
    }
    return any(
        isinstance(part, ast.Constant) and re.fullmatch(r"[ \u00a0]+:[ \u00a0]*", str(part.value))
        for node in ast.walk(module)
        if isinstance(node, ast.JoinedStr) and node not in aside
        for part in node.values[1:-1]
    )


def test_no_template_writes_a_colon_by_hand() -> None:
    pages = {name: path.read_text() for name, path in templates().items() if "/mail/" not in name}
    found = {name for name, page in pages.items() if BY_HAND.search(WORDS_ASIDE.sub("", page))}
    assert found == set()


def test_no_sentence_is_joined_by_a_colon_written_by_hand() -> None:
    found = {name for name, module in ours().items() if not FRENCH.search(name) and by_hand(module)}
    assert found == set()


def test_one_that_is_written_by_hand_is_found() -> None:
    for page in ("<b>{{ a }}</b>\u00a0: {{ b }}", "{% if a %} : {{ a }}{% endif %}", "{{ a }}\u00a0:\n"):
        assert BY_HAND.search(WORDS_ASIDE.sub("", page)), page
    for page in (
        '{{ a }}{% translate "\u00a0: " %}{{ b }}',
        "{% blocktranslate %}a\u00a0: b{% endblocktranslate %}",
    ):
        assert not BY_HAND.search(WORDS_ASIDE.sub("", page)), page
    assert by_hand(ast.parse('f"{a}\u00a0: {b}"'))
    assert not by_hand(ast.parse("f\"{a}{_('\u00a0: ')}{b}\""))
