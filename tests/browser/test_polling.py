"""Behind a proxy that lets no websocket through: the page asks, says so, and goes back by itself."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast, small_contract
from tests.pki import served
from workflow.drafting import acts as drafting_acts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ASKED = reverse("missed_events")


class Proxy:
    """What stands before the server and, while it is ``cut``, refuses each websocket as proxies do."""

    def __init__(self, application: Any) -> None:
        self.application, self.cut, self.refused = application, True, 0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket" and self.cut:
            self.refused += 1
            await receive()
            await send({"type": "websocket.close", "code": 1006})
            return
        await self.application(scope, receive, send)


def test_a_page_without_a_websocket_asks_and_goes_back(browser: Browser, cast: Cast) -> None:
    from config.asgi import application  # the settings must be the test's when it is built

    proxy = Proxy(application)
    contract = plot.opened(small_contract(cast))
    with served(proxy) as url:
        actor = Actor(browser, url, cast.pilote_ville, typing=False)
        page, html, state = actor.page, actor.page.locator("html"), actor.page.locator("#live-state")
        page.clock.install()
        answers: list[int] = []
        page.on("response", lambda answer: answers.append(answer.status) if ASKED in answer.url else None)
        page.goto(url + reverse("contract", args=[contract.pk]))
        for _attempt in range(3):
            page.clock.run_for(2_000)
        expect(html).to_have_attribute("data-live", "poll")
        expect(state).to_have_text(
            "Mises à jour toutes les 20 secondes : la connexion directe est coupée", use_inner_text=True
        )
        page.clock.run_for(23_000)
        expect(state).to_contain_text("toutes les 40 secondes")
        assert answers[0] == 200
        assert 304 in answers, "nothing moved, nothing is sent"
        if shots := os.environ.get("SHOTS"):
            for width in (1280, 390, 320):
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=str(Path(shots) / f"polling-{width}.png"))
            page.set_viewport_size({"width": 1280, "height": 900})
        actor.is_accessible()
        # another acts: the words and the counter come by asking
        pilots = [cast.organisation(name) for name in ("org-pref", "org-ville")]
        other, mine = (plot.task(contract, "draft", organisation) for organisation in pilots)
        drafting_acts.submit_draft(plot.entitled(other), other.pk)
        page.clock.run_for(45_000)
        expect(page.locator("#acteurs")).to_contain_text("rédaction terminée")
        expect(state).to_contain_text("toutes les 10 secondes")
        # what happened while nothing was asked comes with the socket that is let through again
        page.evaluate("() => Object.defineProperty(document, 'visibilityState', { value: 'hidden' })")
        asked = len(answers)
        page.clock.run_for(30_000)
        assert len(answers) == asked, "a page that nobody looks at asks for nothing"
        drafting_acts.submit_draft(plot.entitled(mine), mine.pk)
        proxy.cut = False
        for _attempt in range(3):  # one that a busy machine answers late is followed by another
            page.clock.run_for(31_000)
            with suppress(AssertionError):
                expect(html).to_have_attribute("data-live", "on", timeout=10_000)
                break
        expect(html).to_have_attribute("data-live", "on")
        expect(state).to_have_text("en direct", use_inner_text=True)
        expect(page.locator("#acteurs")).not_to_contain_text("rédaction en cours")
        expect(page.locator("#entete")).to_contain_text("Figer la version")
        asked = len(answers)
        page.clock.run_for(70_000)
        assert len(answers) == asked, "nothing is asked of what the socket tells"
        actor.errors[:] = [error for error in actor.errors if "WebSocket" not in error]
        actor.close()
