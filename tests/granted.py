"""A power asked by one person and confirmed by another, through the acts that the pages call."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from signatures import confirmations
from stakeholders.models import Grant, User
from tests.cast import PASSWORD
from workflow.powers import acts as powers_acts

ACT = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"


def proof(person: User, grant: Grant, purpose: str) -> str:
    """Say again who one is, for one grant."""
    return confirmations.confirm(person, PASSWORD, document_sha256=grant.fingerprint(purpose))


def asked(grant: Grant) -> Grant:
    """Its author sends what they drafted."""
    return powers_acts.request_grant(
        grant.asked_by, grant.pk, confirmation=proof(grant.asked_by, grant, powers_acts.ASK)
    )


def confirmed(grant: Grant, by: User, *, immediately: str = "") -> Grant:
    """A second person confirms, at once if they say why."""
    return powers_acts.confirm_grant(
        by,
        grant.pk,
        confirmation=proof(by, grant, powers_acts.CONFIRM),
        immediately=bool(immediately),
        reason=immediately,
    )


def sent(browser: Client, address: str) -> Grant:
    """Prove on the page of a grant that was just drafted, as its author; return the grant."""
    grant = Grant.objects.get(pk=int(address.strip("/").split("/")[-1]))
    answer = prove(browser, grant, "ask")
    assert answer.status_code == 302, answer.content.decode()
    grant.refresh_from_db()
    return grant


def prove(browser: Client, grant: Grant, purpose: str, password: str = PASSWORD) -> Any:
    """Give one's password on the page of a grant."""
    return browser.post(
        reverse("grant_prove", args=[grant.pk]),
        {"password": password, "document_sha256": grant.fingerprint(purpose)},
    )
