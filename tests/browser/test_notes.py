"""A note kept beside an opinion being typed: the fragment comes back, what was typed stays."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.urls import reverse
from playwright.sync_api import Browser, expect

from config import patience
from tests import plot
from tests.browser.actor import PATIENCE, Actor
from tests.cast import Cast, small_contract
from tests.owner import as_owner, limited_to

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


def test_a_note_that_is_held_up_says_so_and_stays_where_it_is(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    actor = Actor(browser, live_url, cast.bailleur_oh)
    page = actor.page
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    page.goto(f"{live_url}{reverse('task', args=[contract.pk, task.pk])}")
    page.get_by_label("Ajouter une note").fill("À garder.")
    with limited_to(replace(patience.PAGE, lock=1)):
        with as_owner(), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE workflow_internalnote IN EXCLUSIVE MODE")
            page.get_by_role("button", name="Garder la note").click()
            expect(page.get_by_role("alert")).to_contain_text("Le service est occupé", timeout=PATIENCE)
        expect(page.get_by_label("Ajouter une note")).to_have_value("À garder.")
        page.get_by_role("button", name="Garder la note").click()
        expect(page.locator("#notes li", has_text="À garder.")).to_be_visible()
    assert all("503" in error for error in actor.errors), actor.errors
    actor.errors.clear()
    actor.close()
