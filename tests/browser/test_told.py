"""What an open page does about an event: say it aloud or not, count again or not, as the verb's row says."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from playwright.sync_api import Browser, Request, expect

from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast, small_contract
from workflow.record import events

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def name(request: Request) -> str:
    """Return the last part of a request's path."""
    return urlsplit(request.url).path.rstrip("/").rpartition("/")[2]


def is_for(part: str, request: Request) -> bool:
    """Whether a request is for that part of the page."""
    return name(request) == part


def test_a_page_does_what_the_row_of_the_verb_says(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    actor = Actor(browser, live_url, cast.bailleur_oh, typing=False)
    page = actor.page
    fetched: list[str] = []
    expect(page.locator("html")).to_have_attribute("data-live", "on")

    def note(request: Request) -> None:
        if request.resource_type in {"xhr", "fetch"}:  # not the icon, which a browser fetches when it likes
            fetched.append(name(request))

    page.on("requestfinished", note)

    def happens(verb: str, *then: str) -> None:
        """Publish, and wait for all that the page fetches of it, in whatever order."""
        fetched.clear()
        with ExitStack() as answers:
            for part in then:
                answers.enter_context(page.expect_request_finished(partial(is_for, part)))
            with transaction.atomic():
                events.publish(verb, contract, organisation="Ville")
        assert sorted(fetched) == sorted(then), "no more is counted anew than it moves"

    happens("draft_changed", "liste")
    expect(page.locator("#live-announcer")).to_have_text("Projet modifié : Ville.")
    happens("job_queued", "liste")
    happens("task_opened", "liste", "compteurs")
    expect(page.locator("#live-announcer")).to_have_text("Projet modifié : Ville.")
    expect(page.get_by_text("Étape ouverte")).to_have_count(0)
    happens("draft_submitted", "liste", "compteurs")
    expect(page.locator("#live-announcer")).to_have_text("Rédaction terminée : Ville.")
    actor.close()
