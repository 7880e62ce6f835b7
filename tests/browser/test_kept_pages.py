"""An attack by whoever sits down at the computer next (tests/attacks/test_kept_pages.py), in a browser."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests import plot
from tests.browser.actor import PATIENCE, Actor
from tests.cast import Cast, small_contract

pytestmark = pytest.mark.browser


def test_back_after_logging_out_shows_nothing_of_the_contract(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    contract = plot.opened(small_contract(cast, "CSI-00-2026-902"))
    plot.draft_and_freeze(contract)
    address = f"{live_url}{reverse('version', args=[contract.pk, 1])}"
    secret = re.compile(re.escape(contract.reference))
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page, other, offline = actor.page, actor.context.new_page(), actor.context.new_page()
    page.goto(address)
    expect(page.locator("[data-pdf][data-state=ready]")).to_be_visible(timeout=PATIENCE)  # not kept, and read
    other.goto(f"{live_url}{reverse('contract', args=[contract.pk])}")
    expect(other.locator("#live-state")).to_contain_text("en direct")
    offline.goto(address)
    offline.evaluate("() => window.dispatchEvent(new PageTransitionEvent('pagehide', {persisted: true}))")
    assert not offline.locator("main").is_visible(), "a page that is left hides itself"

    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
    expect(other.get_by_role("heading", name="Se connecter")).to_be_visible(timeout=PATIENCE)
    expect(other.locator("body")).not_to_contain_text(secret)
    page.go_back()
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text(secret)
    # A page that comes back loads itself anew at once: it answers first, and is brought back a turn later.
    offline.evaluate(
        "() => { setTimeout(() => dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))) }"
    )
    expect(offline.get_by_role("heading", name="Se connecter")).to_be_visible()
    expect(offline.locator("body")).not_to_contain_text(secret)
    actor.context.close()
