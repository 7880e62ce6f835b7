"""What a guest sees: the contract they were asked about, and nothing else, by pages, files and sockets."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from stakeholders.kinds import Power
from stakeholders.models import User
from stakeholders.permissions import audience, mandate_for, visible
from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import code_for, kept_asked
from tests.workflow.sockets import page, watching
from workflow.guests import acts as guests_acts
from workflow.guests import contacts as guests_contacts
from workflow.guests.models import GuestLink
from workflow.opinions import acts as opinions_acts
from workflow.record.refusals import NotAllowed
from workflow.tasks import lists

MOVED = "rights_changed"


@pytest.fixture
def invited(cast: Cast) -> tuple[Contract, GuestLink, User]:
    """Bring a guest of the landlord in."""
    contract, link = kept_asked(cast)
    entry = guests_acts.enter(link.identifier, code_for(link))
    assert entry.person is not None
    return contract, link, entry.person


@pytest.fixture
def other(cast: Cast) -> Contract:
    """Bring another contract of the same landlord to the same moment."""
    found = plot.opened(small_contract(cast, "CSI-00-2026-902"))
    plot.draft_and_freeze(found)
    return found


def browser(person: User) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def test_a_guest_sees_one_contract_and_does_one_task(
    cast: Cast, invited: tuple[Contract, GuestLink, User], other: Contract
) -> None:
    contract, _link, guest = invited
    own = plot.task(contract, "review", cast.organisation("org-oh"))
    foreign = plot.task(other, "review", cast.organisation("org-oh"))
    client = browser(guest)
    for name, number in (("contract", ()), ("version", (1,)), ("version_pdf", (1,)), ("journal", ())):
        assert client.get(reverse(name, args=[contract.pk, *number])).status_code == 200, name
        assert client.get(reverse(name, args=[other.pk, *number])).status_code == 404, name
    assert client.get(reverse("task", args=[other.pk, foreign.pk])).status_code == 404
    assert [task.pk for task in lists.tasks_of(guest)] == [own.pk]
    listed = client.get(reverse("contract_list")).content.decode()
    assert contract.reference in listed
    assert other.reference not in listed
    with pytest.raises(NotAllowed):
        sha256 = plot.version(other).content_sha256
        opinions_acts.give_opinion(guest, foreign.pk, value="favourable", reason="", version_sha256=sha256)
    assert guest.pk in audience(contract)
    assert guest.pk not in audience(other)


def test_a_guest_is_nothing_to_their_organisation_beyond_the_contract(
    cast: Cast, invited: tuple[Contract, GuestLink, User], other: Contract
) -> None:
    contract, _link, guest = invited
    landlord = cast.organisation("org-oh")
    assert mandate_for(guest, Power.REVIEW, landlord) is None
    assert mandate_for(guest, Power.REVIEW, landlord, about=other) is None
    assert mandate_for(guest, Power.REVIEW, landlord, about=contract)
    assert mandate_for(guest, Power.REVIEW, cast.organisation("org-cl"), about=contract) is None
    assert list(visible(guest, Contract.objects.all())) == [contract]
    for power in set(Power) - {Power.REVIEW, Power.VIEW}:
        assert mandate_for(guest, power, landlord, about=contract) is None


def test_a_guest_does_not_open_another_organisation_s_task(
    cast: Cast, invited: tuple[Contract, GuestLink, User]
) -> None:
    contract, _link, guest = invited
    foreign = plot.task(contract, "review", cast.organisation("org-rtac"))
    assert browser(guest).get(reverse("task", args=[contract.pk, foreign.pk])).status_code == 404


def test_a_guest_is_told_of_one_contract_only(
    cast: Cast, invited: tuple[Contract, GuestLink, User], other: Contract, live_url: str
) -> None:
    contract, _link, guest = invited
    with page(live_url, guest, other, after=0) as curious:
        assert curious.close_code() == 4403
        assert curious.told == []
    with watching(live_url, guest, after=0) as inbox:
        plot.opine(other, plot.task(other, "review", cast.organisation("org-rtac")))
        plot.opine(contract, plot.task(contract, "review", cast.organisation("org-rtac")))
        assert inbox.hear_until("opinion_given")["contract"] == contract.pk
        told = {message.get("contract") for message in inbox.told if message["kind"] not in {"hello", MOVED}}
        assert told == {contract.pk}


def test_the_socket_of_a_guest_whose_link_was_reported_closes(
    cast: Cast, invited: tuple[Contract, GuestLink, User], live_url: str
) -> None:
    contract, link, guest = invited
    with (
        watching(live_url, guest, contract) as theirs,
        watching(live_url, cast.bailleur_oh, contract) as colleague,
    ):
        guests_acts.report(link.identifier, reason="")
        assert theirs.close_code() == 4403
        told = colleague.hear_until("guest_link_reported")
        assert "cette demande ne la concerne pas" in told["text"]


def test_the_socket_of_a_guest_who_was_removed_closes(
    cast: Cast, invited: tuple[Contract, GuestLink, User], live_url: str
) -> None:
    contract, link, guest = invited
    mandate = cast.pilote_ville.mandates.get()
    with watching(live_url, guest, contract) as theirs:
        guests_contacts.remove_contact(cast.pilote_ville, link.contact_id, mandate=mandate)
        assert theirs.close_code() == 4403
