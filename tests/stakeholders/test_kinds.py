"""The table of the kinds of organisation is whole and says what each may do."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from stakeholders.kinds import KINDS, Power, Side
from stakeholders.models import ROLE_POWERS, Office, Organisation, Role
from stakeholders.permissions import establish_organisation

EXPECTED = {
    "prefecture": Side.STATE,
    "national_police": Side.STATE,
    "gendarmerie": Side.STATE,
    "prosecution": Side.JUDICIAL,
    "youth_justice": Side.JUDICIAL,
    "probation": Side.JUDICIAL,
    "education": Side.STATE,
    "municipality": Side.LOCAL,
    "intermunicipality": Side.LOCAL,
    "social_landlord": Side.PARTNER,
    "transport_operator": Side.PARTNER,
    "association": Side.PARTNER,
}


def test_every_kind_has_its_side() -> None:
    assert {code: kind.side for code, kind in KINDS.items()} == EXPECTED


@pytest.mark.parametrize("code", EXPECTED)
def test_every_kind_reads_in_french_and_may_review(code: str) -> None:
    assert str(KINDS[code].label)
    assert Power.REVIEW in KINDS[code].powers


def test_only_the_two_pilots_draft_and_only_a_council_resolves() -> None:
    drafting = {code for code, kind in KINDS.items() if Power.DRAFT in kind.powers}
    resolving = {code for code, kind in KINDS.items() if Power.RECORD_RESOLUTION in kind.powers}
    assert drafting == {"prefecture", "municipality", "intermunicipality"}
    assert resolving == {"municipality", "intermunicipality"}


def test_every_role_has_its_powers_and_may_see() -> None:
    assert set(ROLE_POWERS) == set(Role)
    assert all(Power.VIEW in powers for powers in ROLE_POWERS.values())


def test_only_heads_sign() -> None:
    assert {role for role, powers in ROLE_POWERS.items() if Power.SIGN in powers} == {Role.HEAD}


@pytest.mark.django_db
def test_an_office_has_no_power_that_its_kind_lacks() -> None:
    landlord = establish_organisation(
        code="bailleur", name="Bailleur", short_name="Bailleur", kind="social_landlord"
    )
    assert Office(organisation=landlord, title="Pilote", role=Role.PILOT).powers == {Power.VIEW}
    assert Office(organisation=landlord, title="Directrice", role=Role.HEAD).powers == {
        Power.VIEW,
        Power.REVIEW,
        Power.SIGN,
    }


@pytest.mark.django_db
def test_the_database_refuses_an_unknown_kind() -> None:
    organisation = establish_organisation(code="x", name="X", short_name="X", kind="association")
    with pytest.raises(IntegrityError), transaction.atomic():
        Organisation.objects.filter(pk=organisation.pk).update(kind="army")


@pytest.mark.django_db
@pytest.mark.parametrize("code", EXPECTED)
def test_establishing_grants_the_group_what_its_kind_may_do(code: str) -> None:
    organisation = establish_organisation(code=f"o-{code}", name="O", short_name="O", kind=code)
    rows = organisation.organisationgrouppermission_set
    held = set(rows.filter(group=organisation.group).values_list("permission__codename", flat=True))
    assert held == {power.value for power in KINDS[code].powers}
