"""A place knows whether its contract is being signed, whoever writes it or the contract's status."""

from __future__ import annotations

import pytest

from contracts.models import Contract, Signatory, Status
from tests.cast import Cast, small_contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(players: Cast) -> Contract:
    return small_contract(players)


def told(contract: Contract) -> set[bool]:
    return set(contract.signatories.values_list("being_signed", flat=True))


def test_places_follow_their_contract(contract: Contract) -> None:
    assert told(contract) == {False}
    for status, expected in ((Status.SIGNING, True), (Status.APPROVAL, False), (Status.SIGNING, True)):
        Contract.objects.filter(pk=contract.pk).update(status=status)
        assert told(contract) == {expected}
    contract.status = Status.SIGNED
    contract.save(update_fields=["status"])
    assert told(contract) == {False}


def test_a_place_that_comes_or_moves_knows_where_it_is(contract: Contract, players: Cast) -> None:
    other = small_contract(players, "CSI-00-2026-901")
    Contract.objects.filter(pk=other.pk).update(status=Status.SIGNING)
    place = contract.signatories.latest("order")
    office, _gone = place.office, place.delete()
    other.signatories.filter(office=office).delete()
    come = Signatory.objects.create(contract=other, office=office, order=9, capacity="Témoin")
    come.refresh_from_db()
    assert come.being_signed
    come.contract = contract
    come.save()
    come.refresh_from_db()
    assert not come.being_signed


def test_nobody_says_otherwise(contract: Contract) -> None:
    contract.signatories.update(being_signed=True)
    assert told(contract) == {False}
    Contract.objects.filter(pk=contract.pk).update(status=Status.SIGNING)
    place = contract.signatories.first()
    assert place is not None
    place.being_signed = False
    place.save()
    assert told(contract) == {True}
