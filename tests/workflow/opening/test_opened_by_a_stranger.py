"""Who prepares a contract is one of its pilots when it is opened: nobody opens a contract of others."""

from __future__ import annotations

import pytest
from django.utils import timezone

from contracts.models import Contract, Status
from stakeholders.models import Role
from tests.cast import Cast
from tests.workflow.opening import road
from workflow.opening import acts
from workflow.record.refusals import Invalid


def test_a_commune_opens_no_contract_between_the_state_and_another(cast: Cast) -> None:
    office = cast.organisation("org-voisine").offices.create(title="Chef de projet", role=Role.PILOT)
    office.mandates.create(person=cast.outsider, starts_on=timezone.localdate())
    pilot = road.browser(cast.outsider)
    contract = road.begun(pilot, reference="CSI-VOISINE-002")
    city, state = cast.organisation("org-ville"), cast.organisation("org-pref")
    road.sent(pilot, contract, "perimetre", road.perimeter(city, q="Clairval"))
    chosen = {
        f"part-{city.pk}": "city_pilot",
        f"part-{state.pk}": "state_pilot",
        "do": "next",
        "q": state.name[:12],
    }
    road.sent(pilot, contract, "participants", chosen)
    road.sent(pilot, contract, "signataires", road.places(contract))
    road.sent(pilot, contract, "calendrier", road.calendar())
    assert {row.organisation for row in contract.participations.all()} == {city, state}
    with pytest.raises(Invalid):
        acts.open_contract(cast.outsider, contract.pk)
    assert Contract.objects.get(pk=contract.pk).status == Status.OPENING
