"""The pages around a contract's opening: no axe violation, no sideways scroll, desk and phone."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Browser

from tests import plot
from tests.administrators import with_second_factor
from tests.browser.actor import Actor
from tests.cast import Cast, small_contract
from tests.workflow.opening import road
from tests.workflow.opening.test_requests import asked
from tests.workflow.powers import test_together as together
from tests.workflow.powers.test_invitations import administrator

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGES = ("initiative", "perimetre", "participants", "signataires", "calendrier", "")


def test_each_page_is_accessible(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = road.prepared(cast, road.browser(cast.pilote_ville), road.SMALL)
    running = plot.opened(small_contract(cast))
    frame = reverse("contract_framework", args=[running.pk])
    for phone in (False, True):
        actor = Actor(browser, live_url, cast.pilote_ville, phone=phone, typing=False)
        for address in [road.address(contract, slug) for slug in PAGES] + [reverse("preparations"), frame]:
            actor.page.goto(live_url + address)
            actor.is_accessible()
        actor.close()


def test_what_waits_for_an_administrator_is_accessible(browser: Browser, cast: Cast, live_url: str) -> None:
    town = cast.organisation("org-ville")
    row = asked(road.browser(cast.pilote_ville), road.begun(road.browser(cast.pilote_ville)))
    grants = [together.drafted(cast.admin, together.office(town, n), f"a{n}@ville.example") for n in range(2)]
    together.asked(cast, grants)
    pages = {
        administrator(town): [reverse("grants"), together.PAGE, together.PAGE + together.ticked(grants)],
        cast.admin: [
            reverse("organisation_requests"),
            reverse("organisation_request", args=[row.pk]),
            reverse("platform_organisation", args=[town.pk]),
            reverse("platform_organisation_attach", args=[town.pk]) + "?q=ville",
        ],
    }
    proved = with_second_factor(cast.admin).cookies[settings.SESSION_COOKIE_NAME].value
    for person, addresses in pages.items():
        for phone in (False, True):
            actor = Actor(browser, live_url, person, phone=phone, typing=False)
            if person == cast.admin:
                cookie = {"name": settings.SESSION_COOKIE_NAME, "value": proved, "url": live_url}
                actor.context.add_cookies([cookie])  # type: ignore[list-item]
            for address in addresses:
                actor.page.goto(live_url + address)
                assert actor.page.url == live_url + address
                actor.is_accessible()
            actor.close()
