"""The five pages of an opening and its last look: no axe violation, no sideways scroll, desk and phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.actor import Actor
from tests.cast import Cast
from tests.workflow.opening import road

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGES = ("initiative", "perimetre", "participants", "signataires", "calendrier", "")


def test_each_page_is_accessible(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = road.prepared(cast, road.browser(cast.pilote_ville), road.SMALL)
    for phone in (False, True):
        actor = Actor(browser, live_url, cast.pilote_ville, phone=phone, typing=False)
        for slug in PAGES:
            actor.page.goto(live_url + road.address(contract, slug))
            actor.is_accessible()
        actor.close()
