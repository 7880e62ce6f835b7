"""A hurried day: a button pressed twice, « Précédent », two tabs, an error midway, no script at all."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests import plot
from tests.browser.actor import Actor
from tests.browser.test_drafts import FOUND, TEXT, field, log_in, settled, stored
from tests.cast import Cast, small_contract

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_pressed_twice_then_gone_back_from(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    before = contract.volets.count()
    address = reverse("volet_add", args=[contract.pk])
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + address)
    page.locator("[name=title]").fill("Prévention")
    page.locator("[name=template]").select_option(index=1)
    page.get_by_role("button", name="Enregistrer").dblclick()
    expect(page.get_by_text("Enregistré.")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("button", name="Enregistrer")).to_be_visible()
    assert ":draft:" not in stored(page), "it was accepted: only the browser remembers it"
    expect(page.get_by_text(FOUND)).to_have_count(0)
    assert contract.volets.count() == before + 1
    actor.close()


def test_an_error_in_the_middle_loses_nothing(browser: Browser, cast: Cast, live_url: str) -> None:
    """The form's proof of origin is gone: the page says so, and the text is there when one goes back."""
    contract = plot.opened(small_contract(cast))
    address = reverse("volet_edit", args=[contract.pk, contract.volets.order_by("order")[0].pk])
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + address)
    field(page).fill(TEXT)
    settled(page)
    actor.context.clear_cookies(name=settings.CSRF_COOKIE_NAME)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Erreur 403")).to_be_visible()
    actor.is_accessible()
    page.go_back()
    expect(field(page)).to_have_value(TEXT)
    expect(page.get_by_text(FOUND)).to_be_visible()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Enregistré.")).to_be_visible()
    actor.context.close()


def test_two_tabs_of_one_form(browser: Browser, cast: Cast, live_url: str) -> None:
    """The second to save compares, and loses nothing of its own."""
    contract = plot.opened(small_contract(cast))
    address = reverse("volet_edit", args=[contract.pk, contract.volets.order_by("order")[0].pk])
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    one, two = actor.page, actor.context.new_page()
    for tab in (one, two):
        tab.goto(live_url + address)
    field(one).fill("De la première page.")
    field(two).fill("De la seconde page.")
    one.get_by_role("button", name="Enregistrer").click()
    expect(one.get_by_text("Enregistré.")).to_be_visible()
    two.get_by_role("button", name="Enregistrer").click()
    expect(two.get_by_text("Modifié entre-temps").first).to_be_visible()
    expect(field(two)).to_have_value("De la seconde page.")
    two.get_by_role("button", name="Enregistrer").click()
    expect(two.get_by_text("Enregistré.")).to_be_visible()
    actor.context.close()


def test_without_a_script(browser: Browser, cast: Cast, live_url: str) -> None:
    """Log in towards a page, another language, an opinion refused then given: each by a form alone."""
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    address = reverse("task", args=[contract.pk, task.pk])
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto(live_url + address)
    page.get_by_role("button", name="English").click()
    page.get_by_role("button", name="Français").click()
    log_in(page, cast.bailleur_oh)
    expect(page.get_by_role("heading", name="Vos engagements")).to_be_visible()
    page.get_by_label("Ajouter une note").fill("À voir.")
    page.get_by_role("button", name="Garder la note").click()
    expect(page.locator("#notes li")).to_contain_text("À voir.")
    page.get_by_label("Modifications demandées").check()
    page.get_by_role("button", name="Rendre l’avis").click()
    expect(page.get_by_text("un motif est requis")).to_be_visible()
    page.get_by_label("Motif").fill(TEXT)
    page.get_by_role("button", name="Rendre l’avis").click()
    expect(page.get_by_text("Votre avis est enregistré")).to_be_visible()
    context.close()


def test_a_note_kept_twice_is_kept_once(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    actor = Actor(browser, live_url, cast.bailleur_oh, typing=False)
    page = actor.page
    page.goto(live_url + reverse("task", args=[contract.pk, task.pk]))
    page.get_by_label("Ajouter une note").fill("À voir.")
    page.get_by_role("button", name="Garder la note").dblclick()
    expect(page.locator("#notes li")).to_have_count(1)
    page.reload()
    expect(page.locator("#notes li")).to_have_count(1)
    actor.context.close()
