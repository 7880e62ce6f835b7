"""The steering view at a desk and on a phone: what is late, by the keyboard; the filter is kept."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.pki import served
from workflow.engine.tasks import of_contract, tasks

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_what_is_late_is_found_and_the_filter_kept(browser: Browser, cast: Cast) -> None:
    from config.asgi import application  # the settings must be the test's when it is built

    contract = plot.at_review(cast)
    plot.opened(small_contract(cast, "CSI-00-2026-905"))
    with as_owner():
        for task in plot.tasks(contract, "review"):
            tasks(of_contract(contract)).filter(pk=task.pk).update(data={**task.data, "due_on": "2026-11-02"})
    with served(application) as url:
        actor = Actor(browser, url, cast.pilote_ville, typing=False)
        page = actor.page
        page.get_by_text("Mme Ferrantini").first.click()
        page.get_by_role("link", name="Pilotage").click()
        expect(page.get_by_role("heading", name="Pilotage")).to_be_visible()
        for width in (1280, 390, 320):
            page.set_viewport_size({"width": width, "height": 900})
            actor.is_accessible()
            if shots := os.environ.get("SHOTS"):
                page.screenshot(path=str(Path(shots) / f"steering-{width}.png"), full_page=True)
        page.get_by_label("Seulement en retard").press("Space")
        page.get_by_role("button", name="Filtrer").press("Enter")
        expect(page.locator("table.lanes tbody tr")).to_have_count(1)
        page.get_by_text("Enregistrer ce filtre").click()
        page.get_by_label("Nom du filtre").fill("Mes retards")
        page.get_by_label("À l’ouverture de la page").check()
        page.get_by_role("button", name="Enregistrer").click()
        page.goto(url + reverse("contracts_steered"))
        expect(page.locator("table.lanes tbody tr")).to_have_count(1)
        expect(page.get_by_role("link", name="Mes retards")).to_have_attribute("aria-current", "page")
        actor.is_accessible()
        actor.close()
