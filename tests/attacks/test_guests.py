"""Somebody who reads a guest's mailbox, and wants more than the opinion that was asked for."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from stakeholders import account_actions
from stakeholders.models import User
from tests import plot
from tests.cast import PASSWORD, Cast, small_contract
from tests.codes import in_time
from tests.invited import LINA, a_minute_later, asked, at, code_in, confirmed, kept_asked, mailbox, text
from tests.workflow.sockets import page, watching
from workflow.guests.models import GuestLink


@pytest.fixture
def holder(cast: Cast) -> User:
    """Somebody who acts for the operator, whose account has no password, and whom the landlord names too."""
    person = User.objects.create_user(LINA, None, first_name="Lina", last_name="Aubrac")
    office = cast.organisation("org-rtac").offices.create(title="Adjointe", role="head", administers=True)
    office.mandates.create(person=person, starts_on=timezone.localdate())
    return person


def scenes(cast: Cast) -> tuple[Contract, GuestLink, Contract]:
    """Return the contract of the link, and another that the person's own office reaches."""
    contract, link = asked(cast)
    other = plot.opened(small_contract(cast, "CSI-00-2026-902"))
    plot.draft_and_freeze(other)
    return contract, link, other


def test_a_guest_s_code_opens_one_mandate_and_not_the_account(cast: Cast, holder: User) -> None:
    contract, link, other = scenes(cast)
    browser = confirmed(link)
    own = plot.task(contract, "review", cast.organisation("org-oh"))
    assert browser.get(reverse("task", args=[contract.pk, own.pk])).status_code == 200
    foreign = plot.task(contract, "review", cast.organisation("org-rtac"))
    assert browser.get(reverse("task", args=[contract.pk, foreign.pk])).status_code == 404
    assert browser.get(reverse("contract", args=[other.pk])).status_code == 404
    assert other.reference not in text(browser.get(reverse("inbox")))
    assert other.reference not in text(browser.get(reverse("contract_list")))
    for name in ("organisation", "register", "absences"):
        assert browser.get(reverse(name, args=[cast.organisation("org-rtac").pk])).status_code == 404, name
    version = plot.version(contract)
    sent = {"value": "favourable", "reason": "", "version_sha256": version.content_sha256}
    refused = browser.post(reverse("task", args=[contract.pk, foreign.pk]), sent)
    assert refused.status_code == 404


def test_a_guest_s_code_gives_no_password_and_no_key(cast: Cast, holder: User) -> None:
    _contract, link, _other = scenes(cast)
    browser = confirmed(link)
    chosen = {"password1": "trois petits chats gris", "password2": "trois petits chats gris"}
    for name in (
        "account_set_password",
        "account_change_password",
        "mfa_index",
        "mfa_add_webauthn",
        "mfa_activate_totp",
        "usersessions_list",
        "signing_keys",
        "card_enrol",
        "csc_enrol",
    ):
        for method in (browser.get, browser.post):
            answer = method(reverse(name), chosen)
            assert answer.status_code in {302, 405}, name
            assert answer.status_code == 405 or reverse("account_login") in answer.headers["Location"], name
    holder.refresh_from_db()
    assert not holder.has_usable_password()
    assert not Authenticator.objects.filter(user=holder).exists()
    assert browser.get(reverse("account_login")).status_code == 200, "whoever wants more logs in"


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_a_guest_s_code_does_not_skip_the_second_factor(
    cast: Cast, holder: User, password: str | None
) -> None:
    holder.set_password(password)
    holder.save(update_fields=["password"])
    contract, link, other = scenes(cast)
    secret = str(generate_totp_secret())
    TOTP.activate(holder, secret)
    browser = Client()
    browser.post(at(link, "guest_code_ask"))
    answer = browser.post(at(link, "guest_code"), {"code": code_in(mailbox()[-1])})
    assert answer.headers["Location"] == reverse("mfa_authenticate")
    assert "_auth_user_id" not in browser.session
    assert browser.get(reverse("contract", args=[contract.pk])).status_code == 302
    in_time(
        secret,
        lambda code: browser.post(reverse("mfa_authenticate"), {"code": code}),
        accepted=lambda given: given.status_code == 302,
    )
    assert browser.get(reverse("contract", args=[contract.pk])).status_code == 200
    assert browser.get(reverse("contract", args=[other.pk])).status_code == 404, "still one mandate"


def test_the_socket_of_a_guest_s_session_hears_of_one_contract(
    cast: Cast, holder: User, live_url: str
) -> None:
    contract, link, other = scenes(cast)
    browser = confirmed(link)
    with page(live_url, browser, other, after=0) as curious:
        assert curious.close_code() == 4403
        assert curious.told == []
    with watching(live_url, browser, after=0) as inbox:
        plot.opine(other, plot.task(other, "review", cast.organisation("org-rtac")))
        plot.opine(contract, plot.task(contract, "review", cast.organisation("org-rtac")))
        assert inbox.hear_until("opinion_given")["contract"] == contract.pk
        told = {message.get("contract") for message in inbox.told if message["kind"] != "hello"}
        assert told - {None} == {contract.pk}


def test_logging_in_opens_the_whole_account_again(cast: Cast, holder: User) -> None:
    _contract, link, other = scenes(cast)
    browser = confirmed(link)
    assert browser.get(reverse("contract", args=[other.pk])).status_code == 404
    holder.set_password(PASSWORD)
    holder.save(update_fields=["password"])
    browser.post(reverse("account_login"), {"login": holder.email, "password": PASSWORD})
    assert browser.get(reverse("contract", args=[other.pk])).status_code == 200
    a_minute_later(link)
    confirmed(link, browser)
    assert browser.get(reverse("contract", args=[other.pk])).status_code == 200, "a code takes nothing away"


def test_a_second_link_adds_its_contract_to_the_session(cast: Cast) -> None:
    first, link = kept_asked(cast)
    second, link_too = asked(cast, "CSI-00-2026-903")
    browser = confirmed(link)
    assert browser.get(reverse("contract", args=[second.pk])).status_code == 404
    confirmed(link_too, browser)
    for contract in (first, second):
        assert browser.get(reverse("contract", args=[contract.pk])).status_code == 200


def test_a_mailbox_that_an_administrator_gave_opens_no_mandate(cast: Cast) -> None:
    victim = User.objects.create_user("ancienne@orme-habitat.example", None, last_name="Ancienne")
    account_actions.change_address(victim, LINA, actor=cast.admin)
    contract, link = asked(cast)
    browser = confirmed(link)
    assert "_auth_user_id" not in browser.session
    assert browser.get(reverse("contract", args=[contract.pk])).status_code == 302
