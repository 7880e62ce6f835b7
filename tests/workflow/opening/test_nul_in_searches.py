"""A search may hold a character that no database takes: it is searched without."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.opening import road


@pytest.mark.parametrize("slug", ["perimetre", "participants"])
def test_a_nul_in_the_search_of_an_organisation_is_passed_over(players: Cast, slug: str) -> None:
    pilot = road.browser(players.pilote_ville)
    contract = road.begun(pilot)
    address = reverse("opening_page", args=[contract.pk, slug])
    assert pilot.get(address, {"q": "clair\0val"}).status_code == 200
    sent = pilot.post(address, {"q": "clair\0val", "do": "search"})
    assert sent.status_code == 200
    assert "Clairval" in sent.content.decode()


def test_a_nul_in_the_search_of_a_running_contract_is_passed_over(players: Cast, client: Client) -> None:
    client.force_login(players.pilote_prefecture)
    contract = plot.opened(small_contract(players))
    address = reverse("contract_framework", args=[contract.pk])
    sent = client.post(address, {"q": "clair\0val", "do": "search"})
    assert "Clairval" in sent.content.decode()
