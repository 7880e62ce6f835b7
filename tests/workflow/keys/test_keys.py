"""Means of signing on the pages: accepted by another, withdrawn, their end announced."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from signatures import keys
from signatures.models import EnrolledKey
from stakeholders.models import Mandate
from tests.cast import Cast
from tests.companion import tokens
from tests.owner import as_owner
from tests.stage import run_jobs
from tests.workflow.attempts import browser
from workflow.keys import acts
from workflow.keys.jobs import warn_of_ending_keys
from workflow.record.models import JournalEntry

REASON = "Nom d’usage, vérifié sur sa carte d’identité."


@pytest.fixture
def mayors(cast: Cast) -> EnrolledKey:
    """The mayor's certificate, enrolled as a real one whose name is not that of the account."""
    held = keys.of(cast.maire)[0]
    with as_owner():
        EnrolledKey.objects.filter(pk=held.pk).update(
            confirmed_at=None,
            confirmed_by=None,
            differences=[{"account": str(cast.maire), "certificate": "X"}],
        )
    held.refresh_from_db()
    return held


def verbs() -> list[str]:
    return list(JournalEntry.objects.filter(verb__startswith="signing_key").values_list("verb", flat=True))


def post(person: Any, name: str, *arguments: int, **data: str) -> Any:
    client: Client = browser(person)
    return client.post(reverse(name, args=arguments), data)


def test_another_accepts_the_name_and_says_why(cast: Cast, mayors: EnrolledKey) -> None:
    city = Mandate.objects.in_force().filter(person=cast.dgs)[0].office.organisation_id
    page = browser(cast.dgs).get(reverse("organisation", args=[city])).content.decode()
    assert reverse("waiting_keys", args=[city]) in page
    empty = post(cast.dgs, "key_confirm", city, mayors.pk)
    assert empty.status_code == 422
    mayors.refresh_from_db()
    assert not mayors.is_confirmed
    assert (
        post(cast.dgs, "key_confirm", city, mayors.pk, **{f"{mayors.pk}-reason": REASON}).status_code == 302
    )
    mayors.refresh_from_db()
    assert (mayors.is_confirmed, mayors.confirmed_by, mayors.confirmed_why) == (True, cast.dgs, REASON)
    assert verbs() == ["signing_key_confirmed"]
    run_jobs()
    assert [REASON in sent.body for sent in mail.outbox if cast.maire.email in sent.to] == [True]
    for stranger in (cast.pilote_ville, cast.dircab, cast.maire):
        assert post(stranger, "key_confirm", city, mayors.pk).status_code == 404


def test_who_may_accept_a_name_is_asked_to(cast: Cast) -> None:
    other, _pem = tokens.issued("p256", "autre-nom", "Claire Autrement")
    for _twice in range(2):
        key = acts.enrol(cast.maire, "card", other.certificate)
    assert not key.is_confirmed
    run_jobs()
    told = {
        address: sent.body for sent in mail.outbox for address in sent.to if "votre accord" in sent.subject
    }
    city = Mandate.objects.in_force().filter(person=cast.dgs)[0].office.organisation_id
    assert cast.dgs.email in told
    assert "Claire Autrement" in told[cast.dgs.email]
    assert reverse("waiting_keys", args=[city]) in told[cast.dgs.email]
    assert not {cast.maire.email, cast.pilote_ville.email, cast.dircab.email} & set(told)
    assert len([sent for sent in mail.outbox if cast.dgs.email in sent.to]) == 1
    own, _pem = tokens.issued("p256", "au-nom", f"{cast.dgs.first_name} {cast.dgs.last_name}")
    assert acts.enrol(cast.dgs, "card", own.certificate).is_confirmed
    run_jobs()
    assert len([sent for sent in mail.outbox if "votre accord" in sent.subject]) == len(told)


def test_ones_own_is_withdrawn_and_nobody_elses(cast: Cast, mayors: EnrolledKey) -> None:
    assert post(cast.dgs, "key_withdraw", mayors.pk).status_code == 404
    page = browser(cast.maire).get(reverse("signing_keys")).content.decode()
    assert "attend d’être accepté" in page
    for _twice in range(2):
        assert post(cast.maire, "key_withdraw", mayors.pk).status_code == 302
    mayors.refresh_from_db()
    assert mayors.ended_at is not None
    assert verbs() == ["signing_key_withdrawn"]
    assert keys.of(cast.maire) == []
    assert "aucun moyen de signature" in browser(cast.maire).get(reverse("signing_keys")).content.decode()


def test_the_end_of_a_certificate_is_announced_twice_and_once_each(cast: Cast) -> None:
    key = keys.of(cast.maire)[0]
    for days, expected in ((61, 0), (60, 1), (59, 1), (15, 2), (14, 2), (1, 2)):
        with as_owner():
            end = timezone.now() + dt.timedelta(days=days) - dt.timedelta(minutes=1)
            EnrolledKey.objects.filter(owner=cast.maire).update(not_after=end)
        warn_of_ending_keys(0)
        assert JournalEntry.objects.filter(verb="signing_key_ending", payload__key=key.pk).count() == expected
    run_jobs()
    told = [sent.subject for sent in mail.outbox if cast.maire.email in sent.to]
    assert len(told) == 2
    assert all("prend fin le" in subject for subject in told)
