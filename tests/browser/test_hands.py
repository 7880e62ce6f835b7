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
ANEW, STILL_HERE = "/anew", "/still-here"
ANEW_WHEN_TOLD = f"""() => {{
    const ask = async () => {{
        const said = await (await fetch("{ANEW}")).text();
        if (said === "wait") setTimeout(ask, 20);
        if (said !== "reload") return;
        location.reload();
        setTimeout(() => fetch("{STILL_HERE}"), 300);
    }};
    void ask();
}}"""  # as of somebody who has just clicked: the browser heeds no other page
ANEW_ONCE = "if (!sessionStorage.done) { sessionStorage.done = 1; location.reload(); }"


class Served:
    """What answers whoever asks; who asks first after ``hold`` waits, and the page then loads itself anew.

    That makes the browser give up what waits; if it did not, it would be answered in the end.
    """

    def __init__(self, page: Page, script: str = "") -> None:
        self.script, self.held, self.holds = script, list[Route](), False
        self.said = "wait"  # to the page that asks whether to load itself anew
        page.route("**/*", self.answer)

    def hold(self) -> None:
        self.holds = True

    def answer(self, route: Route) -> None:
        if route.request.url == URL + ANEW:
            said, self.said = self.said, "stay" if self.said == "reload" else self.said
            route.fulfill(body=said)  # others ask meanwhile
            return
        if route.request.url == URL + STILL_HERE:
            route.fulfill(body="")
            self.open(self.held[0])
            return
        if self.holds:
            self.holds, self.said = False, "reload"
            self.held.append(route)
            return
        self.open(route)

    def open(self, route: Route) -> None:
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
    page.evaluate(ANEW_WHEN_TOLD)
    found = nadia.get(to)  # « net::ERR_ABORTED », as the other asked last
    assert found.h1
    assert found.h1.text == to
    assert [route.request.url for route in served.held] == [URL + to]
    assert served.said == "stay"
    page.context.close()


@pytest.mark.parametrize("to", [HERE, THERE])
def test_who_leaves_a_page_that_has_asked_for_itself_anew_gets_there(browser: Browser, to: str) -> None:
    page = browser.new_page()
    Served(page)
    nadia = Hands("Nadia", "nadia@ville.example", page, URL, Looked())

    nadia.get(HERE)
    with page.expect_request(URL + HERE):
        page.evaluate("void setTimeout(() => location.reload(), 0)")
    found = nadia.get(to)
    assert found.h1
    assert found.h1.text == to
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
