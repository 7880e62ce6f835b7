"""Somebody of a play who opens a page while the one before loads itself anew gets there all the same."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Error, Page, Route

from tests.browser.hands import Hands, Looked

pytestmark = pytest.mark.browser
URL = "http://plateforme.example"
HERE, THERE = "/contrats/1/resultat/", "/contrats/1/"
SLOW_TO_LEAVE = """
    addEventListener("pagehide", () => {
        const over = performance.now() + (window.slow ? 500 : 0);
        while (performance.now() < over);
    });
"""
ANEW_ONCE = "if (!sessionStorage.done) { sessionStorage.done = 1; location.reload(); }"


class Served:
    """What answers whoever asks; the first who asks after ``hold`` waits, and is never answered."""

    def __init__(self, page: Page, script: str = "") -> None:
        self.held, self.holds, self.script = list[Route](), False, script
        page.route("**/*", self.answer)

    def hold(self) -> None:
        self.holds = True

    def answer(self, route: Route) -> None:
        if self.holds:
            self.holds = False
            self.held.append(route)
            return
        words = route.request.url.removeprefix(URL)
        body = (
            f"<!doctype html><html lang=fr><head><title>{words}</title>"
            f"<link rel=icon href=data:,></head><body><main><h1>{words}</h1></main>"
            f"<script>{self.script}</script></body></html>"
        )
        route.fulfill(body=body, content_type="text/html")


@pytest.mark.parametrize("to", [HERE, THERE])
def test_who_leaves_a_page_that_asks_for_itself_anew_gets_there(browser: Browser, to: str) -> None:
    page = browser.new_page()
    served = Served(page)
    nadia = Hands("Nadia", "nadia@ville.example", page, URL, Looked())

    nadia.get(HERE)
    served.hold()
    page.evaluate("void setTimeout(() => location.reload(), 20)")
    found = nadia.get(to)  # « net::ERR_ABORTED » where the other asked last
    assert found.h1
    assert found.h1.text == to
    assert len(served.held) == 1
    page.context.close()


@pytest.mark.parametrize("to", [HERE, THERE])
def test_who_leaves_a_page_that_has_just_been_answered_anew_gets_there(browser: Browser, to: str) -> None:
    page = browser.new_page()
    Served(page, SLOW_TO_LEAVE)
    nadia = Hands("Nadia", "nadia@ville.example", page, URL, Looked())

    nadia.get(HERE)
    with page.expect_response(URL + HERE):
        page.evaluate("() => { window.slow = true; setTimeout(() => location.reload(), 0); }")
    found = nadia.get(to)  # « interrupted by another navigation », once
    assert found.h1
    assert found.h1.text == to
    page.context.close()


def test_a_page_that_loads_itself_anew_as_it_is_read_is_read_again(browser: Browser) -> None:
    page = browser.new_page()
    Served(page, ANEW_ONCE)
    found = Hands("Nadia", "nadia@ville.example", page, URL, Looked()).get(THERE)
    assert found.h1
    assert found.h1.text == THERE
    page.context.close()


def test_any_other_failure_of_the_browser_is_said(browser: Browser) -> None:
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort("connectionrefused"))
    with pytest.raises(Error, match="ERR_CONNECTION_REFUSED"):
        Hands("Nadia", "nadia@ville.example", page, URL, Looked()).get(HERE)
    page.context.close()
