"""A volet without text nor commitment says so in the act, or is left out of it, as its kind has it."""

from __future__ import annotations

import dataclasses

import pytest

from contracts import canonical, kinds
from contracts.canonical import content_of
from contracts.kinds import kind
from contracts.models import Volet
from tests.cast import Cast, small_contract


def test_it_says_what_the_kind_says_and_what_was_typed_stays(players: Cast) -> None:
    contract = small_contract(players)
    last = contract.volets.order_by("-order")[0].order
    Volet.objects.create(contract=contract, order=last + 1, title="Justice")
    Volet.objects.create(contract=contract, order=last + 2, title="Divers", text="Un texte.")
    empty, typed = content_of(contract)["volets"][-2:]
    assert (empty["text"], typed["text"]) == ("Ce volet ne comporte pas d’engagement.", "Un texte.")
    assert contract.volets.get(title="Justice").text == "", "nothing is written into the draft"
    assert kind("coordination").empty_volet == "Sans objet."


def test_it_is_left_out_where_the_kind_says_nothing(players: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = small_contract(players)
    silent = dataclasses.replace(kind(contract.kind), empty_volet="")
    monkeypatch.setattr(kinds, "kind", lambda _code: silent)
    before = content_of(contract)["volets"]
    last = contract.volets.order_by("-order")[0].order
    Volet.objects.create(contract=contract, order=last + 1, title="Justice", text="   ")
    Volet.objects.create(contract=contract, order=last + 2, title="Divers", text="Un texte.")
    found = content_of(contract)["volets"]
    assert [volet["order"] for volet in found] == [*(v["order"] for v in before), last + 2], "numbers stay"
    assert canonical.SCHEMA == 6, "what is frozen has the same shape: its texts alone differ"
