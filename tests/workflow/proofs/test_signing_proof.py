"""What an organisation asks of its signatories is asked, and a stronger proof is always accepted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import override_settings
from django.urls import reverse

from contracts.models import Contract
from signatures.models import Confirmation
from stakeholders.models import Organisation
from stakeholders.permissions import establish_organisation
from stakeholders.proofs import Proof
from tests import plot
from tests.cast import PASSWORD, Cast
from tests.codes import code_of, in_time
from tests.signatures.device import Device
from tests.trust import trust
from tests.workflow.sockets import logged_in


class Desk:
    """The prefect at the signature page of a contract whose organisation asks for a proof."""

    def __init__(self, cast: Cast, required: Proof) -> None:
        self.contract: Contract = plot.at_signing(cast)
        Organisation.objects.filter(pk=cast.organisation("org-pref").pk).update(signing_proof=required)
        self.person, self.browser = cast.prefete, logged_in(cast.prefete)
        self.where = [self.contract.pk, plot.task(self.contract, "sign").pk]
        self.document = plot.envelope(self.contract).current_sha256

    def page(self) -> str:
        return self.browser.get(reverse("task", args=self.where)).content.decode()

    def confirm(self, **proof: Any) -> tuple[int, str]:
        """Give a proof; return the status and the page."""
        sent = {"document_sha256": self.document, **proof}
        answer = self.browser.post(reverse("sign_confirm", args=self.where), sent)
        return answer.status_code, answer.content.decode()

    def passkey(self, device: Device) -> str:
        """Have the device answer what the page asks."""
        asked = self.browser.post(
            reverse("sign_challenge", args=self.where), {"document_sha256": self.document}
        )
        return json.dumps(device.answer(asked.json()["request_options"]))


@pytest.fixture
def secret() -> str:
    return str(generate_totp_secret())


def test_a_password_is_refused_where_a_passkey_is_asked(cast: Cast) -> None:
    desk = Desk(cast, Proof.PASSKEY)
    assert "Votre mot de passe" not in desk.page()
    status, page = desk.confirm(password=PASSWORD)
    assert status == 422
    assert "demande davantage pour signer : clé d’accès" in page
    assert "Sécurité de mon compte" in page
    assert not Confirmation.objects.exists()


def test_a_code_is_refused_where_a_passkey_is_asked_and_accepted_where_it_is(cast: Cast, secret: str) -> None:
    desk = Desk(cast, Proof.PASSKEY)
    trust(TOTP.activate(desk.person, secret).instance)
    assert desk.confirm(code=code_of(secret))[0] == 422
    Organisation.objects.update(signing_proof=Proof.CODE)
    assert "Code de votre application" in desk.page()
    assert "Votre mot de passe" not in desk.page()
    assert desk.confirm(password=PASSWORD)[0] == 422
    wrong = "000000" if code_of(secret) != "000000" else "111111"
    status, page = desk.confirm(code=wrong)
    assert status == 422
    assert "Code incorrect" in page
    (status, page), _code = in_time(
        secret, lambda code: desk.confirm(code=code), accepted=lambda answer: answer[0] == 200
    )
    assert status == 200
    assert "Identité confirmée" in page


@pytest.mark.parametrize("required", list(Proof))
def test_a_passkey_is_enough_everywhere(cast: Cast, required: Proof) -> None:
    desk, device = Desk(cast, required), Device(cast.prefete)
    status, page = desk.confirm(credential=desk.passkey(device))
    assert status == 200
    assert "Identité confirmée" in page


def test_a_document_that_changed_is_read_again_before_the_key_signs(cast: Cast) -> None:
    desk = Desk(cast, Proof.PASSKEY)
    Device(cast.prefete)
    asked = desk.browser.post(reverse("sign_challenge", args=desk.where), {"document_sha256": "0" * 64})
    assert asked.status_code == 409
    assert "relisez-le" in asked.json()["error"]


@pytest.mark.parametrize("rubbish", ["", "{", "[]", "3", '{"id": "x"}'])
def test_a_credential_that_is_none_is_refused(cast: Cast, rubbish: str) -> None:
    desk = Desk(cast, Proof.PASSWORD)
    Device(cast.prefete)
    assert desk.confirm(credential=rubbish)[0] == 422
    assert not Confirmation.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("demonstration", "asked"), [(True, Proof.PASSWORD), (False, Proof.PASSKEY)])
def test_a_passkey_is_asked_by_default_outside_a_demonstration(demonstration: bool, asked: Proof) -> None:
    with override_settings(DEMONSTRATION=demonstration):
        made = establish_organisation(code="neuve", name="Neuve", short_name="Neuve", kind="municipality")
    assert made.signing_proof == asked


def test_a_form_without_a_key_is_refused_in_words(cast: Cast) -> None:
    """Sent before its script, or without: above the form, as its own field is not seen."""
    desk = Desk(cast, Proof.PASSKEY)
    Device(desk.person)
    for by_hand in ("", "0", '{"rawId": 40000000000, "response": {}}'):
        status, page = desk.confirm(credential=by_hand)
        assert status == 422
        # once as what went wrong; once more in what the script would say
        assert page.count("Aucune clé n’a été donnée. Recommencez, ou choisissez un autre moyen.") == 2
    assert not Confirmation.objects.exists()
