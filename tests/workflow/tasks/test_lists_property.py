"""After random changes the lists are what guardian's rows say, for everybody, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from itertools import count

from django.db import transaction
from django.utils import timezone
from guardian.shortcuts import assign_perm, get_objects_for_group, remove_perm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.models import ENDED, Contract, Status
from contracts.reconciliation import differences
from stakeholders.actions import withdraw_mandate
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Office, Organisation, Role, User
from stakeholders.permissions import establish_organisation, grant, grant_many, visible, withdraw
from tests.cast import Cast
from tests.owner import as_owner
from workflow.tasks import lists

NUMBERS = count(1)
DAY = dt.date(2026, 1, 1)


class World:
    """Some organisations, people and contracts, and all that may happen to them."""

    def __init__(self, cast: Cast) -> None:
        names = ("org-pref", "org-ville", "org-oh", "org-voisine")
        self.organisations = [cast.organisation(name) for name in names]
        self.people = [cast.prefete, cast.maire, cast.bailleur_oh, cast.outsider, cast.admin]
        self.contracts = list(Contract.objects.order_by("pk"))

    def organisation(self, draw: int) -> Organisation:
        return self.organisations[draw % len(self.organisations)]

    def contract(self, draw: int) -> Contract:
        return self.contracts[draw % len(self.contracts)]

    def grant(self, one: int, two: int) -> None:
        grant(Power.VIEW, self.organisation(one), self.contract(two))

    def grant_by_guardian(self, one: int, two: int) -> None:
        assign_perm(Power.VIEW.value, self.organisation(one).group, self.contract(two))

    def grant_in_bulk(self, one: int, _two: int) -> None:
        group = self.organisation(one).group
        held = get_objects_for_group(group, "contracts.view_contract", Contract)
        missing = Contract.objects.exclude(pk__in=held)
        grant_many(Power.VIEW, Contract, [(group.pk, contract.pk) for contract in missing])

    def withdraw(self, one: int, two: int) -> None:
        withdraw(Power.VIEW, self.organisation(one), self.contract(two))

    def withdraw_in_bulk(self, one: int, _two: int) -> None:
        remove_perm(Power.VIEW.value, self.organisation(one).group, Contract.objects.all())

    def new_contract(self, one: int, _two: int) -> None:
        number = next(NUMBERS)
        made = Contract.objects.create(
            reference=f"CSI-PROPERTY-{number}",
            title="Contrat tiré au sort",
            territory="Clairval",
            communes=["Clairval"],
            period_start=DAY,
            period_end=DAY,
        )
        self.contracts.append(made)
        grant(Power.VIEW, self.organisation(one), made)

    def change_status(self, one: int, two: int) -> None:
        status = Status.values[one % len(Status.values)]
        Contract.objects.filter(pk=self.contract(two).pk).update(status=status)

    def save_status(self, one: int, two: int) -> None:
        contract = self.contract(two)
        contract.status = Status.values[one % len(Status.values)]
        contract.save()

    def delete_contract(self, _one: int, two: int) -> None:
        if len(self.contracts) > 3:  # the cast's own have versions and circuits in other tests
            with as_owner():
                self.contracts.pop(2 + two % (len(self.contracts) - 2)).delete()

    def new_organisation(self, _one: int, two: int) -> None:
        number = next(NUMBERS)
        made = establish_organisation(
            code=f"property-{number}", name=f"Bailleur {number}", short_name=f"B {number}",
            kind="social_landlord",
        )  # fmt: skip
        self.organisations.append(made)
        grant(Power.VIEW, made, self.contract(two))

    def new_mandate(self, one: int, two: int) -> None:
        office = Office.objects.create(
            organisation=self.organisation(one), title=f"Poste {next(NUMBERS)}", role=Role.REVIEWER
        )
        person = self.people[two % len(self.people)]
        Mandate.objects.create(person=person, office=office, starts_on=timezone.localdate())

    def end_mandate(self, one: int, _two: int) -> None:
        held = self.people[one % len(self.people)].mandates.in_force().first()
        if held is not None:
            withdraw_mandate(held, actor=None)


VERBS: list[Callable[[World, int, int], None]] = [
    function for name, function in vars(World).items() if name.split("_")[0] in
    {"grant", "withdraw", "new", "change", "save", "delete", "end"}
]  # fmt: skip


def whole(person: User, *, size: int, **only: bool) -> list[int]:
    """Turn the pages of a person's list to the end, then back; both ways show the same rows."""
    listing = lists.contract_listing(person, **only)  # type: ignore[arg-type]
    page = listing.page(size=size)
    pages = [page.rows]
    while page.after:
        page = listing.page(page.after, size)
        pages.append(page.rows)
    back = [page.rows]
    while page.before:
        page = listing.page(page.before, size)
        back.insert(0, page.rows)
    assert [row.pk for rows in back for row in rows][: len(pages) * size] == [
        row.pk for rows in pages for row in rows
    ]
    return [row.pk for rows in pages for row in rows]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    changes=st.lists(
        st.tuples(st.sampled_from(VERBS), st.integers(0, 50), st.integers(0, 50)), min_size=1, max_size=25
    )
)
def test_lists_follow_rights_whatever_happens(
    players: Cast, changes: list[tuple[Callable[[World, int, int], None], int, int]]
) -> None:
    with transaction.atomic():
        world = World(players)
        for verb, one, two in changes:
            verb(world, one, two)
        assert differences() == []
        for person in world.people:
            seen = visible(person, Contract.objects.all())
            assert whole(person, size=2) == sorted((c.pk for c in seen), reverse=True)
            for ended in (True, False):
                expected = [c.pk for c in seen if (c.status in ENDED) is ended]
                assert whole(person, size=3, ended=ended) == sorted(expected, reverse=True)
            assert lists.contract_listing(person).count() == seen.count()
        transaction.set_rollback(True)


def test_the_verbs_are_all_tried() -> None:
    assert len(VERBS) == 12
