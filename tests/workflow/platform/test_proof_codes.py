"""A colleague's means of proof counts at once by a code that another administrator says by voice."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signatures import means
from signatures.models import ProofMeans
from stakeholders.models import User
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.workflow.sockets import logged_in
from workflow.platform import acts
from workflow.record.models import JournalEntry
from workflow.record.refusals import Locked, NotAllowed

HOME = "platform_administrators"


def password_of(person: User) -> ProofMeans:
    means.password_came_by_mail(person)
    return ProofMeans.objects.get(user=person, authenticator=None)


@pytest.fixture
def second(players: Cast) -> User:
    person, _opened = acts.add_administrator(
        players.admin, email="second@plateforme.example", civility="", first_name="Sonia", last_name="Second"
    )
    return person


def asked(browser: Client, waiting: ProofMeans, **extra: Any) -> Any:
    return browser.post(reverse("platform_proof_code", args=[waiting.pk]), **extra)


def test_the_code_is_shown_once_journaled_and_has_the_password_count(players: Cast, second: User) -> None:
    waiting, browser = password_of(second), with_second_factor(players.admin)
    page = browser.get(reverse(HOME)).content.decode()
    assert "Remettre un code" in page and reverse("platform_proof_code", args=[waiting.pk]) in page
    shown = asked(browser, waiting)
    assert "no-store" in shown.headers["Cache-Control"]
    [code] = re.findall(r"<code>(\d{8})</code>", shown.content.decode())
    assert not means.password_counts(second)
    means.confirm(second, waiting.pk, code)
    assert means.password_counts(second)
    entry = JournalEntry.objects.filter(verb="proof_code_given").get()
    assert (entry.actor, entry.payload["person"]) == (players.admin, second.pk)
    assert code not in str(entry.payload)
    assert asked(browser, waiting).status_code == 404, "it counts: nothing is left to confirm"


def test_nobody_is_given_one_for_themselves(players: Cast) -> None:
    waiting, browser = password_of(players.admin), with_second_factor(players.admin)
    page = browser.get(reverse(HOME)).content.decode()
    assert "Un autre administrateur vous remet le code." in page
    assert reverse("platform_proof_code", args=[waiting.pk]) not in page
    assert asked(browser, waiting).headers["Location"] == reverse(HOME)
    waiting.refresh_from_db()
    assert waiting.code_hash == ""
    with pytest.raises(Locked):
        acts.give_proof_code(players.admin, waiting)
    assert not JournalEntry.objects.filter(verb="proof_code_given").exists()


def test_who_administers_no_platform_gives_none(players: Cast, second: User) -> None:
    waiting = password_of(second)
    for person in (players.dgs, players.prefete, players.outsider):
        assert asked(logged_in(person), waiting).status_code == 404
        with pytest.raises(NotAllowed):
            acts.give_proof_code(person, waiting)


def test_an_old_proof_gives_none(players: Cast, second: User) -> None:
    waiting, browser = password_of(second), with_second_factor(players.admin)
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    assert "Remettre un code" not in browser.get(reverse(HOME)).content.decode()
    assert asked(browser, waiting).headers["Location"] == reverse(HOME)
    waiting.refresh_from_db()
    assert waiting.code_hash == ""


def test_whom_their_own_organisation_confirms_is_not_the_platform_s(players: Cast) -> None:
    held = ProofMeans.objects.create(user=players.prefete, authenticator=None, since=timezone.now())
    assert asked(with_second_factor(players.admin), held).status_code == 404
