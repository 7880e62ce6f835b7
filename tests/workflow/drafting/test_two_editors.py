"""Two people at one commitment: what each wrote is joined or chosen from, and no word of either is lost."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Commitment, Contract
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.drafting.test_draft_form import filled
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in

TEXT = "Porter la police à 34 agents. Ouvrir une brigade de nuit."


class Editors:
    """Both pilots at the form of one commitment, opened at the same moment."""

    def __init__(self, cast: Cast) -> None:
        self.contract: Contract = plot.opened(small_contract(cast))
        self.row = Commitment.objects.filter(volet__contract=self.contract)[0]
        Commitment.objects.filter(pk=self.row.pk).update(description=TEXT)
        self.address = reverse("commitment_edit", args=[self.contract.pk, self.row.pk])
        self.city, self.state = (self.at_form(who) for who in (cast.pilote_ville, cast.pilote_prefecture))

    def at_form(self, who: User) -> tuple[Client, dict[str, Any]]:
        browser = logged_in(who)
        return browser, filled(browser, self.address)

    def save(self, editor: tuple[Client, dict[str, Any]], **changes: Any) -> Any:
        browser, values = editor
        return browser.post(self.address, {**values, **changes})

    def now(self) -> Commitment:
        return Commitment.objects.get(pk=self.row.pk)


@pytest.fixture
def editors(players: Cast) -> Editors:
    return Editors(players)


def buttons(page: str) -> dict[str, set[str]]:
    """Return the radio buttons of the choices: their names and their values."""
    found: dict[str, set[str]] = {}
    for tag in re.findall(r"<input[^>]+>", page):
        if name := re.search(r'name="(choose-[^"]+)"', tag):
            found.setdefault(name[1], set()).add(re.search(r'value="([^"]+)"', tag)[1])  # type: ignore[index]
    return found


def test_what_touches_nothing_alike_is_joined_and_said(editors: Editors) -> None:
    theirs = TEXT.replace("nuit", "soirée")
    assert editors.save(editors.state, description=theirs, target="40").status_code == 302
    answer = editors.save(
        editors.city, description=TEXT.replace("police", "police municipale"), title="Autre titre"
    )
    assert answer.status_code == 302
    row = editors.now()
    assert row.description == "Porter la police municipale à 34 agents. Ouvrir une brigade de soirée."
    assert (row.title, row.target) == ("Autre titre", Decimal(40))
    page = editors.city[0].get(answer["Location"]).content.decode()
    assert "avec ce que quelqu’un avait changé entre-temps" in page
    assert "Description" in page.split("changé entre-temps")[1][:80]


def test_who_changes_nothing_undoes_nothing(editors: Editors) -> None:
    editors.save(editors.state, description="Tout autre chose.", due_date="2030-01-31", party="state")
    assert editors.save(editors.city).status_code == 302
    row = editors.now()
    assert (row.description, row.due_date.isoformat(), row.party) == (  # type: ignore[union-attr]
        "Tout autre chose.",
        "2030-01-31",
        "state",
    )


def test_the_second_is_shown_both_texts_and_chooses_passage_by_passage(editors: Editors) -> None:
    first = TEXT.replace("34", "40").replace("nuit", "soirée")
    editors.save(editors.state, description=first, title="Le leur")
    wrote = {"description": TEXT.replace("34", "38").replace("nuit", "proximité"), "title": "Le mien"}
    refused = editors.save(editors.city, **wrote)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Modifié entre-temps" in page
    for word in ("38", "40", "soirée", "proximité", "Le leur", "Le mien"):
        assert word in page, word
    assert editors.now().description == first, "nothing is overwritten"
    asked = buttons(page)
    texts = [name for name in asked if name.startswith("choose-description-")]
    (title,) = (name for name in asked if name.startswith("choose-title-"))
    assert [asked[name] for name in texts] == [{"mine", "theirs", "both"}] * 2
    half = editors.save(editors.city, **wrote, **{texts[0]: "mine"})
    assert half.status_code == 422
    assert f'name="{texts[0]}"' in half.content.decode()
    done = editors.save(editors.city, **wrote, **{texts[0]: "mine", texts[1]: "both", title: "theirs"})
    assert done.status_code == 302
    row = editors.now()
    assert row.description == "Porter la police à 38 agents. Ouvrir une brigade de proximité soirée."
    assert row.title == "Le leur"


def test_a_choice_made_of_other_words_is_asked_again(editors: Editors) -> None:
    editors.save(editors.state, description=TEXT.replace("34", "40"))
    wrote = {"description": TEXT.replace("34", "38")}
    (name,) = buttons(editors.save(editors.city, **wrote).content.decode())
    again = editors.state[0]
    newer = filled(again, editors.address) | {"description": TEXT.replace("34", "42")}
    assert again.post(editors.address, newer).status_code == 302
    refused = editors.save(editors.city, **wrote, **{name: "mine"})
    assert refused.status_code == 422
    assert "42" in refused.content.decode()
    assert "42" in editors.now().description


def test_contributors_are_joined(editors: Editors, players: Cast) -> None:
    landlord, operator = players.organisation("org-oh"), players.organisation("org-rtac")
    editors.save(editors.state, contributors=[landlord.pk])
    assert editors.save(editors.city, contributors=[operator.pk]).status_code == 302
    assert set(editors.now().contributors.all()) == {landlord, operator}


@pytest.mark.parametrize("seen", ["", "forged", "a:b:c"])
def test_a_form_that_does_not_say_what_it_showed_overwrites_nothing_unseen(
    editors: Editors, seen: str
) -> None:
    answer = editors.save(editors.city, seen=seen, description="Réécrit.")
    assert answer.status_code == 422
    assert editors.now().description == TEXT
    (name,) = buttons(answer.content.decode())
    assert editors.save(editors.city, seen=seen, description="Réécrit.", **{name: "mine"}).status_code == 302
    assert editors.now().description == "Réécrit."


def test_both_texts_together_may_be_too_long(editors: Editors) -> None:
    editors.save(editors.state, description="a" * 15_000)
    wrote = {"description": "b" * 15_000}
    (name,) = buttons(editors.save(editors.city, **wrote).content.decode())
    refused = editors.save(editors.city, **wrote, **{name: "both"})
    assert refused.status_code == 422
    assert "20" in refused.content.decode()
    assert editors.now().description == "a" * 15_000


def test_what_was_written_about_a_commitment_deleted_meanwhile_is_given_back(editors: Editors) -> None:
    editors.state[0].post(reverse("commitment_delete", args=[editors.contract.pk, editors.row.pk]))
    answer = editors.save(editors.city, description="Un long travail.")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Un long travail." in page
    action = re.search(r'action="([^"]+ajout/)"', page)
    assert action is not None
    kept = editors.city[1] | {"description": "Un long travail.", "seen": ""}
    assert editors.city[0].post(action[1], kept).status_code == 302
    assert Commitment.objects.filter(
        volet__contract=editors.contract, description="Un long travail."
    ).exists()


@pytest.mark.race
def test_of_two_who_save_at_once_neither_is_lost(cast: Cast) -> None:
    editors = Editors(cast)
    answers: list[int] = []

    def save(who: tuple[Client, dict[str, Any]], text: str) -> None:
        answers.append(editors.save(who, description=text).status_code)

    at_once(
        partial(save, editors.city, TEXT.replace("police", "police municipale")),
        partial(save, editors.state, TEXT.replace("nuit", "soirée")),
    )
    assert sorted(answers) == [302, 302]
    joined = "Porter la police municipale à 34 agents. Ouvrir une brigade de soirée."
    assert editors.now().description == joined
