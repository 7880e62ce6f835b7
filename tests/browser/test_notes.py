"""A note kept beside an opinion being typed: the fragment comes back, what was typed stays."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests import plot
from tests.browser.actor import PATIENCE, Actor
from tests.cast import Cast, small_contract

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desk"])
def test_keeping_a_note_loses_nothing_of_the_opinion(
    browser: Browser, cast: Cast, live_url: str, phone: bool
) -> None:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    actor = Actor(browser, live_url, cast.bailleur_oh, phone=phone)
    page = actor.page
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    page.goto(f"{live_url}{reverse('task', args=[contract.pk, task.pk])}")
    expect(page.locator("[data-pdf]")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    page.get_by_label("Modifications demandées").check()
    page.get_by_label("Modifications que vous demandez").fill("Le calendrier est trop court.")
    page.get_by_label("Ajouter une note").fill("Vérifier le budget avec la comptabilité.")
    page.get_by_role("button", name="Garder la note").click()
    kept = page.locator("#notes li", has_text="Vérifier le budget avec la comptabilité.")
    expect(kept).to_be_visible()
    expect(kept).to_contain_text("Gourvennec-Lau")
    expect(page.get_by_label("Ajouter une note")).to_have_value("")
    expect(page.get_by_text("Note gardée à")).to_be_visible()
    expect(page.get_by_label("Modifications que vous demandez")).to_have_value(
        "Le calendrier est trop court."
    )
    expect(page.get_by_label("Modifications demandées")).to_be_checked()
    actor.is_accessible()
    if folder := os.environ.get("GUEST_PICTURES"):
        page.screenshot(path=Path(folder) / f"13-notes-{'390' if phone else '1280'}.png", full_page=True)
    actor.close()
