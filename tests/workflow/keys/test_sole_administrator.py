"""A certificate under another name, of who alone administers their organisation: the platform accepts it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from signatures.models import EnrolledKey
from stakeholders.models import Mandate, Office, User
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.companion import tokens
from tests.owner import as_owner
from tests.stage import run_jobs
from tests.workflow.attempts import browser
from workflow.keys import acts
from workflow.record.models import JournalEntry

REASON = "Nom d’usage, vérifié sur sa carte d’identité."


def administrators(cast: Cast) -> Any:
    """Return the mandates by which the city is administered."""
    city = cast.organisation("org-ville")
    return Mandate.objects.in_force().filter(office__organisation=city, office__administers=True)


@pytest.fixture
def alone(cast: Cast) -> EnrolledKey:
    """The key of the DGS, under another name; nobody else administers the city."""
    assert [mandate.person for mandate in administrators(cast)] == [cast.dgs]
    other, _pem = tokens.issued("p256", "autre-nom", "Claire Autrement")
    return acts.enrol(cast.dgs, "card", other.certificate)


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().replace("\xa0", " ").split())


def accepted(client: Client, key: EnrolledKey, reason: str = REASON) -> Any:
    return client.post(reverse("platform_keys"), {"key": key.pk, f"{key.pk}-reason": reason})


def test_the_platform_is_asked_and_accepts_with_a_reason(cast: Cast, alone: EnrolledKey) -> None:
    assert not alone.is_confirmed
    assert "accepté par l’administration de la plateforme" in text(
        browser(cast.dgs).get(reverse("signing_keys"))
    )
    run_jobs()
    asked = {address: sent.body for sent in mail.outbox for address in sent.to if "accord" in sent.subject}
    assert set(asked) == {cast.admin.email}
    assert reverse("platform_keys") in asked[cast.admin.email]
    [waits] = [sent.body for sent in mail.outbox if cast.dgs.email in sent.to]
    assert "l’administration de la plateforme doit donc accepter" in waits
    client = with_second_factor(cast.admin)
    page = text(client.get(reverse("platform_keys")))
    assert "Claire Autrement" in page and cast.dgs.email in page
    assert accepted(client, alone, "").status_code == 422
    assert accepted(client, alone).status_code == 302
    alone.refresh_from_db()
    assert (alone.is_confirmed, alone.confirmed_by, alone.confirmed_why) == (True, cast.admin, REASON)
    entry = JournalEntry.objects.get(verb="signing_key_confirmed")
    assert (entry.actor, entry.payload["reason"]) == (cast.admin, REASON)
    assert "plateforme" in entry.quality
    assert "n’attend plus" in text(client.get(accepted(client, alone).headers["Location"]))
    assert JournalEntry.objects.filter(verb="signing_key_confirmed").count() == 1


def test_nobody_else_does_nor_oneself(cast: Cast, alone: EnrolledKey) -> None:
    for person in (cast.dgs, cast.maire, cast.outsider):
        assert accepted(with_second_factor(person), alone).status_code == 404
    User.objects.filter(pk=cast.dgs.pk).update(is_superuser=True, is_staff=True)
    itself = with_second_factor(User.objects.get(pk=cast.dgs.pk))
    assert "Claire" not in text(itself.get(reverse("platform_keys")))
    assert accepted(itself, alone).status_code == 302
    alone.refresh_from_db()
    assert not alone.is_confirmed


def test_the_platform_is_not_asked_where_a_colleague_may_accept(cast: Cast, alone: EnrolledKey) -> None:
    theirs = Mandate.objects.in_force().filter(person=cast.pilote_ville, limited_type=None)
    with as_owner():
        Office.objects.filter(mandates__in=theirs).update(administers=True)
    assert administrators(cast).exclude(person=cast.dgs).exists()
    client = with_second_factor(cast.admin)
    assert "Claire" not in text(client.get(reverse("platform_keys")))
    assert accepted(client, alone).status_code == 302
    alone.refresh_from_db()
    assert not alone.is_confirmed
    page = text(browser(cast.dgs).get(reverse("signing_keys")))
    assert "accepté par qui administre votre organisation" in page
