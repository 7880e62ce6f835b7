"""Passkeys at a real browser, with a virtual device: made, used to log in, renamed, taken away."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse
from playwright.sync_api import Browser, Route, expect

from tests.browser.actor import Actor
from tests.browser.passkeys import Device, add_passkey, named
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAINTED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def log_out(actor: Actor) -> None:
    """Leave by the menu."""
    actor.page.goto(f"{actor.url}{reverse('account_logout')}")
    actor.page.get_by_role("main").get_by_role("button", name="Se déconnecter").click()
    expect(actor.page.get_by_role("heading", name="Se connecter")).to_be_visible()


def test_a_passkey_logs_in_without_a_password(browser: Browser, cast: Cast, live_url: str) -> None:
    actor = Actor(browser, named(live_url), cast.rtac)
    device, page = Device(actor.page), actor.page
    add_passkey(page, actor.url, PASSWORD)
    expect(page.get_by_role("heading", name="Codes de secours")).to_be_visible()
    [key] = device.keys()
    assert key["rpId"] == "localhost"
    assert key["isResidentCredential"]
    log_out(actor)
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_role("heading", name="Mes tâches")).to_be_visible()
    expect(page.locator("details.menu summary")).to_contain_text(cast.rtac.last_name)
    log_out(actor)
    device.recognises_its_owner(False)
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    trouble = page.get_by_role("alert")
    expect(trouble).to_contain_text("Aucune clé n’a été donnée")
    expect(trouble).to_be_focused()
    actor.is_accessible()
    actor.close()


def test_nobody_is_quicker_than_the_script(browser: Browser, cast: Cast, live_url: str) -> None:
    """A form sent before its script is there would go without a key: there is no form to send until then."""
    actor = Actor(browser, named(live_url), cast.rtac)
    device, page = Device(actor.page), actor.page
    add_passkey(page, actor.url, PASSWORD)
    log_out(actor)
    held: list[Route] = []
    page.route("**/passkey*.js", lambda route: held.append(route))
    with page.expect_request("**/passkey*.js"):
        answer = page.goto(f"{actor.url}{reverse('account_login')}", wait_until="commit")
    assert answer is not None
    answer.finished()
    assert page.locator("form").count() == 0, "nothing stands before the script"
    for route in held:
        route.continue_()
    page.unroute("**/passkey*.js")
    button = page.get_by_role("button", name="Utiliser une clé d’accès")
    expect(button).to_be_visible()
    page.evaluate(PAINTED)  # Chromium passes over a click that comes before anything is shown
    button.click()
    expect(page.get_by_role("heading", name="Mes tâches")).to_be_visible()
    assert len(device.keys()) == 1
    actor.close()


def test_a_password_then_asks_for_the_passkey(browser: Browser, cast: Cast, live_url: str) -> None:
    actor = Actor(browser, named(live_url), cast.rtac)
    device, page = Device(actor.page), actor.page
    add_passkey(page, actor.url, PASSWORD)
    log_out(actor)
    page.fill("[name=login]", cast.rtac.email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("heading", name="Encore une vérification")).to_be_visible()
    actor.is_accessible()
    page.goto(f"{actor.url}{reverse('inbox')}")
    expect(page.get_by_role("heading", name="Encore une vérification")).to_be_visible()  # still not in
    page.get_by_role("button", name="Utiliser ma clé d’accès").click()
    expect(page.get_by_role("heading", name="Mes tâches")).to_be_visible()
    assert len(device.keys()) == 1
    actor.close()


def test_a_passkey_is_renamed_and_taken_away_by_its_owner(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    actor = Actor(browser, named(live_url), cast.rtac)
    Device(actor.page)
    page = actor.page
    add_passkey(page, actor.url, PASSWORD, "Téléphone")
    page.goto(f"{actor.url}{reverse('mfa_list_webauthn')}")
    page.get_by_role("link", name="Renommer Téléphone").click()
    page.get_by_label("Nom de la clé").fill("Vieux téléphone")
    page.get_by_role("button", name="Enregistrer").click()
    page.get_by_role("link", name="Retirer Vieux téléphone").click()
    actor.is_accessible()
    page.get_by_role("button", name="Retirer la clé").click()
    expect(page.get_by_text("La clé d’accès est retirée.")).to_be_visible()
    assert not Authenticator.objects.filter(user=cast.rtac).exists(), "nor codes that nothing needs"
    actor.close()


def test_an_address_of_digits_says_why_it_has_no_passkey(browser: Browser, cast: Cast, live_url: str) -> None:
    page = browser.new_context(locale="fr-FR").new_page()
    page.goto(f"{live_url}{reverse('account_login')}")
    page.get_by_role("button", name="Utiliser une clé d’accès").click()
    expect(page.get_by_role("alert")).to_contain_text("adresse nommée")
    page.context.close()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_every_account_page_is_accessible(browser: Browser, cast: Cast, live_url: str, phone: bool) -> None:
    actor = Actor(browser, named(live_url), cast.rtac, phone=phone)
    Device(actor.page)
    actor.page.goto(f"{actor.url}{reverse('mfa_add_webauthn')}")
    actor.is_accessible()  # says again who one is
    add_passkey(actor.page, actor.url, PASSWORD)
    actor.is_accessible()  # the recovery codes
    for name in (
        "mfa_index",
        "mfa_add_webauthn",
        "mfa_list_webauthn",
        "mfa_activate_totp",
        "mfa_generate_recovery_codes",
        "mfa_reauthenticate",
        "mfa_reauthenticate_webauthn",
        "usersessions_list",
        "account_reauthenticate",
    ):
        actor.page.goto(f"{actor.url}{reverse(name)}")
        actor.is_accessible()
    log_out(actor)
    for name in ("account_login", "account_request_login_code"):
        actor.page.goto(f"{actor.url}{reverse(name)}")
        actor.is_accessible()
    actor.page.get_by_label("Adresse électronique").fill(cast.rtac.email)
    actor.page.get_by_role("button", name="Envoyer le code").click()
    expect(actor.page.get_by_role("heading", name="Saisir le code reçu")).to_be_visible()
    actor.is_accessible()
    actor.close()
