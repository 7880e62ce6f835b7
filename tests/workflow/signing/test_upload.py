"""Signing with a tool of one's own, on the pages: downloaded, signed elsewhere, brought back."""

from __future__ import annotations

import asyncio
import base64
import html
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from signatures import keys
from signatures.backends.demo import demo
from signatures.models import Confirmation, EnrolledKey, SignatureRequest
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.signatures import others
from tests.stage import run_jobs
from tests.workflow.attempts import browser
from workflow.record.models import JournalEntry
from workflow.signing.models import SigningAct

pytestmark = pytest.mark.django_db


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return plot.to_signing(small_contract(cast))


def address(contract: Contract, name: str) -> str:
    return reverse(name, args=[contract.pk, plot.task(contract, "sign").pk])


def downloaded(client: Client, contract: Contract) -> bytes:
    return bytes(client.get(address(contract, "task_document")).content)


def signed(document: bytes, person: User, field: str = "Signataire-01", **options: Any) -> bytes:
    options.setdefault("bytes_reserved", 40_000)
    level = options.pop("level", "B-B")
    return asyncio.run(others.signed(document, level, person.get_username(), field=field, **options))


def post(client: Client, contract: Contract, document: bytes) -> Any:
    file = SimpleUploadedFile("signé.pdf", document, "application/pdf")
    return client.post(address(contract, "sign_upload"), {"document": file})


def test_the_prefect_signs_elsewhere_and_brings_it_back(cast: Cast, contract: Contract) -> None:
    with as_owner():  # one who enrolled nothing yet: the certificate is, with the first signature
        EnrolledKey.objects.filter(owner=cast.prefete).delete()
    client = browser(cast.prefete)
    page = client.get(address(contract, "task")).content.decode()
    assert "Télécharger le document à signer" in page
    answer = post(client, contract, signed(downloaded(client, contract), cast.prefete))
    assert answer.status_code == 302, html.unescape(answer.content.decode())
    run_jobs()
    act = SigningAct.objects.select_related("request", "confirmation").get(version__contract=contract)
    assert act.request.state == SignatureRequest.State.DONE, act.request.error_text
    assert act.confirmation.proof == Confirmation.Proof.KEY
    (key,) = keys.of(cast.prefete)
    assert key.means == "upload"
    assert tuple(base64.b64decode(one) for one in key.chain) == demo().held_by(cast.prefete).chain
    verbs = set(JournalEntry.objects.values_list("verb", flat=True))
    assert {"signing_key_enrolled", "signature_requested", "signature_made"} <= verbs
    assert not plot.tasks(contract, "sign"), "the circuit went on"


def test_what_is_refused_says_why_and_nothing_is_signed(cast: Cast, contract: Contract) -> None:
    client = browser(cast.prefete)
    document = downloaded(client, contract)
    for brought, said in (
        (document, "ne porte pas votre signature"),
        (b"PK\x03\x04", "n’est pas un PDF"),
        (signed(others.plain(), cast.prefete, "Signature1"), "Ce n’est pas le document à signer"),
        (signed(document, cast.prefete, "Signature1"), "n’est pas à la place prévue"),
    ):
        answer = post(client, contract, brought)
        assert answer.status_code == 422
        assert said in html.unescape(answer.content.decode()).replace("\xa0", " ")
    assert client.post(address(contract, "sign_upload"), {}).status_code == 422
    assert not SigningAct.objects.filter(version__contract=contract).exists()


def test_somebody_elses_certificate_signs_nothing(cast: Cast, contract: Contract) -> None:
    client = browser(cast.prefete)
    document = downloaded(client, contract)
    for other, said in ((cast.maire, "une autre personne"), (cast.dgs, "celui de votre compte")):
        answer = post(client, contract, signed(document, other))
        assert answer.status_code == 422
        assert said in html.unescape(answer.content.decode()).replace("\xa0", " ")
    assert not SignatureRequest.objects.filter(
        slot__envelope__signing_round__version__contract=contract
    ).exists()
    assert not EnrolledKey.objects.get(owner=cast.prefete, means="upload").is_confirmed


def test_nobody_else_brings_it(cast: Cast, contract: Contract) -> None:
    document = downloaded(browser(cast.prefete), contract)
    for person in (cast.maire, cast.pilote_ville, cast.rtac, None):
        assert post(browser(person), contract, document).status_code in (302, 404)
    assert not SigningAct.objects.filter(version__contract=contract).exists()
