"""Preparations: listed with their last change, resumed, given up, forgotten; the letter of those opened."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Status
from tests.cast import Cast
from tests.workflow.opening import road
from tests.workflow.opening.test_requests import asked
from workflow.opening import acts
from workflow.opening.models import Opening
from workflow.privacy import retention
from workflow.record import journal
from workflow.record.models import JournalEntry

LIST = reverse("preparations")
KEPT = settings.RETENTION_DAYS["preparations"]


@pytest.fixture
def pilot(players: Cast) -> Client:
    return road.browser(players.pilote_ville)


def aged(contract: Contract, days: int) -> None:
    Opening.objects.filter(contract=contract).update(changed_at=timezone.now() - dt.timedelta(days=days))


def test_each_is_listed_to_who_may_go_on_and_saving_moves_its_day(players: Cast, pilot: Client) -> None:
    contract = road.begun(pilot)
    assert LIST in pilot.get(reverse("contract_list")).content.decode()
    page = pilot.get(LIST).content.decode()
    for there in ("opening_review", "opening_drop"):
        assert reverse(there, args=[contract.pk]) in page
    assert "sera abandonnée" not in page
    aged(contract, KEPT - 30)
    assert "sera abandonnée" in pilot.get(LIST).content.decode()
    road.sent(pilot, contract, "initiative", road.initiative(do="stay"))
    assert "sera abandonnée" not in pilot.get(LIST).content.decode(), "whoever saves keeps it"
    state = road.browser(players.pilote_prefecture).get(LIST).content.decode()
    assert contract.reference not in state
    assert road.browser(players.rtac).get(LIST).status_code == 404


def test_one_that_nobody_touches_is_given_up_and_emptied(players: Cast, pilot: Client) -> None:
    old, young = road.begun(pilot), road.begun(pilot, reference="CSI-00-2027-002")
    row = asked(pilot, old)
    aged(old, KEPT + 1)
    assert retention.forget() == {"preparations": 1}
    old.refresh_from_db()
    young.refresh_from_db()
    row.refresh_from_db()
    assert (old.status, young.status) == (Status.ABANDONED, Status.OPENING)
    assert (old.opening.letter_text, row.contact_name, row.contact_email) == ("", "", "")
    assert not old.participations.exists()
    assert JournalEntry.objects.get(verb="opening_lapsed").contract == old
    assert old.reference not in pilot.get(LIST).content.decode()
    assert pilot.get(road.address(old)).status_code == 404
    assert road.begun(pilot, reference="CSI-00-2027-001").pk, "its reference is free"
    assert retention.forget() == {}
    assert journal.first_break() is None


def test_one_that_was_given_up_is_emptied_and_one_that_was_opened_never(players: Cast, pilot: Client) -> None:
    dropped = road.begun(pilot)
    acts.drop(players.pilote_ville, dropped.pk, reason="Plus d’objet.")
    opened = road.prepared(players, pilot, reference="CSI-00-2027-002")
    acts.open_contract(players.pilote_ville, opened.pk)
    for contract in (dropped, opened):
        aged(contract, KEPT + 1)
    assert retention.forget() == {"preparations": 1}
    opened.refresh_from_db()
    assert opened.opening.letter_text
    assert opened.participations.exists()
    assert not Opening.objects.get(contract=dropped).letter_text


@pytest.mark.parametrize("as_file", [True, False])
def test_the_letter_is_linked_from_the_contract_and_its_journal(
    players: Cast, pilot: Client, as_file: bool
) -> None:
    letter: dict[str, Any] = (
        {"letter": SimpleUploadedFile("l.pdf", road.PDF, "application/pdf")} if as_file else {}
    )
    contract = road.prepared(players, pilot, **letter)
    pilot.post(road.address(contract))
    address = reverse("opening_letter", args=[contract.pk])
    for person in (players.pilote_ville, players.prefete, players.bailleur_oh):
        browser = road.browser(person)
        assert browser.get(reverse("contract", args=[contract.pk])).content.decode().count(address) == 2
        read = browser.get(address)
        shown = read.getvalue() if as_file else read.content
        assert (road.PDF if as_file else "Monsieur le préfet".encode()) in shown
    assert road.browser(players.outsider).get(address).status_code == 404
    kept = JournalEntry.objects.get(contract=contract, verb="initiative_recorded").payload
    assert bool(kept["letter_sha256"]) == as_file
    assert kept["letter_text_sha256"]
