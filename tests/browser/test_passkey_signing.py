"""A passkey as the proof of an act: a signature in the file, a power asked for; Chromium's own WebAuthn."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from signatures import blobs
from signatures.confirmations import lot_of
from signatures.models import PasskeyChallenge, SignatureRequest
from stakeholders.models import Grant, GrantState, Organisation, Role
from stakeholders.proofs import Proof
from tests import plot
from tests.browser.actor import ASKED_OR_SET, Actor
from tests.browser.passkeys import Device, add_passkey, named
from tests.cast import PASSWORD, Cast
from tests.granted import ACT
from tests.stage import run_jobs
from tests.trust import trust
from workflow.powers.acts import ASK
from workflow.powers.appointments import give_office

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def confirmed_by_voice(browser: Browser, cast: Cast, actor: Actor) -> None:
    """The prefecture's administrator reads the code out; the prefect types it on her own page."""
    desk = Actor(browser, actor.url, cast.dircab)
    desk.page.goto(f"{actor.url}{reverse('organisation', args=[cast.organisation('org-pref').pk])}")
    desk.is_accessible()
    desk.page.get_by_role("button", name="Donner un code").click()
    desk.page.get_by_label("Mot de passe").fill(PASSWORD)  # who one is, said again first
    desk.page.get_by_role("button", name="Confirmer").click()
    desk.page.get_by_role("button", name="Donner un code").click()
    code = desk.page.locator("code").inner_text()
    desk.is_accessible()
    desk.close()
    actor.page.goto(f"{actor.url}{reverse('account_means')}")
    actor.is_accessible()
    actor.page.get_by_label("Code reçu de vive voix").fill(code)
    actor.page.get_by_role("button", name="Confirmer").click()
    expect(actor.page.get_by_text("C’est confirmé")).to_be_visible()


