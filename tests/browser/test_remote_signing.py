"""The mayor signs by a remote service, in our real pages and its own: led there, authorised, led back."""

from __future__ import annotations

import copy
import os

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from signatures.models import SignatureRequest
from stakeholders.models import User
from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast
from tests.csc.pages import offered
from tests.csc.server import StrictService
from tests.stage import run_jobs, working

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SHOTS = os.environ.get("SHOTS")  # a folder, to look at what was seen


def authorises(page: Page, person: User) -> None:
    """Say who one is, on the service's own page, and authorise."""
    expect(page.get_by_role("heading", name="Autoriser la signature")).to_be_visible()
    page.get_by_label("Compte").fill(person.get_username())
    page.get_by_label("Code PIN").fill("2468")
    page.get_by_role("button", name="Autoriser").click()


def shot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def leads_to(strict: StrictService) -> override_settings:
    """Let our forms lead to the service, as the settings of an installation that names it do."""
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"].append(strict.origin)
    return override_settings(CONTENT_SECURITY_POLICY=policy)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_mayor_signs_by_a_remote_service(
    browser: Browser, cast: Cast, live_url: str, *, phone: bool
) -> None:
    contract, person = plot.at_signing(cast), cast.maire
    plot.record_resolution(contract)
    plot.sign_next(contract)
    with (
        override_settings(PUBLIC_URL=live_url),
        offered("2", person) as strict,
        leads_to(strict),
    ):
        actor = Actor(browser, live_url, person, phone=phone)
        page = actor.page
        page.goto(f"{live_url}{reverse('signing_keys')}")
        page.get_by_role("link", name="Service de signature à distance").click()
        actor.is_accessible()
        shot(page, f"services-{phone}")
        page.get_by_role("button", name="M’identifier chez").click()
        authorises(page, person)
        expect(page.get_by_role("heading", name="Choisir votre certificat")).to_be_visible()
        actor.is_accessible()
        shot(page, f"choose-{phone}")
        page.get_by_role("button", name="Enregistrer").click()
        expect(page.get_by_text("Ce moyen de signature est enregistré.")).to_be_visible()
        key = person.signing_keys.get(means="csc")
        waiting = plot.task(contract, "sign")
        page.goto(f"{live_url}{reverse('task', args=[contract.pk, waiting.pk])}?key={key.pk}")
        actor.is_accessible()
        shot(page, f"sign-{phone}")
        with working():
            page.get_by_role("button", name="Signer", exact=True).click()  # the first click
            authorises(page, person)  # led there by itself once prepared; the one proof, and the second click
            expect(page.get_by_text("Votre signature est apposée et vérifiée").first).to_be_visible(
                timeout=30_000
            )
        actor.is_accessible()
        shot(page, f"done-{phone}")
        made = SignatureRequest.objects.get(key=key)
        assert made.state == SignatureRequest.State.DONE
        assert len(strict.keys[f"cle-{person.pk}"].signed) == 1
        actor.close()
    run_jobs()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_codes_are_typed_and_several_are_signed(
    browser: Browser, cast: Cast, live_url: str, *, phone: bool
) -> None:
    contract, person = plot.at_signing(cast), cast.prefete
    with (
        override_settings(PUBLIC_URL=live_url),
        offered("1", person) as strict,
        leads_to(strict),
    ):
        strict.keys[f"cle-{person.pk}"].mode = "explicit"
        actor = Actor(browser, live_url, person, phone=phone)
        page = actor.page
        page.goto(f"{live_url}{reverse('csc_enrol')}")
        page.get_by_role("button", name="M’identifier chez").click()
        authorises(page, person)
        page.get_by_role("button", name="Enregistrer").click()
        key = person.signing_keys.get(means="csc")
        page.goto(f"{live_url}{reverse('sign_many')}")
        actor.is_accessible()
        shot(page, f"many-{phone}")
        page.get_by_role(
            "checkbox", name=f"J’ai lu ce document, les avis et les réserves {contract.reference}"
        ).check()
        page.get_by_role("checkbox", name=f"Le signer {contract.reference}").check()
        page.get_by_label("Signer avec").select_option(str(key.pk))
        page.get_by_role("button", name="Continuer").click()
        actor.is_accessible()
        shot(page, f"many-confirm-{phone}")
        with working():
            page.get_by_role("button", name="Signer", exact=True).click()
            authorises(page, person)
            expect(page.get_by_label("Code PIN")).to_be_visible(timeout=30_000)
            actor.is_accessible()
            shot(page, f"codes-{phone}")
            page.get_by_label("Code PIN").fill("2468")
            page.get_by_role("button", name="Signer", exact=True).click()
            expect(page.get_by_text("Votre signature est apposée et vérifiée").first).to_be_visible(
                timeout=30_000
            )
        assert SignatureRequest.objects.get(key=key).state == SignatureRequest.State.DONE
        actor.close()
