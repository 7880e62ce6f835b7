"""What a page without a websocket asks for: what it missed, in order and once."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from stakeholders.actions import withdraw_mandate
from stakeholders.sessions import SEEN
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in
from workflow.live import missed
from workflow.record import events


def ask(browser: Client, contract: Contract | None = None, after: int = 0, tag: str = "") -> Any:
    """Ask as a page does."""
    query = {"apres": after} | ({"contrat": contract.pk} if contract else {})
    headers = {"HX-Request": "true", "If-None-Match": tag}
    return browser.get(reverse("missed_events"), query, headers=headers)


def test_what_was_missed_comes_in_order_and_once(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    contract, other = plot.opened(small_contract(cast)), plot.opened(small_contract(cast, "CSI-00-2026-901"))
    browser, seen = logged_in(cast.bailleur_oh), events.last_identifier()
    unmoved = ask(browser, contract, seen)
    assert unmoved.json() == {"last": seen, "events": []}
    plot.draft_and_freeze(other)
    assert ask(browser, contract, seen, unmoved["ETag"]).status_code == 304, "another contract's"
    plot.draft_and_freeze(contract)
    moved = ask(browser, contract, seen, unmoved["ETag"])
    numbers = [event["id"] for event in moved.json()["events"]]
    assert numbers == sorted(set(numbers))
    assert {event["contract"] for event in moved.json()["events"]} == {contract.pk}
    assert "version_frozen" in {event["kind"] for event in moved.json()["events"]}
    assert moved.json()["last"] == numbers[-1]
    assert ask(browser, contract, numbers[-1], moved["ETag"]).status_code == 304
    everywhere = ask(browser, after=seen).json()["events"]
    assert {event["contract"] for event in everywhere} == {contract.pk, other.pk}
    assert ask(logged_in(cast.rtac), contract, numbers[-1], moved["ETag"]).status_code == 200, "of another"
    monkeypatch.setattr(missed, "MISSED_AT_MOST", 3)
    too_much = ask(browser, after=seen).json()
    assert too_much == {"last": events.last_identifier(), "events": [{"kind": "reload"}]}


@pytest.mark.parametrize("after", ["", "-1", "x", "9" * 40, "\u0663", "\0"])
def test_any_number_is_answered(cast: Cast, after: str) -> None:
    answer = logged_in(cast.rtac).get(reverse("missed_events"), {"apres": after})
    assert answer.status_code == 200


def test_who_may_not_read_is_told_nothing(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    outsider, landlord = logged_in(cast.outsider), logged_in(cast.bailleur_oh)
    assert ask(outsider, contract).status_code == 404
    assert [event for event in ask(outsider).json()["events"] if event["contract"]] == []
    assert ask(landlord, contract).status_code == 200
    withdraw_mandate(cast.bailleur_oh.mandates.get(), actor=cast.admin)
    assert ask(landlord, contract).status_code in {401, 404}
    assert ask(Client()).status_code == 401


def test_asking_keeps_no_session_open(cast: Cast) -> None:
    browser = logged_in(cast.rtac)
    session = browser.session
    session[SEEN] -= settings.SESSION_IDLE - 100
    session.save()
    assert ask(browser).status_code == 200
    session = browser.session
    session[SEEN] -= 200
    session.save()
    assert ask(browser).status_code == 401