def test_the_prefect_signs_with_her_passkey(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_signing(cast)
    Organisation.objects.filter(pk=cast.organisation("org-pref").pk).update(signing_proof=Proof.PASSKEY)
    actor = Actor(browser, named(live_url), cast.prefete)
    device, page = Device(actor.page), actor.page
    address = f"{actor.url}{reverse('task', args=[contract.pk, plot.task(contract, 'sign').pk])}"
    page.goto(address)
    expect(page.get_by_text("demande davantage pour signer")).to_be_visible()
    expect(page.get_by_label("Votre mot de passe")).to_have_count(0)
    actor.is_accessible()
    add_passkey(page, actor.url, PASSWORD)
    page.goto(address)
    expect(page.get_by_label("Votre mot de passe")).to_have_count(0)
    expect(page.get_by_text("n’est pas encore confirmé")).to_be_visible()
    confirmed_by_voice(browser, cast, actor)
    page.goto(address)
    actor.is_accessible()
    confirm = page.get_by_role("button", name="Confirmer avec ma clé d’accès")
    device.recognises_its_owner(False)
    confirm.click()
    expect(page.get_by_role("alert")).to_contain_text("Aucune clé n’a été donnée")
    device.recognises_its_owner(True)
    confirm.click()
    expect(page.get_by_text("Identité confirmée")).to_be_visible()
    page.get_by_role("button", name="Signer", exact=True).click()
    expect(page.get_by_role("heading", name=ASKED_OR_SET)).to_be_visible()
    run_jobs()
    made = SignatureRequest.objects.get(slot__envelope=plot.envelope(contract))
    assert made.state == SignatureRequest.State.DONE
    assert made.user == cast.prefete
    answered = PasskeyChallenge.objects.get(answered_at__isnull=False)
    assert answered.document_sha256 == made.document_sha256
    actor.close()


def test_two_contracts_are_signed_by_one_touch_of_the_passkey(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    """« Signer plusieurs contrats »: read one by one, one challenge over both documents, one answer."""
    two = plot.two_at_signing(cast)
    hashes = [plot.envelope(contract).current_sha256 for contract in two]
    Organisation.objects.filter(pk=cast.organisation("org-pref").pk).update(signing_proof=Proof.PASSKEY)
    actor = Actor(browser, named(live_url), cast.prefete, phone=True, typing=False)
    device, page = Device(actor.page), actor.page
    add_passkey(page, actor.url, PASSWORD)
    trust(Authenticator.objects.get(user=cast.prefete, type=Authenticator.Type.WEBAUTHN))
    page.goto(f"{actor.url}{reverse('sign_many')}")
    for contract in two:
        read = f"J’ai lu ce document, les avis et les réserves {contract.reference}"
        page.get_by_role("checkbox", name=read).check()
        page.get_by_role("checkbox", name=f"Le signer {contract.reference}").check()
    page.get_by_role("button", name="Continuer").click()
    actor.is_accessible()
    expect(page.get_by_label("Votre mot de passe")).to_have_count(0)
    confirm = page.get_by_role("button", name="Confirmer avec ma clé d’accès")
    device.recognises_its_owner(False)
    confirm.click()
    expect(page.get_by_role("alert")).to_contain_text("Aucune clé n’a été donnée")
    assert not SignatureRequest.objects.exists()
    device.recognises_its_owner(True)
    confirm.click()
    expect(page.get_by_role("heading", name="Vos signatures")).to_be_visible()
    run_jobs()
    made = SignatureRequest.objects.order_by("document_sha256")
    assert [(one.user, one.state) for one in made] == [(cast.prefete, SignatureRequest.State.DONE)] * 2
    assert [one.document_sha256 for one in made] == sorted(hashes)
    [answered] = PasskeyChallenge.objects.filter(answered_at__isnull=False)
    assert answered.document_sha256 == lot_of(hashes), "the key signed these two documents, in one answer"
    actor.is_accessible()
    actor.close()


def test_the_passkey_comes_first_and_the_password_stays_at_hand(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    contract = plot.at_signing(cast)
    actor = Actor(browser, named(live_url), cast.prefete, phone=True)
    Device(actor.page)
    page = actor.page
    add_passkey(page, actor.url, PASSWORD)
    trust(Authenticator.objects.get(user=cast.prefete, type=Authenticator.Type.WEBAUTHN))
    page.goto(f"{actor.url}{reverse('task', args=[contract.pk, plot.task(contract, 'sign').pk])}")
    expect(page.get_by_role("button", name="Confirmer avec ma clé d’accès")).to_be_visible()
    expect(page.get_by_label("Votre mot de passe")).not_to_be_visible()
    page.get_by_text("Utiliser plutôt mon mot de passe").click()
    actor.is_accessible()
    page.get_by_label("Votre mot de passe").fill("ce n’est pas lui")
    page.get_by_role("button", name="Confirmer mon identité").click()
    expect(page.get_by_text("Mot de passe incorrect")).to_be_visible()
    page.get_by_label("Votre mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Confirmer mon identité").click()
    expect(page.get_by_text("Identité confirmée")).to_be_visible()
    actor.errors = [error for error in actor.errors if "422" not in error]  # the refused password
    actor.close()


def test_a_power_is_asked_for_with_a_passkey(browser: Browser, cast: Cast, live_url: str) -> None:
    """The same fresh proof as before a signature: this very demand, from a key that counts."""
    town = cast.organisation("org-ville")
    Organisation.objects.filter(pk=town.pk).update(signing_proof=Proof.PASSKEY)
    deputy = town.offices.create(title="Second adjoint", role=Role.DELEGATE)
    today = timezone.localdate()
    facts: dict[str, Any] = {"person": cast.greffe, "office": deputy, "starts_on": today, "ends_on": None}
    drafted = give_office(cast.dgs, town, **facts, act="Arrêté 12", document=blobs.put(ACT))
    assert isinstance(drafted, Grant)
    actor = Actor(browser, named(live_url), cast.dgs)
    device, page = Device(actor.page), actor.page
    add_passkey(page, actor.url, PASSWORD)
    page.goto(f"{actor.url}{reverse('grants')}")
    page.get_by_role("link", name="Second adjoint").click()
    confirm = page.get_by_role("button", name="Confirmer avec ma clé d’accès")
    expect(page.get_by_text("n’est pas encore confirmé")).to_be_visible()
    expect(confirm).to_have_count(0)
    trust(Authenticator.objects.get(user=cast.dgs, type=Authenticator.Type.WEBAUTHN))
    page.reload()
    actor.is_accessible()
    device.recognises_its_owner(False)
    confirm.click()
    expect(page.get_by_role("alert")).to_contain_text("Aucune clé n’a été donnée")
    drafted.refresh_from_db()
    assert drafted.state == GrantState.DRAFTED, "nothing is asked without the key"
    device.recognises_its_owner(True)
    confirm.click()
    expect(page.get_by_text("La demande est envoyée.")).to_be_visible()
    drafted.refresh_from_db()
    assert drafted.state == GrantState.REQUESTED
    answered = PasskeyChallenge.objects.get(answered_at__isnull=False)
    assert answered.document_sha256 == drafted.fingerprint(ASK), "the key signed this demand"
    page.goto(f"{actor.url}{reverse('grants')}")
    actor.is_accessible()
    actor.close()
