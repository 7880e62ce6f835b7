"""A long text is set with the tools above it, by mouse and by keyboard, and previewed as one stops typing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from contracts.models import Commitment
from tests import plot
from tests.browser.actor import PHONE, Actor
from tests.cast import Cast, small_contract

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_tools_write_what_a_person_could_type(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    row = Commitment.objects.filter(volet__contract=contract)[0]
    Commitment.objects.filter(pk=row.pk).update(description="Recruter\nFormer")
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + reverse("commitment_edit", args=[contract.pk, row.pk]))
    area, tools = page.get_by_label("Description"), page.get_by_role("toolbar")
    shown = page.locator("[data-preview]")
    expect(page.get_by_role("button", name="Aperçu")).to_have_count(0)
    shown.locator("summary").click()
    expect(shown.locator(".long")).to_contain_text("Recruter")
    # the whole text becomes a list, and back by the browser's own « Undo »
    area.focus()
    page.keyboard.press("Control+a")
    tools.get_by_role("button", name="Liste", exact=True).click()
    expect(area).to_have_value("- Recruter\n- Former")
    expect(shown.locator("li")).to_have_text(["Recruter", "Former"])
    page.keyboard.press("Control+z")
    expect(area).to_have_value("Recruter\nFormer")
    page.keyboard.press("Control+a")
    tools.get_by_role("button", name="Liste numérotée").click()
    expect(area).to_have_value("1. Recruter\n2. Former")
    # a new point by Enter, bold by Ctrl+B, out of the list by Enter again
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type("Équiper la brigade")
    page.keyboard.press("Shift+Control+ArrowLeft")
    page.keyboard.press("Control+b")
    expect(area).to_have_value("1. Recruter\n2. Former\n3. Équiper la **brigade**")
    page.keyboard.press("Control+b")
    expect(area).to_have_value("1. Recruter\n2. Former\n3. Équiper la brigade")
    page.keyboard.press("Control+i")
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("Calendrier")
    # one stop of the Tab key for all the tools, the arrows between them
    tools.get_by_role("button", name="Gras").focus()
    page.keyboard.press("Home")
    expect(tools.get_by_role("button", name="Titre")).to_be_focused()
    page.keyboard.press("Enter")
    expect(area).to_be_focused()
    page.keyboard.press("Control+End")
    tools.get_by_role("button", name="Tableau").click()
    page.keyboard.type("Année")
    value = area.input_value()
    assert value.startswith(
        "1. Recruter\n2. Former\n3. Équiper la *brigade*\n## Calendrier\n\n| Année | Colonne 2 |\n"
    )
    expect(shown.get_by_role("columnheader", name="Année")).to_be_visible()
    expect(shown.locator("em")).to_have_text("brigade")
    actor.is_accessible()
    picture(actor, "1280")
    page.set_viewport_size(PHONE)
    actor.is_accessible()
    picture(actor, "390")
    # a figure is said back as it was understood, or not
    budget = page.get_by_label("Budget")
    budget.fill("1 150 000,5")
    understood = page.locator("#id_budget_eur_said")
    expect(understood).to_contain_text("un million cent cinquante mille euros et cinquante centimes")
    budget.fill("1.150")
    expect(understood).to_contain_text("peut se lire")
    actor.is_accessible()
    budget.fill("")
    expect(understood).to_be_empty()
    # what the tools wrote is in the draft kept by this browser, as what is typed
    page.wait_for_function("() => Object.keys(localStorage).some((name) => name.includes('draft:'))")
    page.reload()
    expect(page.get_by_label("Description")).to_have_value(value)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(f"#engagement-{row.pk}").get_by_role("table")).to_be_visible()
    row.refresh_from_db()
    assert row.description == value.strip()
    actor.is_accessible()
    picture(actor, "draft-390")
    actor.close()


def picture(actor: Actor, name: str) -> None:
    if folder := os.environ.get("PICTURES"):
        actor.page.screenshot(path=Path(folder) / f"long-text-{name}.png", full_page=True)


def test_without_script_the_preview_opens_beside_and_nothing_is_lost(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    contract = plot.opened(small_contract(cast))
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    context = browser.new_context(java_script_enabled=False, viewport=PHONE, locale="fr-FR")
    context.add_cookies(actor.context.cookies())  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(live_url + reverse("contract_edit", args=[contract.pk]))
    page.get_by_label("Préambule").fill("- un\n- deux")
    expect(page.get_by_role("toolbar")).to_have_count(0)
    with context.expect_page() as opened:
        page.get_by_role("button", name="Aperçu").click()
    expect(opened.value.locator(".long li")).to_have_text(["un", "deux"])
    expect(page.get_by_label("Préambule")).to_have_value("- un\n- deux")
    page.get_by_text("Mise en forme", exact=True).click()
    expect(page.get_by_text("Huit colonnes au plus")).to_be_visible()
    page.get_by_label("Titre").press("Enter")
    expect(page.get_by_text("Enregistré")).to_be_visible()
    context.close()
    actor.close()
