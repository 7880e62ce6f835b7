"""Whoever prepares a contract names whom they like in it: before it is opened, that ties nobody to them."""

from __future__ import annotations

import pytest
from django.http import Http404
from django.utils import timezone

from contracts.models import Contract, Part, Status
from stakeholders.models import Grant, Role
from tests.cast import Cast
from tests.granted import asked, confirmed
from tests.workflow.opening import road
from tests.workflow.powers.test_grants_matrix import drafted
from workflow.notices.models import QueuedMail
from workflow.opening import acts
from workflow.powers import pending
from workflow.record.models import JournalEntry
from workflow.record.refusals import NotAllowed


def prepared_next_door(cast: Cast) -> Contract:
    """The commune next door begins to prepare a contract, and names the city in it; nobody there knows."""
    office = cast.organisation("org-voisine").offices.create(title="Chef de projet", role=Role.PILOT)
    office.mandates.create(person=cast.people["p27"], starts_on=timezone.localdate())
    contract = road.begun(road.browser(cast.outsider), reference="CSI-VOISINE-001")
    acts.save_perimeter(
        cast.outsider,
        contract.pk,
        communes=[cast.organisation("org-voisine"), cast.organisation("org-ville")],
        groups=[],
        territory="Ailleurs",
        period_start=contract.period_start,
        period_end=contract.period_end,
    )
    contract.refresh_from_db()
    assert contract.status == Status.OPENING
    assert contract.participations.filter(part=Part.CITY_PILOT).count() == 2
    return contract


def test_who_prepares_a_contract_confirms_no_power_of_who_does_not_know_of_it(cast: Cast) -> None:
    grant: Grant = asked(drafted(cast, "mandate", cast.maire))
    with pytest.raises(NotAllowed):
        confirmed(grant, cast.outsider)
    prepared_next_door(cast)
    with pytest.raises(NotAllowed):
        confirmed(grant, cast.outsider)


def test_who_prepares_a_contract_reads_no_demand_of_who_does_not_know_of_it(cast: Cast) -> None:
    grant: Grant = asked(drafted(cast, "mandate", cast.maire))
    prepared_next_door(cast)
    with pytest.raises(Http404):
        pending.grant_for(cast.outsider, grant.pk)


def test_a_preparation_is_neither_told_of_a_power_nor_named_by_it(cast: Cast) -> None:
    contract = prepared_next_door(cast)
    QueuedMail.objects.all().delete()
    asked(drafted(cast, "mandate", cast.greffe))
    letters = [mail.letter() for mail in QueuedMail.objects.all()]
    assert cast.outsider.email not in {letter["to"] for letter in letters}
    assert all(contract.reference not in letter["body"] for letter in letters)
    assert not JournalEntry.objects.filter(contract=contract, verb="grant_requested").exists()
