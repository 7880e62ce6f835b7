"""Codes, links and receipts are kept as they were sent, without what gives access; their fate is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from stakeholders.models import User
from stakeholders.secret_mails import SECRETS
from tests import mailbox
from tests.cast import Cast
from tests.post import mail_server, words
from tests.stage import run_jobs
from tests.workflow.notices.test_server_trials import later
from workflow.notices.models import Fate, KeptMail
from workflow.record.models import Event


@pytest.fixture(autouse=True)
def as_installed(settings: Any) -> None:
    """What the pages send goes where an installation has it go."""
    settings.EMAIL_BACKEND = "workflow.notices.mail.QueuedBackend"


def test_a_login_code_is_kept_without_the_code(cast: Cast) -> None:
    Client().post(reverse("account_request_login_code"), {"email": cast.rtac.email.upper()})
    sent = mailbox.last()
    [code] = re.findall(r"^[A-Z0-9-]{6,}$", sent["body"], re.M)
    kept = KeptMail.objects.get(person=cast.rtac)
    assert kept.subject == sent["subject"] and "[…]" in kept.body
    assert code not in kept.body and kept.body.replace("[…]", code) == sent["body"]


def test_a_link_to_choose_a_password_is_kept_without_the_link(cast: Cast) -> None:
    Client().post(reverse("account_reset_password"), {"email": cast.rtac.email})
    sent = mailbox.last()
    [link] = re.findall(r"https?://\S+#\S+", sent["body"])
    kept = KeptMail.objects.get(person=cast.rtac)
    assert link in sent["body"] and "#" not in kept.body
    assert kept.body.replace("[…]", link) == sent["body"]


def test_an_address_that_is_nobody_s_is_not_kept(cast: Cast) -> None:
    Client().post(reverse("account_reset_password"), {"email": "inconnu@ailleurs.example"})
    assert not KeptMail.objects.exists()


def test_a_mail_of_a_kind_that_nobody_declared_is_kept_without_its_words(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a later allauth sends: rather no words than a code."""
    monkeypatch.delitem(SECRETS, "account/email/login_code")
    Client().post(reverse("account_request_login_code"), {"email": cast.rtac.email})
    assert mailbox.last()["to"] == cast.rtac.email
    assert KeptMail.objects.get(person=cast.rtac).body == "[…]"


def refused(person: User) -> list[tuple[str, str]]:
    """Ask for a login code that the mail server refuses for good; return who was mailed then, and what."""
    KeptMail.objects.all().delete()
    Client().post(reverse("account_request_login_code"), {"email": person.email})
    with mail_server() as post:
        post.refused[person.email] = "550 5.1.1 no such mailbox"
        run_jobs()
        later()
    assert post.asked.count(person.email) == 1, "a 5xx is not tried again"
    return [(to[0], words(message)) for to, message in post.received]


def test_who_administers_the_organisation_is_told_of_a_mailbox_that_refuses(cast: Cast) -> None:
    [(to, said)] = refused(cast.pilote_ville)
    assert to == cast.dgs.email
    assert f"n’a pas pu être remis à {cast.pilote_ville}" in said and "Votre code de connexion" in said
    assert reverse("organisation", args=[cast.organisation("org-ville").pk]) in said
    lost = KeptMail.objects.get(person=cast.pilote_ville)
    assert lost.fate == Fate.REFUSED
    telling = KeptMail.objects.get(lost=lost)
    assert telling.person == cast.dgs
    assert not Event.objects.filter(kind="mail_not_delivered").exists(), "of no contract"
    lost.delete()  # forgotten first, being older
    telling.refresh_from_db()
    assert telling.lost is None


def test_a_mailbox_that_refuses_all_day_is_told_of_once_and_the_telling_of_nobody(cast: Cast) -> None:
    with mail_server() as post:
        post.refused.update({cast.pilote_ville.email: "550 5.1.1 no", cast.dgs.email: "550 5.1.1 no"})
        for _time in range(2):
            Client().post(reverse("account_request_login_code"), {"email": cast.pilote_ville.email})
            run_jobs()
            later()
    assert post.asked.count(cast.pilote_ville.email) == 2
    assert post.asked.count(cast.dgs.email) == 1
    assert post.received == [], "nobody is told that the administrator was not"
