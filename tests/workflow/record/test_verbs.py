"""The registry of verbs: what is written has its row, each row is written and reads in both languages."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.utils import translation

from tests.cast import Cast
from tests.config.test_house import ROOT, ours
from workflow.accounts import mails as accounts_mails
from workflow.accounts import receivers as accounts_receivers
from workflow.powers import receivers as powers_receivers
from workflow.record import events, journal, verbs
from workflow.record.models import Event, JournalEntry
from workflow.record.verbs import VERBS, VerbRefused, sentence_of

# What writes a verb, here or through another of these; a signal carries it as verb=.
WRITERS = {"record", "publish", "tell", "_record", "_tell", "credentials_changed"}


def called(call: ast.Call) -> str:
    """Return the last name of what is called."""
    return ast.unparse(call.func).rpartition(".")[2]


def strings(expression: ast.expr) -> Iterator[str]:
    """Yield the strings that an expression may be; a verb made of pieces could not be found."""
    match expression:
        case ast.Constant(value=str(said)):
            yield said
        case ast.IfExp(body=one, orelse=other):
            yield from (*strings(one), *strings(other))
        case ast.Set(elts=items) | ast.Tuple(elts=items) | ast.List(elts=items):
            for item in items:
                yield from strings(item)
        case ast.JoinedStr() | ast.BinOp():
            raise AssertionError(f"line {expression.lineno}: write the verb whole")


def written_and_read() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Return the verbs that the code writes, and those that it compares or looks for, with the files."""
    written: dict[str, set[str]] = defaultdict(set)
    read: dict[str, set[str]] = defaultdict(set)
    for name, module in ours().items():
        if not name.startswith(("workflow/", "stakeholders/")):
            continue
        for node in ast.walk(module):
            if isinstance(node, ast.Call):
                if called(node) in WRITERS:
                    for verb in (verb for argument in node.args for verb in strings(argument)):
                        written[verb].add(name)
                for keyword in node.keywords:
                    if keyword.arg in {"verb", "verb__in"}:
                        target = written if called(node) in {*WRITERS, "send"} else read
                        for verb in strings(keyword.value):
                            target[verb].add(name)
            elif isinstance(node, ast.Compare) and ast.unparse(node.left) in {"verb", "message['kind']"}:
                for verb in (verb for side in node.comparators for verb in strings(side)):
                    read[verb].add(name)
    return written, read


def test_each_verb_has_one_row_and_each_row_is_written() -> None:
    written, read = written_and_read()
    assert {verb: files for verb, files in written.items() if verb not in VERBS} == {}, "a row is missing"
    assert {verb: files for verb, files in read.items() if verb not in VERBS} == {}, "it is never written"
    assert VERBS.keys() - written.keys() == set(), "nothing writes it"
    assert len(VERBS) == len(verbs._ROWS), "two rows"
    longest = Event._meta.get_field("kind").max_length
    assert longest is not None
    assert max(map(len, VERBS)) <= longest


def test_what_follows_some_verbs_follows_verbs_that_exist() -> None:
    named = accounts_receivers.VOIDING | powers_receivers.LOSSES | accounts_mails._WORDS.keys()
    assert named <= VERBS.keys()


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_reads_as_a_sentence_in_both_languages(verb: str) -> None:
    wanted = re.findall(r"%\((\w+)\)s", str(VERBS[verb].sentence))
    payload = {"value": "favourable"} if "opinion" in wanted else {word: f"[{word}]" for word in wanted}
    payload["organisation"] = "Ville"
    with translation.override("fr"):
        french = sentence_of(verb, payload)
    with translation.override("en"):
        english = sentence_of(verb, payload)
    for text in (french, english):
        assert text.endswith((".", "[message]"))
        assert "%" not in text
        assert verb not in text
    assert french != english


def test_a_verb_without_a_row_is_neither_journaled_nor_published(players: Cast) -> None:
    before = JournalEntry.objects.count(), Event.objects.count()
    with pytest.raises(VerbRefused, match="no row"), transaction.atomic():
        journal.record("anything", contract=None, actor=None)
    with pytest.raises(VerbRefused, match="no row"), transaction.atomic():
        events.publish("anything", players.contract)
    assert (JournalEntry.objects.count(), Event.objects.count()) == before


def test_what_could_not_be_read_is_not_written(players: Cast) -> None:
    """A row of the journal is never changed: its page would fail for ever."""
    with pytest.raises(VerbRefused, match="'opinion_given' wants 'opinion'"), transaction.atomic():
        journal.record("opinion_given", contract=None, actor=None, payload={"organisation": "x"})
    with pytest.raises(VerbRefused, match="'draft_changed' wants 'organisation'"), transaction.atomic():
        events.publish("draft_changed", players.contract)


def test_no_script_holds_a_list_of_verbs() -> None:
    scripts = {path.name: path.read_text() for path in (ROOT / "config/static/contreseing").glob("*.js")}
    assert {name for name, text in scripts.items() if any(verb in text for verb in VERBS)} == set()
