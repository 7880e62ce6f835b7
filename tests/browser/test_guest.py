"""A landlord without an account, on a phone: from the mail's link to the opinion, and the ways out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, expect

from tests import plot
from tests.browser.actor import DESK, PATIENCE, PHONE, Actor
from tests.cast import Cast
from tests.invited import code_in, kept_asked, link_in, mailbox, wrong
from tests.owner import as_owner
from workflow.guests import acts as guests_acts
from workflow.guests.models import GuestLink
from workflow.opinions.models import Opinion

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


class Visitor(Actor):
    """Somebody who has not logged in, with a finger rather than a mouse."""

    def __init__(self, browser: Browser, url: str, *, phone: bool = True) -> None:
        self.url, self.taps = url, 0
        self.context = browser.new_context(
            viewport=PHONE if phone else DESK, locale="fr-FR", timezone_id="Europe/Paris", has_touch=phone
        )
        self.page = self.context.new_page()
        self.errors = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)

    def opens(self, path: str) -> None:
        self.page.goto(self.url + path)

    def taps_on(self, what: Locator) -> None:
        """Tap, and count it; scrolling to it is no tap."""
        self.taps += 1
        what.tap()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def is_fine(self, name: str) -> None:
        """Check the page, and keep its picture where GUEST_PICTURES says."""
        self.is_accessible()
        if folder := os.environ.get("GUEST_PICTURES"):
            width = self.page.viewport_size["width"] if self.page.viewport_size else 0
            self.page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


def test_a_landlord_without_an_account_answers_in_three_taps_after_the_code(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    contract, link = kept_asked(cast)
    lina = Visitor(browser, live_url)
    page = lina.page
    lina.opens(link_in(mailbox()[-1]))
    expect(page.get_by_role("heading", name="Votre avis est demandé")).to_be_visible()
    lina.is_fine("1-link")
    lina.taps_on(lina.button("Recevoir un code"))
    expect(page.get_by_role("heading", name="Tapez le code reçu")).to_be_visible()
    expect(page.get_by_label("Code à six chiffres")).to_be_focused()
    lina.is_fine("2-code")
    code = code_in(mailbox()[-1])
    page.get_by_label("Code à six chiffres").fill(wrong(code))
    lina.button("Continuer").tap()
    expect(page.get_by_text("Ce code n’est pas valable")).to_be_visible()
    lina.is_fine("3-wrong-code")
    page.get_by_label("Code à six chiffres").fill(code)
    lina.taps = 0
    lina.taps_on(lina.button("Continuer"))
    own = page.get_by_role("heading", name="Vos engagements")
    expect(own).to_be_visible()
    expect(page.get_by_text("Sécuriser 38 halls").first).to_be_in_viewport()
    expect(page.locator("[data-pdf]")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    lina.is_fine("4-task")
    expect(page.get_by_role("link", name="Aller à l’avis")).to_be_in_viewport()  # spares the scrolling
    lina.taps_on(page.get_by_text("Favorable", exact=True))
    lina.taps_on(lina.button("Rendre l’avis"))
    expect(page.get_by_text("Votre avis est enregistré")).to_be_visible()
    assert lina.taps <= 3
    opinion = Opinion.objects.get(version=plot.version(contract))
    assert (str(opinion.author), opinion.value) == ("Lina Aubrac", "favourable")
    lina.is_fine("5-done")
    assert page.locator("input[type=password]").count() == 0
    lina.opens(reverse("guest_link", args=[link.identifier]))
    page.get_by_role("link", name="Voir le récépissé").tap()
    expect(page.get_by_text(opinion.version_sha256)).to_be_visible()
    lina.is_fine("6-receipt")
    lina.errors = [error for error in lina.errors if "422" not in error]  # the wrong code
    lina.close()


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_an_expired_link_and_one_that_was_sent_to_the_wrong_person(
    browser: Browser, cast: Cast, live_url: str, phone: bool
) -> None:
    contract, link = kept_asked(cast)
    visitor = Visitor(browser, live_url, phone=phone)
    page, path = visitor.page, reverse("guest_link", args=[link.identifier])
    with as_owner():
        GuestLink.objects.update(
            sent_at=link.sent_at - (link.expires_at - link.sent_at), expires_at=link.sent_at
        )
    visitor.opens(path)
    expect(page.get_by_role("heading", name="Ce lien a expiré")).to_be_visible()
    visitor.is_fine("7-expired")
    visitor.button("Recevoir un nouveau lien").click()
    expect(page.get_by_text("Un nouveau lien part vers l…@orme-habitat.example")).to_be_visible()
    visitor.opens(link_in(mailbox()[-1]))
    page.get_by_role("link", name="Ce n’est pas moi").click()
    visitor.is_fine("8-report")
    page.get_by_label("Précision").fill("Mme Aubrac a quitté l’organisme.")
    visitor.button("Révoquer ce lien").click()
    expect(page.get_by_role("heading", name="Ce lien ne vaut plus")).to_be_visible()
    visitor.is_fine("9-reported")
    visitor.close()


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_the_pilot_names_a_contact_and_sees_who_answered_that_it_is_not_them(
    browser: Browser, cast: Cast, live_url: str, phone: bool
) -> None:
    contract, link = kept_asked(cast)
    pilot = Actor(browser, live_url, cast.pilote_ville, phone=phone)
    page = pilot.page
    page.goto(f"{live_url}{reverse('contract', args=[contract.pk])}")
    page.get_by_role("link", name="Contacts").click()
    page.get_by_label("Organisation").select_option(
        label="Régie des transports de l’agglomération clairvaloise"
    )
    page.get_by_label("Prénom").fill("Iris")
    page.get_by_label("Nom", exact=True).fill("Noël")
    page.get_by_label("Fonction").fill("Cheffe de ligne")
    page.get_by_label("Adresse électronique").fill("iris.noel@ailleurs.example")
    page.get_by_role("button", name="Désigner").click()
    expect(page.get_by_text("n’est pas du domaine")).to_be_visible()
    expect(page.get_by_label("Prénom")).to_have_value("Iris")
    page.get_by_label("Adresse électronique").fill("iris.noel@reseau-libellule.example")
    page.get_by_role("button", name="Désigner").click()
    expect(page.get_by_text("Un lien part vers son adresse")).to_be_visible()
    assert len(mailbox("iris.noel@reseau-libellule.example")) == 1
    guests_acts.report(link.identifier, reason="Elle a quitté l’organisme.")
    page.goto(f"{live_url}{reverse('contract', args=[contract.pk])}")
    expect(page.get_by_text("Contact à corriger")).to_be_visible()
    pilot.is_accessible()
    pictured(pilot, "11-contract")
    page.get_by_role("link", name="Voir les contacts").click()
    expect(page.get_by_text("Elle a quitté l’organisme.")).to_be_visible()
    pilot.is_accessible()
    pictured(pilot, "10-contacts")
    page.get_by_role("link", name="Retirer Lina Aubrac").click()
    pilot.is_accessible()
    pictured(pilot, "12-remove")
    page.get_by_role("button", name="Retirer ce contact").click()
    expect(page.get_by_text("Contact retiré")).to_be_visible()
    pilot.errors = [error for error in pilot.errors if "422" not in error]  # the refused address
    pilot.close()


def pictured(actor: Actor, name: str) -> None:
    """Keep a picture of the page where GUEST_PICTURES says."""
    if folder := os.environ.get("GUEST_PICTURES"):
        width = actor.page.viewport_size["width"] if actor.page.viewport_size else 0
        actor.page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)
