"""News in a browser: the bell counts live, the page is read on a phone, all is marked with the keyboard."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_bell_counts_and_leads(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    bell = page.locator("#news-count")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    before = int(bell.inner_text() or 0)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    plot.opine(contract, waiting, "changes_requested", "L’article 2 nomme un service qui n’existe plus.")
    expect(bell).to_have_text(str(before + 1))
    page.get_by_role("link", name="Nouvelles").click()
    expect(page.get_by_text("L’article 2 nomme un service qui n’existe plus.")).to_be_visible()
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        actor.is_accessible()
        if shots := os.environ.get("SHOTS"):
            page.screenshot(path=str(Path(shots) / f"news-{width}.png"), full_page=True)
    page.get_by_role("button", name="Tout marquer comme lu").press("Enter")
    expect(page.get_by_text("Vous avez tout lu.")).to_be_visible()
    expect(bell).to_have_text("0")
    page.goto(live_url + reverse("mail_choice"))
    actor.is_accessible()
    if shots:
        page.screenshot(path=str(Path(shots) / "choice-390.png"), full_page=True)
    page.goto(live_url + reverse("contract_told", args=[contract.pk]))
    actor.is_accessible()
    if shots:
        page.screenshot(path=str(Path(shots) / "told-390.png"), full_page=True)
    actor.close()
