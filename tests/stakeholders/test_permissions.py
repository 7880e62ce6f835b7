"""Who may do what, as the cast of Clairval shows it."""

from __future__ import annotations

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from contracts.models import Contract, ContractGroupPermission
from stakeholders.kinds import Power
from stakeholders.models import Mandate, OrganisationGroupPermission
from stakeholders.permissions import audience, grant, mandate_for, organisations_holding, visible, withdraw
from tests.cast import Cast, small_contract
from tests.owner import as_owner

pytestmark = pytest.mark.django_db
YESTERDAY = dt.timedelta(days=-1)


@pytest.fixture
def cast(players: Cast) -> Cast:
    return players


def test_those_of_the_contract_see_it(cast: Cast) -> None:
    for person in (cast.prefete, cast.maire, cast.procureure, cast.bailleur_cl, cast.rail, cast.greffe):
        assert mandate_for(person, Power.VIEW, cast.contract), person
        assert person.has_perm("contracts.view_contract", cast.contract)
        assert list(visible(person, Contract.objects.all())) == [cast.contract]


def test_others_do_not(cast: Cast) -> None:
    for person in (cast.outsider, cast.admin, AnonymousUser()):
        assert mandate_for(person, Power.VIEW, cast.contract) is None
        assert not visible(person, Contract.objects.all()).exists()


def test_a_superuser_holds_nothing_on_a_contract(cast: Cast) -> None:
    assert cast.admin.is_superuser
    for power in Power:
        assert mandate_for(cast.admin, power, cast.contract) is None
        assert mandate_for(cast.admin, power, cast.organisation("org-ville")) is None
    assert cast.admin.pk not in audience(cast.contract)


def test_a_landlord_holds_nothing_on_another(cast: Cast) -> None:
    own, other = cast.organisation("org-oh"), cast.organisation("org-cl")
    assert mandate_for(cast.bailleur_oh, Power.REVIEW, own)
    for power in Power:
        assert mandate_for(cast.bailleur_oh, power, other) is None
        assert mandate_for(cast.bailleur_cl, power, own) is None
        assert not cast.bailleur_oh.has_perm(f"stakeholders.{power.value}", other)


def test_a_right_granted_on_another_body_needs_a_mandate_in_that_body(cast: Cast) -> None:
    """Were a row to give landlord A's group a right on B, A's people would still not act for B."""
    other = cast.organisation("org-cl")
    grant(Power.REVIEW, cast.organisation("org-oh"), other)
    assert mandate_for(cast.bailleur_oh, Power.REVIEW, other) is None


@pytest.mark.parametrize(
    ("player", "power", "organisation", "held"),
    [
        ("prefete", Power.SIGN, "org-pref", True),
        ("prefete", Power.DRAFT, "org-pref", False),
        ("pilote_prefecture", Power.DRAFT, "org-pref", True),
        ("pilote_prefecture", Power.SIGN, "org-pref", False),
        ("maire", Power.SIGN, "org-ville", True),
        ("maire", Power.SIGN, "org-pref", False),
        ("pilote_ville", Power.DRAFT, "org-ville", True),
        ("dgs", Power.APPROVE, "org-ville", True),
        ("greffe", Power.RECORD_RESOLUTION, "org-ville", True),
        ("greffe", Power.APPROVE, "org-ville", False),
        ("maire", Power.RECORD_RESOLUTION, "org-ville", False),
        ("procureure", Power.REVIEW, "org-parquet", True),
        ("prefete", Power.REVIEW, "org-parquet", False),
        ("ddpn", Power.SIGN, "org-ddpn", False),
        ("outsider", Power.SIGN, "org-voisine", True),
        ("outsider", Power.SIGN, "org-ville", False),
    ],
)
def test_powers_of_the_cast(cast: Cast, player: str, power: Power, organisation: str, held: bool) -> None:
    mandate = mandate_for(getattr(cast, player), power, cast.organisation(organisation))
    assert (mandate is not None) is held


def test_the_right_ends_with_the_mandate(cast: Cast) -> None:
    Mandate.objects.filter(person=cast.maire).update(ends_on=timezone.localdate() + YESTERDAY)
    assert mandate_for(cast.maire, Power.SIGN, cast.organisation("org-ville")) is None
    assert mandate_for(cast.maire, Power.VIEW, cast.contract) is None
    assert cast.maire.pk not in audience(cast.contract)
    assert not visible(cast.maire, Contract.objects.all()).exists()
    assert not cast.maire.has_perm("contracts.view_contract", cast.contract)


def test_the_right_is_that_of_the_day_asked(cast: Cast) -> None:
    start = cast.maire.mandates.get().starts_on
    assert mandate_for(cast.maire, Power.VIEW, cast.contract, on=start)
    assert mandate_for(cast.maire, Power.VIEW, cast.contract, on=start + YESTERDAY) is None


def test_the_right_passes_to_the_successor(cast: Cast) -> None:
    office = cast.maire.mandates.get().office
    cast.maire.mandates.update(ends_on=timezone.localdate() + YESTERDAY)
    Mandate.objects.create(person=cast.outsider, office=office, starts_on=timezone.localdate())
    assert mandate_for(cast.outsider, Power.SIGN, cast.organisation("org-ville"))
    assert mandate_for(cast.outsider, Power.VIEW, cast.contract)


def test_a_deactivated_person_holds_nothing(cast: Cast) -> None:
    cast.prefete.is_active = False
    cast.prefete.save()
    assert mandate_for(cast.prefete, Power.VIEW, cast.contract) is None
    assert cast.prefete.pk not in audience(cast.contract)


def test_a_body_that_is_withdrawn_sees_no_more(cast: Cast) -> None:
    withdraw(Power.VIEW, cast.organisation("org-rail"), cast.contract)
    assert mandate_for(cast.rail, Power.VIEW, cast.contract) is None
    assert cast.organisation("org-rail") not in organisations_holding(Power.VIEW, cast.contract)


def test_audience_is_exactly_those_who_see(cast: Cast) -> None:
    seeing = {p.pk for p in cast.people.values() if mandate_for(p, Power.VIEW, cast.contract)}
    assert audience(cast.contract) == seeing
    assert cast.outsider.pk not in seeing


def test_one_contract_says_nothing_of_another(cast: Cast) -> None:
    small = small_contract(cast)
    assert mandate_for(cast.bailleur_oh, Power.VIEW, small)
    assert mandate_for(cast.bailleur_cl, Power.VIEW, small) is None


def test_no_row_outlives_its_object(cast: Cast) -> None:
    small = small_contract(cast)
    assert ContractGroupPermission.objects.filter(content_object=small).count() == 4
    with as_owner():
        small.delete()
    assert set(ContractGroupPermission.objects.values_list("content_object", flat=True)) == {
        cast.contract.pk,
        cast.arles.pk,
    }


def test_rights_on_bodies_are_rows_of_their_own_group_only(cast: Cast) -> None:
    for row in OrganisationGroupPermission.objects.select_related("content_object"):
        assert row.group_id == row.content_object.group_id
