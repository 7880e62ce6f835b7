"""A mandate limited to one object counts for that object, and fails closed about anything else."""

from __future__ import annotations

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError
from django.utils import timezone

from contracts.models import Contract
from stakeholders.actions import appoint
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Office, Role, User
from stakeholders.permissions import mandate_for
from tests.cast import Cast, small_contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(players: Cast) -> Cast:
    return players


def limited(cast: Cast, contract: Contract) -> Mandate:
    """Appoint somebody to the landlord for one contract."""
    person = User.objects.create_user("lina.aubrac@orme-habitat.example")
    office = Office.objects.create(
        organisation=cast.organisation("org-oh"), title="Invitée", role=Role.REVIEWER
    )
    today = timezone.localdate()
    return appoint(person, office, starts_on=today, ends_on=today, limited_to=contract, actor=None)


def test_it_covers_its_object_alone(cast: Cast) -> None:
    mandate = limited(cast, cast.contract)
    mandate.refresh_from_db()
    assert mandate.covers(cast.contract)
    assert not mandate.covers(small_contract(cast))
    assert not mandate.covers(None)
    namesake = cast.organisation("org-oh")
    namesake.pk = cast.contract.pk  # the same number, another kind of object
    assert not mandate.covers(namesake)


def test_an_unlimited_one_covers_everything(cast: Cast) -> None:
    mandate = cast.bailleur_oh.mandates.get()
    assert mandate.covers(cast.contract)
    assert mandate.covers(None)


def test_a_question_that_names_no_object_gets_no_limited_mandate(cast: Cast) -> None:
    mandate = limited(cast, cast.contract)
    landlord = cast.organisation("org-oh")
    assert mandate_for(mandate.person, Power.REVIEW, landlord) is None
    assert mandate_for(mandate.person, Power.REVIEW, landlord, about=cast.contract) == mandate
    assert not mandate.person.has_perm("stakeholders.review_for", landlord)


def test_the_database_refuses_half_a_limit(cast: Cast) -> None:
    mandate = cast.bailleur_oh.mandates.get()
    kind = ContentType.objects.get_for_model(Contract)
    with pytest.raises(IntegrityError, match="mandate_limit_whole"):
        Mandate.objects.filter(pk=mandate.pk).update(limited_type=kind)
