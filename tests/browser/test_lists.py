"""Long lists at a browser: found by the keyboard, turned page by page, readable on a phone."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import make_password
from playwright.sync_api import Browser, expect

from bench.filling import fill
from stakeholders.models import Organisation, User
from tests.browser.actor import Actor
from tests.cast import PASSWORD, Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def head(body: Organisation) -> User:
    person: User = User.objects.get(mandates__office__organisation=body, mandates__office__role="head")
    return person


def search(actor: Actor) -> None:
    """Find by the keyboard, find nothing, and come back to the whole list."""
    page, rows = actor.page, actor.page.locator("li.task h3 + div")
    page.get_by_label("Chercher un contrat").focus()
    page.keyboard.type("csi invente 0003")
    page.keyboard.press("Enter")
    expect(page.get_by_text("20 contrats", exact=True)).to_be_visible()
    expect(rows).to_have_count(20)
    expect(page.get_by_label("Chercher un contrat")).to_have_value("csi invente 0003")
    actor.is_accessible()
    page.get_by_label("Chercher un contrat").fill("introuvable")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Aucun contrat ne correspond")).to_be_visible()
    actor.is_accessible()
    page.get_by_role("link", name="Tous les contrats").click()
    expect(page.get_by_text("320 contrats")).to_be_visible()


def test_lists_are_turned_and_searched(browser: Browser, cast: Cast, live_url: str) -> None:
    bodies = fill(contracts=320, organisations=16, users=45).bodies
    User.objects.update(password=make_password(PASSWORD))
    for phone in (False, True):
        actor = Actor(browser, live_url, head(bodies.national), phone=phone)
        page = actor.page
        page.goto(f"{live_url}/contrats/")
        expect(page.get_by_text("320 contrats")).to_be_visible()
        expect(page.get_by_role("link", name="Plus récents")).to_have_count(0)
        rows = page.locator("li.task h3 + div")
        first = rows.first.inner_text()
        page.get_by_role("link", name="Plus anciens").click()
        expect(rows.first).not_to_have_text(first)
        actor.is_accessible()
        page.get_by_role("link", name="Plus récents").click()
        expect(rows.first).to_have_text(first)
        search(actor)
        page.goto(f"{live_url}/corbeilles/termines/")
        page.get_by_role("link", name="Plus anciens").click()
        expect(page.locator("#basket").get_by_role("link", name="Plus récents")).to_be_visible()
        actor.is_accessible()
        actor.close()


def test_a_second_page_stays_the_second_when_something_moves(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    """The rows are fetched again for an event: those of the page that is open, not of the first."""
    bodies = fill(contracts=320, organisations=16, users=45).bodies
    User.objects.update(password=make_password(PASSWORD))
    actor = Actor(browser, live_url, head(bodies.national))
    page = actor.page
    page.goto(f"{live_url}/corbeilles/termines/")
    page.get_by_role("link", name="Plus anciens").click()
    second = page.locator("#basket li.task h3 + div").all_inner_texts()
    assert "page=" in page.url
    with page.expect_response(lambda answer: "/termines/liste/" in answer.url) as fetched:
        page.evaluate("() => document.body.dispatchEvent(new CustomEvent('contreseing:event'))")
    assert fetched.value.ok
    expect(page.locator("#basket li.task")).to_have_count(len(second))
    assert page.locator("#basket li.task h3 + div").all_inner_texts() == second
    actor.close()
