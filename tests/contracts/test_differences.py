"""What changed between two texts, said by commitment, from the canonical data."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contracts.differences import Structured, differences
from tests.contracts.contents import COMMITMENT, act, content
from workflow.templatetags.long_texts import told

CITY = COMMITMENT["lead"]["name"]


def texts(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a content, and the same with its first commitment changed."""
    before = content()
    after = copy.deepcopy(before)
    first = next(volet for volet in after["volets"] if volet["commitments"])
    first["commitments"][0] |= changes
    return before, after


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"due_date": "2029-01-31"}, ("Échéance", "1er\u00a0septembre 2028", "31\u00a0janvier 2029")),
        ({"description": "Autrement."}, ("Description", COMMITMENT["description"], "Autrement.")),
        ({"budget_eur": None}, ("Budget", "1\u202f150\u202f000\u00a0€", "")),
        (
            {"lead": {"id": 8, "name": "Autre"}},
            ("Organisation responsable", COMMITMENT["lead"]["name"], "Autre"),
        ),
        ({"indicator": None}, ("Cible", "34 agents", "")),
        ({"contributors": []}, ("Contributeurs", "Préfecture de l’Orme", "")),
        ({"publishable": False}, ("Communicable au public", "oui", "non")),
        ({"party": "shared"}, ("Partie", "Commune", "Engagement partagé")),
    ],
)
def test_each_change_of_a_commitment_is_said_with_before_and_after(
    changes: dict[str, Any], said: tuple[str, str, str]
) -> None:
    (found,) = differences(*texts(**changes))
    assert found.kind == "changed"
    assert found.title == f"{COMMITMENT['number']} {COMMITMENT['title']}"
    assert said in found.changes
    assert COMMITMENT["lead"]["id"] in found.leads
    assert ("lead" in changes) == (8 in found.leads)


def test_every_key_of_a_commitment_has_words() -> None:
    """A key that no line speaks of would make a change that is not said."""
    others: dict[str, Any] = {
        "lead": {"id": 8, "name": "Autre"},
        "indicator": None,
        "publishable": False,
        "party": "state",
        "contributors": ["Autre"],
        "budget_eur": "1",
        "due_date": "2030-01-01",
    }
    for key in COMMITMENT.keys() - {"id"}:
        (found,) = differences(*texts(**{key: others.get(key, f"{COMMITMENT[key]} bis")}))
        assert found.changes, key


def test_what_comes_what_goes_and_the_rest_of_the_text() -> None:
    before, after = texts()
    assert differences(before, after) == []
    volet = next(volet for volet in after["volets"] if volet["commitments"])
    gone = volet["commitments"].pop(0)
    volet["commitments"].append({**gone, "id": 99, "number": "9.9"})
    after["preamble"] = "Un autre préambule."
    kinds = [(found.kind, found.title) for found in differences(before, after)]
    assert kinds == [
        ("added", f"9.9 {gone['title']}"),
        ("removed", f"{gone['number']} {gone['title']}"),
        ("changed", "Préambule"),
    ]


def test_every_part_of_a_text_has_words() -> None:
    for key in content().keys() - {"schema", "volets"}:
        before, after = texts()
        after[key] = {**after[key], "rule": "autre"} if isinstance(after[key], dict) else "autre"
        if key == "signatories":
            after[key] = [{**before[key][0], "capacity": "autre"}]
        if key == "annexes":
            after[key] = [{**before[key][0], "title": "autre"}]
        assert [found.kind for found in differences(before, after)] == ["changed"], key


def test_clauses_are_told_one_by_one_and_nothing_of_a_text_that_had_none() -> None:
    before, after = act(), act()
    after["clauses"][1] = {**after["clauses"][1], "text": "Un autre objet."}
    after["clauses"][3:] = [{"key": "own-2", "place": "after", "heading": "Neuve", "text": "Neuf."}]
    found = differences(before, after)
    assert [(one.kind, one.title) for one in found] == [
        ("changed", "Objet"),
        ("added", "Neuve"),
        ("removed", "Une de plus"),
    ]
    assert found[0].changes == [("Texte", "L’objet du contrat.", "Un autre objet.")]
    assert differences(content(), act()) == [], "the act says more, and what was written is the same"


def test_a_text_with_a_structure_says_that_it_has_one_and_an_older_one_not() -> None:
    before, after = act(schema=3), act(schema=4)
    after["volets"][0]["commitments"][0]["description"] = "- autre"
    after["clauses"][1] = {**after["clauses"][1], "text": "## Autre"}
    commitment, clause = differences(before, after)
    for _what, was, now in (*commitment.changes, *clause.changes):
        assert not isinstance(was, Structured) and isinstance(now, Structured)
        assert "<li>autre</li>" in told(now) or "<h4>Autre</h4>" in told(now)
        assert "<" not in told(was)
    after["clauses"][0] = {**after["clauses"][0], "text": "un visa"}
    visas = differences(before, after)[1]
    assert not any(isinstance(now, Structured) for _what, _was, now in visas.changes), "they are lines"
