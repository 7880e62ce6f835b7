"""A contract whose prefect signs with her card: the card, its enrolment, the signature asked."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from signatures import card
from signatures.backends import certificate_of
from signatures.models import CardSession, EnrolledKey, SignatureRequest
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.companion import tokens
from tests.companion.talks import Typed, run
from tests.stage import run_jobs
from workflow.keys import acts as keys_acts
from workflow.signing import acts as signing_acts

LINK = re.compile(r'href="contreseing-sign:([^"]+)/([0-9A-Z]{12})"')


def card_of(person: User, folder: Path, patch: pytest.MonkeyPatch, algorithm: str = "p256") -> tokens.Card:
    """Make a card in the name of this person's account."""
    key = tokens.issued(algorithm, f"carte-{person.email}", f"{person.first_name} {person.last_name}")
    return tokens.make(folder, patch, key)


def enrolled(person: User, held: tokens.Card) -> EnrolledKey:
    """Enrol the card's certificate straight away."""
    (key,) = held.keys.values()
    certificate = certificate_of(key.certificate.certificate, key.certificate.chain)
    return keys_acts.enrol(person, "card", certificate)


def asked(cast: Cast, held: tokens.Card) -> tuple[Contract, SignatureRequest, int]:
    """Have the prefect ask to sign with her card; the worker prepares the file. Returns also her task."""
    contract = plot.at_signing(cast)
    return contract, *asked_with(cast, contract, enrolled(cast.prefete, held))


def asked_with(cast: Cast, contract: Contract, key: EnrolledKey) -> tuple[SignatureRequest, int]:
    """Have the prefect ask to sign this contract with this key."""
    waiting = plot.task(contract, "sign")
    document = plot.envelope(contract).current_sha256
    signing_acts.sign(cast.prefete, waiting.pk, document_sha256=document, key_id=str(key.pk))
    run_jobs()
    return SignatureRequest.objects.select_related("key", "user").get(), waiting.pk


def page_of(person: User, contract: Contract, task: int) -> str:
    """Return the page that waits, as the person reads it."""
    client = Client()
    client.force_login(person)
    return unescape(client.get(reverse("task_done", args=[contract.pk, task])).content.decode())


def code_on(page: str) -> str:
    """Return the code that a page shows."""
    found = LINK.search(page)
    assert found, page
    assert f"{found[2][:4]}-{found[2][4:8]}-{found[2][8:]}" in page, "also to be typed by hand"
    return found[2]


def started(url: str, code: str, folder: Path, answers: list[str], **more: Any) -> Typed:
    """Start the program with this code; returns what was said."""
    talk = Typed(answers, **more)
    run(talk, url, folder, code=code)
    return talk


def last(person: User, request: SignatureRequest | None = None) -> CardSession:
    """Return the last conversation."""
    found = card.last_of(person, request)
    assert found is not None
    return found
