"""Invitations: mailed, opened without effect, accepted once, by the person alone."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.invitations import Invitation
from stakeholders.models import Mandate, Office, Organisation, User
from stakeholders.quotas import Spending
from tests import mailbox
from tests.cast import PASSWORD, Cast
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.powers import appointments
from workflow.record import journal
from workflow.record.models import JournalEntry

ADDRESS = "Nadia.Nouvelle@ville.example"
CHOSEN = "trois petits chats de gouttière"
TODAY = timezone.localdate  # Paris, as the application counts days


def administrator(organisation: Organisation) -> User:
    """Return who administers an organisation."""
    held = Mandate.objects.in_force().filter(office__organisation=organisation, office__administers=True)
    return held.select_related("person")[0].person


def vacant(organisation: Organisation, title: str = "Chargée de mission", **fields: Any) -> Office:
    return organisation.offices.create(title=title, role="contributor", **fields)


OPENED = "/invitations/ouverte/"


class Invited:
    """An invitation as it was mailed: the organisation, the office, the link."""

    def __init__(self, cast: Cast, email: str = ADDRESS, **facts: Any) -> None:
        self.organisation = cast.organisation("org-ville")
        self.by, self.office = administrator(self.organisation), vacant(self.organisation)
        self.send(email, **facts)

    def send(self, email: str = ADDRESS, **facts: Any) -> None:
        browser = logged_in(self.by)
        answer = browser.post(
            reverse("invitation_add", args=[self.organisation.pk]),
            {
                "email": email,
                "civility": "Mme",
                "first_name": "Nadia",
                "last_name": "Nouvelle",
                "office": self.office.pk,
                "starts_on": TODAY().isoformat(),
                "ends_on": "",
                **facts,
            },
        )
        assert answer.status_code == 302, answer.content.decode()
        self.mail = mailbox.last()
        [link] = re.findall(r"https?://\S+(/invitations/#\S+)", self.mail["body"])
        self.link: str = link
        self.token = self.link.split("#")[1]
        self.pk = Invitation.objects.latest("pk").pk

    def open(self, browser: Client, link: str = "") -> str:
        """Open the link as a browser does; return what the page says."""
        code = (link or self.link).split("#")[1]
        answer = browser.post(reverse("invitation"), {"code": code}, follow=True)
        return str(answer.content.decode())

    def accept(self, browser: Client, password: str = CHOSEN) -> Any:
        self.open(browser)
        return browser.post(OPENED, {"password1": password, "password2": password})


def test_an_invitation_opens_an_account_with_its_office(cast: Cast, client: Client) -> None:
    invited = Invited(cast)
    assert invited.mail["to"] == ADDRESS
    assert "Nadia Nouvelle" in invited.mail["body"]
    kept = Invitation.objects.get()
    assert invited.token not in str(vars(kept)), "the token is kept hashed"
    assert invited.link not in str(list(JournalEntry.objects.values_list("payload", flat=True)))
    for _time in range(2):
        page = invited.open(client)
        assert "Chargée de mission" in page
    assert not User.objects.filter(email__iexact=ADDRESS).exists(), "a GET changes nothing"
    answer = invited.accept(client)
    assert answer.headers["Location"] == reverse("account_login")
    made = User.objects.get(email__iexact=ADDRESS)
    assert (made.first_name, made.last_name) == ("Nadia", "Nouvelle")
    assert made.mandates.get().office == invited.office
    client.post(reverse("account_login"), {"login": ADDRESS, "password": CHOSEN})
    assert client.session["_auth_user_id"] == str(made.pk)
    verbs = list(JournalEntry.objects.order_by("number").values_list("verb", flat=True))
    assert verbs[-3:] == ["invitation_sent", "mandate_given", "invitation_accepted"]
    assert journal.first_break() is None


def test_a_link_serves_once(cast: Cast, client: Client) -> None:
    invited = Invited(cast)
    invited.accept(client)
    again = invited.accept(Client(), "un autre mot de passe bien long")
    assert again.status_code == 409
    assert "a déjà servi" in again.content.decode()
    made = User.objects.get(email__iexact=ADDRESS)
    assert made.check_password(CHOSEN)
    assert made.mandates.count() == 1


@pytest.mark.race
def test_an_invitation_accepted_in_two_tabs_opens_one_account_and_gives_one_mandate(cast: Cast) -> None:
    invited = Invited(cast)
    for turn in range(10):
        invited.office = vacant(invited.organisation, f"Mission {turn}")
        invited.send(f"tab{turn}@ville.example")

        def accept(pk: int = invited.pk) -> None:
            appointments.accept_invitation(pk, person=None, password=CHOSEN)

        assert Counter(at_once(*[accept] * 4)) == {"done": 1, "Locked": 3}
        made = User.objects.get(email=f"tab{turn}@ville.example")
        assert made.mandates.count() == 1
        assert invited.office.mandates.count() == 1
    assert journal.first_break() is None


@pytest.mark.race
def test_a_dated_office_accepted_in_two_tabs_by_a_known_person_is_given_once(cast: Cast) -> None:
    """The lock of the invitation answers; behind it stands the constraint on the days of an office."""
    ends_on = (TODAY() + dt.timedelta(days=90)).isoformat()
    invited = Invited(cast, cast.rtac.email, ends_on=ends_on)
    for turn in range(10):
        invited.office = vacant(invited.organisation, f"Mission {turn}")
        Spending.objects.all().delete()  # one mailbox gets no ten invitations an hour
        invited.send(cast.rtac.email, ends_on=ends_on)

        def accept(pk: int = invited.pk) -> None:
            appointments.accept_invitation(pk, person=cast.rtac)

        assert Counter(at_once(*[accept] * 4)) == {"done": 1, "Locked": 3}
        assert invited.office.mandates.count() == 1


@pytest.mark.race
def test_two_invitations_of_one_address_accepted_at_once_open_one_account(cast: Cast) -> None:
    first = Invited(cast)
    one = first.pk
    first.office = vacant(first.organisation, "Autre mission")
    first.send()
    ended = at_once(
        *[
            lambda pk=pk: appointments.accept_invitation(pk, person=None, password=CHOSEN)
            for pk in (one, first.pk)
        ]
    )
    assert sorted(ended) == ["Locked", "done"]
    assert User.objects.filter(email__iexact=ADDRESS).count() == 1


def test_who_has_an_account_logs_in_and_accepts(cast: Cast) -> None:
    invited = Invited(cast, cast.rtac.email.upper())
    anonymous, other, mine = Client(), logged_in(cast.bailleur_oh), logged_in(cast.rtac)
    for browser in (anonymous, other):
        assert "connectez-vous pour accepter" in invited.open(browser)
        assert invited.accept(browser).status_code == 409
    assert not invited.office.mandates.exists()
    assert cast.rtac.check_password(PASSWORD), "nobody else’s password is set by an invitation"
    invited.open(mine)
    assert mine.post(OPENED).headers["Location"] == reverse("inbox")
    assert invited.office.mandates.get().person == cast.rtac


def test_a_cancelled_or_expired_or_replaced_link_says_so(cast: Cast, client: Client) -> None:
    invited = Invited(cast)
    first = invited.link
    invited.send()
    assert "a été annulée" in invited.open(client, first), "the second one replaces the first"
    Invitation.objects.update(expires_at=F("created_at"))
    assert "a expiré" in invited.open(client)
    assert invited.accept(client).status_code == 409
    invited.send()
    offered = Invitation.objects.pending().get()
    browser = logged_in(invited.by)
    browser.post(reverse("invitation_cancel", args=[invited.organisation.pk, offered.pk]))
    assert invited.accept(client).status_code == 409
    assert not User.objects.filter(email__iexact=ADDRESS).exists()


def test_a_forged_token_finds_nothing(cast: Cast, client: Client) -> None:
    Invited(cast)
    answer = client.post(reverse("invitation"), {"code": "x" * 43})
    assert answer.status_code == 422
    assert "n’ouvre aucune invitation" in answer.content.decode()
    assert client.get(OPENED).headers["Location"] == reverse("invitation")
    assert client.post(OPENED).headers["Location"] == reverse("invitation")


def test_a_weak_or_mistyped_password_opens_nothing(cast: Cast, client: Client) -> None:
    invited = Invited(cast)
    assert invited.accept(client, "court").status_code == 422
    guess = "Nouvelle-Nadia-2026"
    assert "se devine" in invited.accept(client, guess).content.decode()
    answer = client.post(OPENED, {"password1": CHOSEN, "password2": CHOSEN + "s"})
    assert "diffèrent" in answer.content.decode()
    assert not User.objects.filter(email__iexact=ADDRESS).exists()


def test_an_office_given_meanwhile_is_not_given_twice(cast: Cast, client: Client) -> None:
    invited = Invited(cast)
    invited.office.mandates.create(person=cast.greffe, starts_on=TODAY())
    answer = invited.accept(client)
    assert answer.status_code == 409
    assert "quelqu’un d’autre" in answer.content.decode()
    assert not User.objects.filter(email__iexact=ADDRESS).exists(), "no account without its office"
