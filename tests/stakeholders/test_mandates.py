"""A mandate runs from a day to a day; the right goes with it, not with the person."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from stakeholders.models import Mandate, Office, Role, UndeletableError, User
from stakeholders.permissions import administration_of, establish_organisation, mandates_in_force
from tests.owner import as_owner

pytestmark = pytest.mark.django_db

FIRST = dt.date(2026, 4, 1)
LAST = dt.date(2026, 6, 30)
DAY = dt.timedelta(days=1)


@pytest.fixture
def office() -> Office:
    town = establish_organisation(code="ville", name="Ville", short_name="Ville", kind="municipality")
    return Office.objects.create(organisation=town, title="Maire", role=Role.HEAD)


@pytest.fixture
def person() -> User:
    return User.objects.create_user("maire@ville.example", civility="M.", first_name="A.", last_name="B.")


def mandate(person: User, office: Office, starts_on: dt.date, ends_on: dt.date | None = None) -> Mandate:
    return Mandate.objects.create(person=person, office=office, starts_on=starts_on, ends_on=ends_on)


@pytest.mark.parametrize(
    ("day", "in_force"),
    [
        (FIRST - DAY, False),
        (FIRST, True),
        (FIRST + DAY, True),
        (LAST, True),
        (LAST + DAY, False),
    ],
)
def test_first_and_last_days_count(person: User, office: Office, day: dt.date, in_force: bool) -> None:
    mandate(person, office, FIRST, LAST)
    assert bool(mandates_in_force(person, day)) is in_force
    assert (office.holder(day) == person) is in_force


def test_open_mandate_runs_on(person: User, office: Office) -> None:
    mandate(person, office, FIRST)
    assert office.holder(dt.date(2099, 1, 1)) == person


def test_future_mandate_gives_nothing_yet(person: User, office: Office) -> None:
    mandate(person, office, timezone.localdate() + DAY)
    assert not mandates_in_force(person)
    assert office.holder() is None


def test_mandate_of_one_day(person: User, office: Office) -> None:
    mandate(person, office, FIRST, FIRST)
    assert office.holder(FIRST) == person


def test_deactivated_person_holds_nothing(person: User, office: Office) -> None:
    mandate(person, office, FIRST)
    person.is_active = False
    person.save()
    assert not mandates_in_force(person)
    assert office.holder() is None


def test_end_before_start_is_refused(person: User, office: Office) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        mandate(person, office, LAST, FIRST)
    with pytest.raises(ValidationError, match="précède son début"):
        Mandate(person=person, office=office, starts_on=LAST, ends_on=FIRST).validate_constraints()


@pytest.mark.parametrize(
    ("starts_on", "ends_on"),
    [(LAST, None), (LAST, LAST), (FIRST - DAY, FIRST), (FIRST - DAY, None), (FIRST, FIRST)],
)
def test_one_holder_an_office_on_any_day(
    person: User, office: Office, starts_on: dt.date, ends_on: dt.date | None
) -> None:
    mandate(person, office, FIRST, LAST)
    other = User.objects.create_user("autre@ville.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        mandate(other, office, starts_on, ends_on)
    with pytest.raises(ValidationError, match="a déjà un titulaire"):
        Mandate(person=other, office=office, starts_on=starts_on, ends_on=ends_on).validate_constraints()


def test_a_withdrawn_mandate_frees_its_office_the_same_day(person: User, office: Office) -> None:
    first = mandate(person, office, FIRST)
    Mandate.objects.filter(pk=first.pk).update(withdrawn_at=timezone.now())
    other = User.objects.create_user("autre@ville.example")
    mandate(other, office, timezone.localdate())
    assert office.holder() == other


def test_a_guest_holds_nothing_and_answers_for_several_objects(person: User, office: Office) -> None:
    guest = User.objects.create_user("invitee@ville.example")
    for target in (person, guest):  # any two objects
        made = Mandate(person=guest, office=office, starts_on=FIRST, ends_on=LAST, limited_to=target)
        made.full_clean()
        made.save()
    assert office.holder(FIRST) is None
    mandate(person, office, FIRST)
    assert office.holder(FIRST) == person
    with pytest.raises(IntegrityError), transaction.atomic():
        Mandate.objects.create(person=person, office=office, starts_on=LAST, limited_to=guest)


def test_nobody_is_chosen_where_the_database_held_several(person: User, office: Office) -> None:
    """As it was before the constraint: the holder is asked, and the migration stops with both names."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE stakeholders_mandate DROP CONSTRAINT one_holder_an_office_and_day")
    other = User.objects.create_user("autre@ville.example")
    mandate(person, office, FIRST)
    mandate(other, office, LAST, LAST + DAY)
    assert office.holder(FIRST) == person
    with pytest.raises(Mandate.MultipleObjectsReturned):
        office.holder(LAST)
    migration = import_module("stakeholders.migrations.0007_name_who_holds_an_office_together")
    with pytest.raises(migration.SeveralHolders) as stopped, connection.schema_editor() as editor:
        migration.name_them(None, editor)
    for said in ("Ville, Maire", "maire@ville.example", "autre@ville.example", "01/04/2026"):
        assert said in str(stopped.value)


def test_one_open_mandate_an_office(person: User, office: Office) -> None:
    mandate(person, office, FIRST)
    other = User.objects.create_user("autre@ville.example")
    with pytest.raises(IntegrityError), transaction.atomic():
        mandate(other, office, LAST)
    with pytest.raises(ValidationError, match="a déjà un titulaire"):
        Mandate(person=other, office=office, starts_on=LAST).validate_constraints()


def test_a_successor_takes_over_the_day_after(person: User, office: Office) -> None:
    mandate(person, office, FIRST, LAST)
    successor = User.objects.create_user("autre@ville.example")
    mandate(successor, office, LAST + DAY)
    assert office.holder(LAST) == person
    assert office.holder(LAST + DAY) == successor


def test_accounts_are_never_deleted(person: User) -> None:
    with pytest.raises(UndeletableError, match="désactivez-le"):
        person.delete()
    with pytest.raises(UndeletableError, match="désactivez-le"):
        User.objects.filter(pk=person.pk).delete()
    assert User.objects.filter(pk=person.pk).exists()


def test_an_office_that_was_held_stays(person: User, office: Office) -> None:
    mandate(person, office, FIRST, LAST)
    with pytest.raises(ProtectedError):
        office.delete()


def test_one_account_an_address_whatever_the_case(person: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("MAIRE@ville.example")
    assert User.objects.get_by_natural_key("Maire@Ville.example") == person
    assert User.objects.create_user("Adjointe@Ville.Example").email == "adjointe@ville.example"


def test_an_organisation_is_administered_by_whoever_holds_the_office_that_does(
    person: User, office: Office
) -> None:
    other = establish_organisation(code="autre", name="Autre", short_name="Autre", kind="municipality")
    held = mandate(person, office, FIRST)
    assert administration_of(person, office.organisation) is None
    Office.objects.filter(pk=office.pk).update(administers=True)
    assert administration_of(person, office.organisation) == held
    assert administration_of(person, other) is None
    Mandate.objects.filter(pk=held.pk).update(ends_on=LAST)
    assert administration_of(person, office.organisation) is None
