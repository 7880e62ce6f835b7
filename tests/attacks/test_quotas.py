"""Somebody wants us to fill a stranger's mailbox, or to make any mailbox speak for an organisation."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders import quotas
from stakeholders.invitations import Invitation
from stakeholders.models import Office, Organisation, Role, User
from stakeholders.quotas import Quota, QuotaSpent, Spending
from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import LINA, named
from workflow.powers import appointments
from workflow.record.refusals import Invalid, TooMany

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def test_twenty_five_invitations_to_one_stranger(cast: Cast) -> None:
    """As it was done: 25 in a second, to one address however it is written; three leave, the rest wait."""
    city = cast.organisation("org-ville")
    client = Client()
    client.force_login(cast.dgs, backend=BACKEND)
    statuses = []
    for number in range(25):
        office = Office.objects.create(organisation=city, title=f"Mission {number}", role=Role.CONTRIBUTOR)
        address = ("stranger@elsewhere.example", f"STRANGER+{number}@Elsewhere.example")[number % 2]
        form = {"email": address, "first_name": "Anna", "last_name": "Roux", "office": office.pk}
        answer = client.post(reverse("invitation_add", args=[city.pk]), {**form, "starts_on": "2026-01-05"})
        statuses.append(answer.status_code)
    assert statuses == [302] * 3 + [429] * 22
    assert Invitation.objects.count() == 3
    said = answer.content.decode()
    assert "réessayez après le" in said
    assert 'value="Roux"' in said, "nothing typed is lost"


def test_many_strangers_by_one_sender(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        quotas.QUOTAS,
        "invitation",
        {"sender": Quota(4, 9), "organisation": Quota(9, 9), "recipient": Quota(9, 9)},
    )
    city = cast.organisation("org-ville")
    office = Office.objects.create(organisation=city, title="Mission", role=Role.CONTRIBUTOR)
    facts = {"office": office, "first_name": "A", "last_name": "B", "civility": "", "ends_on": None}
    for number in range(4):
        given = {**facts, "email": f"s{number}@elsewhere.example", "starts_on": timezone.localdate()}
        actions_invite(cast, city, given)
    with pytest.raises(TooMany) as refused:
        actions_invite(cast, city, {**given, "email": "last@elsewhere.example"})
    assert dt.timedelta(minutes=55) < refused.value.until - timezone.now() <= dt.timedelta(hours=1)
    spent, before = list(Spending.objects.all()), timezone.now() - dt.timedelta(hours=2)
    Spending.objects.all().delete()  # as the application may; it changes none
    Spending.objects.bulk_create([Spending(key=one.key, at=before) for one in spent])
    actions_invite(cast, city, {**given, "email": "later@elsewhere.example"})


def actions_invite(cast: Cast, city: Organisation, facts: dict[str, object]) -> None:
    appointments.invite(cast.dgs, city, **facts)  # type: ignore[arg-type]


def test_at_once_counts_as_one_after_the_other(transactional_db: None) -> None:
    """Twenty processes at the same moment: as many pass as the quota has."""

    def one(_number: int) -> bool:
        try:
            quotas.spend("account mail", recipient="a@ville.example")
        except QuotaSpent:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(one, range(20))) == quotas.QUOTAS["account mail"]["recipient"].hour


def test_mails_of_accounts_are_bounded_known_or_not(db: None) -> None:
    """Resets and codes together, from any browser; a stranger's address is answered alike; it says when."""
    User.objects.create_user("claire@ville.example", "un mot de passe de test")
    seen = {}
    for address in ("claire@ville.example", "nobody@ville.example"):
        statuses = []
        for number in range(14):
            cache.clear()  # the tries of the form are counted apart
            form = "account_reset_password" if number % 2 else "account_request_login_code"
            answer = Client().post(reverse(form), {"email": address})
            statuses.append(answer.status_code)
        seen[address] = statuses
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 3000
        assert "réessayez après le" in answer.content.decode()
    assert seen["claire@ville.example"][10:] == seen["nobody@ville.example"][10:] == [429] * 4
    assert len(mail.outbox) <= 10


def test_contacts_are_bounded(cast: Cast) -> None:
    contracts = [plot.opened(small_contract(cast, f"CSI-00-2026-93{n}")) for n in range(8)]
    done = 0
    with pytest.raises(TooMany):
        for contract in contracts:
            named(cast, contract)
            done += 1
    assert done == quotas.QUOTAS["contact"]["recipient"].hour


def test_a_mailbox_of_nowhere_speaks_for_a_partner_without_domain(cast: Cast) -> None:
    """Without a domain no address of a pilot's is taken; neither one that only looks like the domain."""
    contract = plot.opened(small_contract(cast))
    partner = cast.organisation("org-oh")
    partner.email_domain = ""
    with pytest.raises(Invalid, match="domaine de messagerie"):
        named(cast, contract)
    partner.email_domain = "orme-habitat.example"
    for address in (
        "lina@evil-orme-habitat.example",
        "lina@orme-habitat.example.evil.example",
        "orme-habitat.example@evil.example",
    ):
        with pytest.raises(Invalid):
            named(cast, contract, email=address)
    assert named(cast, contract, email=LINA.upper().replace("LINA", "lina")).email == LINA
