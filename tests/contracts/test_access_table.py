"""The access table: it follows every grant, withdrawal and status, whoever writes them."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from guardian.shortcuts import assign_perm

from contracts.models import ENDED, Contract, ContractAccess, ContractGroupPermission, Status
from contracts.reconciliation import differences
from stakeholders.kinds import Power
from stakeholders.models import User
from stakeholders.permissions import grant, grant_many, visible, withdraw
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from workflow.tasks import lists


def listed(person: User) -> list[str]:
    """The references of the contracts on the person's list."""
    return [contract.reference for contract in lists.contract_listing(person).page(size=1000).rows]


def test_a_grant_is_listed_and_a_withdrawal_takes_it_away(players: Cast) -> None:
    small = small_contract(players)
    assert listed(players.bailleur_oh) == [small.reference, players.contract.reference]
    withdraw(Power.VIEW, players.organisation("org-oh"), small)
    assert listed(players.bailleur_oh) == [players.contract.reference]
    assert listed(players.rtac) == [small.reference, players.contract.reference]
    grant(Power.VIEW, players.organisation("org-oh"), small)
    grant(Power.VIEW, players.organisation("org-oh"), small)  # twice is once
    assert listed(players.bailleur_oh) == [small.reference, players.contract.reference]
    assert differences() == []


def test_a_grant_that_is_rolled_back_leaves_no_row(players: Cast) -> None:
    small = small_contract(players)
    with pytest.raises(RuntimeError), transaction.atomic():
        grant(Power.VIEW, players.organisation("org-voisine"), small)
        assert listed(players.outsider) == [small.reference]
        raise RuntimeError
    assert listed(players.outsider) == []


def test_nobody_lists_a_contract_of_another_commune(players: Cast) -> None:
    small_contract(players)
    for person in (players.outsider, players.admin):
        assert listed(person) == []
    assert players.arles.reference not in listed(players.bailleur_oh)
    assert players.arles.reference not in listed(players.prefete)


def test_paths_that_go_round_our_functions_are_followed_too(players: Cast) -> None:
    small = small_contract(players)
    neighbour, landlord = players.organisation("org-voisine"), players.organisation("org-cl")
    assign_perm(Power.VIEW.value, neighbour.group, small)
    assert listed(players.outsider) == [small.reference]
    ContractGroupPermission.objects.filter(group=neighbour.group).update(group=landlord.group)
    assert listed(players.outsider) == []
    assert small.reference in listed(players.bailleur_cl)
    grant_many(Power.VIEW, Contract, [(neighbour.group_id, small.pk), (neighbour.group_id, players.arles.pk)])
    assert listed(players.outsider) == [small.reference, players.arles.reference]
    ContractGroupPermission.objects.filter(group=neighbour.group).delete()
    assert listed(players.outsider) == []
    assert differences() == []


def test_no_row_outlives_its_contract(players: Cast) -> None:
    small = small_contract(players)
    assert ContractAccess.objects.filter(contract=small).count() == 4
    with as_owner():
        small.delete()
    assert not ContractAccess.objects.exclude(contract__in=[players.contract, players.arles]).exists()


@pytest.mark.parametrize("status", Status.values)
def test_each_status_is_in_its_basket(players: Cast, status: str) -> None:
    Contract.objects.filter(pk=players.contract.pk).update(status=status)
    for row in ContractAccess.objects.filter(contract=players.contract):
        assert row.ended is (status in ENDED)
    grant(Power.VIEW, players.organisation("org-voisine"), players.contract)
    ended = lists.contract_listing(players.outsider, ended=True).page().rows
    running = lists.contract_listing(players.outsider, ended=False).page().rows
    assert (ended, running) == (([players.contract], []) if status in ENDED else ([], [players.contract]))


def test_a_person_of_two_organisations_sees_each_contract_once(players: Cast) -> None:
    small = small_contract(players)
    office = players.rtac.mandates.get().office
    with as_owner():
        players.rtac.mandates.all().delete()
    office.mandates.create(person=players.bailleur_oh, starts_on="2026-01-01")
    listing = lists.contract_listing(players.bailleur_oh)
    assert listing.page().rows == [small, players.contract]
    assert listing.count() == 2
    assert set(listing.page().rows) == set(visible(players.bailleur_oh, Contract.objects.all()))


@pytest.mark.race
def test_a_contract_that_ends_while_somebody_is_granted_it(cast: Cast) -> None:
    """The one waits for the other; whichever is first, the new row says that the contract is over."""
    small = small_contract(cast)
    ended = threading.Event()

    def end() -> None:
        try:
            Contract.objects.filter(pk=small.pk).update(status=Status.SIGNED)
            ended.set()
        finally:
            connection.close()

    with transaction.atomic():
        grant(Power.VIEW, cast.organisation("org-voisine"), small)
        other = threading.Thread(target=end)
        other.start()
        assert not ended.wait(0.5), "the end waits for the grant"
    other.join(20)
    assert ended.is_set()
    assert differences() == []
    assert lists.contract_listing(cast.outsider, ended=True).page().rows == [small]
