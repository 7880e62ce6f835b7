"""An organisation that is missing: asked for, answered once, told, then offered where it was missing."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from stakeholders.models import Organisation, User
from tests import mailbox
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.snapshots import again
from tests.workflow.opening import road
from tests.workflow.procedures.test_races import at_once
from workflow.opening import acts, answers
from workflow.opening.models import OrganisationRequest
from workflow.record.models import JournalEntry

LIST = reverse("organisation_requests")


@pytest.fixture
def staff(players: Cast) -> Client:
    return with_second_factor(players.admin)


def asked(client: Client, contract: Contract, **changes: Any) -> OrganisationRequest:
    facts = {
        "ask-name": "Orne-Habitat",
        "ask-kind": "social_landlord",
        "ask-contact_name": "Leïla Haddad",
        "ask-contact_email": "l.haddad@orne-habitat.example",
        "do": "ask",
        **changes,
    }
    answer = client.post(road.address(contract, "participants"), facts)
    assert answer.status_code == 200, answer.content.decode()
    return OrganisationRequest.objects.latest("pk")


def twice(cast: Cast) -> tuple[OrganisationRequest, OrganisationRequest]:
    """One organisation asked for by both sides, in two preparations, under two spellings."""
    city, state = road.browser(cast.pilote_ville), road.browser(cast.pilote_prefecture)
    first = asked(city, road.begun(city))
    there = road.begun(state, reference="CSI-00-2027-002", initiative="state")
    return first, asked(
        state, there, **{"ask-name": "ORNE  HABITAT", "ask-contact_name": "", "ask-contact_email": ""}
    )


def page_of(row: OrganisationRequest) -> str:
    return reverse("organisation_request", args=[row.pk])


def participants(row: OrganisationRequest, person: User) -> str:
    return road.browser(person).get(road.address(row.contract, "participants")).content.decode()


def test_one_asked_for_twice_is_created_once_and_both_are_told(players: Cast, staff: Client) -> None:
    first, second = twice(players)
    assert page_of(first).removesuffix("/") in mailbox.queued()[0]["body"]
    listed = staff.get(LIST).content.decode()
    assert listed.count("Orne-Habitat</a>") == 1
    for said in (first.contract.reference, second.contract.reference, str(players.pilote_ville), "l.haddad@"):
        assert said in listed
    assert "(1)" in staff.get(reverse("platform")).content.decode()
    create = reverse("organisation_request_create", args=[first.pk])
    form = staff.get(create).context["form"]
    assert (form["name"].value(), form["email_domain"].value()) == ("Orne-Habitat", "orne-habitat.example")
    sent = {name: form[name].value() or "" for name in form.fields}
    answer = staff.post(create, sent)
    made = Organisation.objects.get(name="Orne-Habitat")
    assert answer.headers["Location"] == reverse("platform_organisation", args=[made.pk])
    told = staff.get(answer.headers["Location"]).content.decode()
    assert "Leïla Haddad, l.haddad@orne-habitat.example" in told
    for row, person in ((first, players.pilote_ville), (second, players.pilote_prefecture)):
        row.refresh_from_db()
        assert (row.answer, row.organisation, row.answered_by) == ("created", made, players.admin)
        entry = JournalEntry.objects.get(contract=row.contract, verb="organisation_provided")
        assert (entry.actor, entry.payload["found"]) == (players.admin, "Orne-Habitat")
        letter = next(m for m in mailbox.queued() if m["to"] == person.email and "disponible" in m["subject"])
        assert road.address(row.contract, "participants") in letter["body"]
        assert f'name="part-{made.pk}"' in participants(row, person), "offered where it was missing"
    assert "Aucune organisation n’est demandée" in staff.get(LIST).content.decode()
    assert staff.post(create, sent).status_code == 200, "its page says what was answered"
    assert Organisation.objects.filter(name="Orne-Habitat").count() == 1


def test_it_may_be_one_that_is_known(players: Cast, staff: Client) -> None:
    client = road.browser(players.pilote_ville)
    row, known = (
        asked(client, road.begun(client), **{"ask-name": "Orme habitat OPH"}),
        players.organisation("org-oh"),
    )
    page = staff.get(page_of(row)).content.decode()
    assert f'value="{known.pk}"' in page, "those whose names are near are shown at once"
    assert f'value="{known.pk}"' in staff.get(page_of(row), {"q": known.name}).content.decode()
    assert staff.post(page_of(row)).status_code == 422
    assert staff.post(page_of(row), {"organisation": known.pk}).status_code == 302
    row.refresh_from_db()
    assert (row.answer, row.organisation) == ("existing", known)
    assert known.name in participants(row, players.pilote_ville)
    again_ = staff.post(page_of(row), {"organisation": known.pk})
    assert again_.status_code == 409
    assert "a déjà répondu" in again_.content.decode()


def test_a_refusal_says_why_and_one_may_ask_again(players: Cast, staff: Client) -> None:
    client = road.browser(players.pilote_ville)
    contract = road.begun(client)
    row = asked(client, contract)
    address = reverse("organisation_request_refuse", args=[row.pk])
    empty = staff.post(address, {"reason": " "})
    assert empty.status_code == 422
    assert staff.post(address, {"reason": "C’est un service de la ville."}).status_code == 302
    letter = mailbox.last()
    assert (letter["to"], "C’est un service de la ville." in letter["body"]) == (
        players.pilote_ville.email,
        True,
    )
    assert "C’est un service de la ville." in participants(row, players.pilote_ville)
    kept = JournalEntry.objects.get(contract=contract, verb="organisation_declined").payload
    assert kept["word"] == "C’est un service de la ville."
    assert asked(client, contract).pk != row.pk
    double = client.post(
        road.address(contract, "participants"),
        {"ask-name": "Orne habitat", "ask-kind": "social_landlord", "do": "ask"},
    )
    assert "déjà demandée" in double.content.decode()


def test_what_was_given_up_asks_for_nothing(players: Cast, staff: Client) -> None:
    client = road.browser(players.pilote_ville)
    contract = road.begun(client)
    row = asked(client, contract)
    acts.drop(players.pilote_ville, contract.pk, reason="Plus d’objet.")
    assert row.name not in staff.get(LIST).content.decode()


def test_nobody_else_answers(players: Cast) -> None:
    client = road.browser(players.pilote_ville)
    row = asked(client, road.begun(client))
    for person in (players.pilote_ville, players.dgs, players.outsider, players.prefete):
        browser = road.browser(person)
        assert browser.get(LIST).status_code == 404
        assert browser.get(page_of(row)).status_code == 404
        assert (
            browser.post(page_of(row), {"organisation": players.organisation("org-oh").pk}).status_code == 404
        )
        for name in ("organisation_request_create", "organisation_request_refuse"):
            assert browser.post(reverse(name, args=[row.pk]), {"reason": "Non."}).status_code == 404
    row.refresh_from_db()
    assert row.answer == ""


def test_the_database_keeps_an_answer_whole(players: Cast) -> None:
    client = road.browser(players.pilote_ville)
    row = asked(client, road.begun(client))
    for half in ({"answer": "created"}, {"answer": "refused"}, {"answered_by": players.admin}):
        with pytest.raises(IntegrityError), transaction.atomic():
            OrganisationRequest.objects.filter(pk=row.pk).update(**half)


@pytest.mark.race
def test_two_administrators_who_answer_at_once_answer_once(cast: Cast) -> None:
    first, _second = twice(cast)
    admin = User.objects.get(pk=cast.admin.pk)
    admin.proved_second_factor = True
    known = cast.organisation("org-oh")
    facts = {"kind": "social_landlord", "name": "Orne-Habitat", "short_name": "Orne-Habitat", "territory": ""}
    for _turn in again(6):
        ended = at_once(
            partial(answers.create, admin, first.pk, **facts),
            partial(answers.point_out, admin, first.pk, known),
            partial(answers.refuse, admin, first.pk, word="Non."),
        )
        assert sorted(ended) == ["Locked", "Locked", "done"]
        assert len(set(OrganisationRequest.objects.values_list("answer", "organisation"))) == 1
        made = Organisation.objects.filter(name="Orne-Habitat").exists()
        assert made == (ended[0] == "done"), "none is left behind by who came second"
