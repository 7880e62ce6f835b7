"""The demonstration's second département: its people, its organisations, and no contract."""

from __future__ import annotations

import pytest
from django.urls import reverse

from config.demo.setup import EMPTY_HANDED
from contracts import demo
from contracts.models import Contract, Participation
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, Role
from tests.cast import Cast
from tests.workflow.sockets import logged_in

pytestmark = pytest.mark.django_db


def test_that_pilot_s_first_button_opens_a_contract(players: Cast) -> None:
    pilot = demo.load(demo.read(demo.ELSEWHERE)).people["s08"]
    assert pilot.email == EMPTY_HANDED
    browser = logged_in(pilot)
    assert "Nouveau contrat" in browser.get(reverse("contract_list")).content.decode()
    assert browser.get(reverse("opening_new")).status_code == 200


def test_a_pilot_of_another_departement_has_nobody_s_contract(players: Cast) -> None:
    contracts = Contract.objects.count()
    loaded = demo.load(demo.read(demo.ELSEWHERE))
    again = demo.load(demo.read(demo.ELSEWHERE))
    assert again == loaded, "what exists is left as it is"
    assert Contract.objects.count() == contracts
    assert not Participation.objects.filter(organisation__in=loaded.organisations.values()).exists()
    held = Mandate.objects.in_force().get(person__email=EMPTY_HANDED)
    assert held.office.role == Role.PILOT
    assert Power.DRAFT in held.office.powers
    around = Organisation.objects.filter(territory=held.office.organisation.territory)
    assert {"prefecture", "municipality", "prosecution"} <= set(around.values_list("kind", flat=True))
    for organisation in loaded.organisations.values():
        assert organisation.offices.filter(administers=True).exists(), organisation
