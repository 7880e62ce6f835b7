"""One person at a real browser."""

from __future__ import annotations

import re

from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from playwright.sync_api import Browser, Page, ViewportSize, expect

from stakeholders.models import User
from tests.cast import PASSWORD
from tests.workflow.sockets import logged_in

DESK, PHONE = ViewportSize(width=1280, height=900), ViewportSize(width=390, height=844)
AXE = Axe()
ASKED_OR_SET = re.compile("Votre signature est (demandée|apposée)")  # a worker may be quick
PATIENCE = 20_000  # ms, for the worker to print or sign


class Actor:
    """A logged-in person: what they see, what they click."""

    def __init__(
        self,
        browser: Browser,
        url: str,
        person: User,
        *,
        phone: bool = False,
        typing: bool = True,
        by: str | None = None,
    ) -> None:
        """Log in by the form; with a session of theirs already, where logging in is not what is watched."""
        self.person, self.url = person, url
        # at a desk nothing moves: rows that fade for 4 s at each event took a third of the browser’s time
        self.context = browser.new_context(
            viewport=PHONE if phone else DESK,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            has_touch=phone,
            reduced_motion="no-preference" if phone else "reduce",
        )
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        if by is not None:  # by the link of a mail, which leads where it says once they have logged in
            self._be_let_in()
            self.page.goto(f"{url}{by}")
            return
        if typing:
            self.page.goto(f"{url}/compte/login/")
            self.page.fill("[name=login]", person.email)
            self.page.fill("[name=password]", PASSWORD)
            self.page.get_by_role("main").get_by_role("button", name="Se connecter").click()
        else:
            self._be_let_in()
            self.page.goto(url)
        expect(self.page.get_by_role("heading", name="Mes tâches")).to_be_visible()

    def _be_let_in(self) -> None:
        name = settings.SESSION_COOKIE_NAME
        session = logged_in(self.person).cookies[name].value
        self.context.add_cookies([{"name": name, "value": session, "url": self.url}])

    def open_task(self, title: str) -> Page:
        """Wait for a task to come to the inbox, without reloading it, and open it."""
        row = self.page.locator("li.task", has=self.page.get_by_role("heading", name=title, exact=True)).first
        expect(row).to_be_visible(timeout=PATIENCE)
        row.get_by_role("link").click()
        return self.page

    def is_accessible(self) -> None:
        """Check that the page breaks none of axe's rules, does not scroll sideways and has a clean title."""
        broken = violations(self.page)
        assert not broken, f"{self.page.url}: {broken}"
        assert " ," not in self.page.title(), self.page.title()
        assert self.page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") <= 0

    def close(self) -> None:
        """Leave; nothing may have gone wrong in the console meanwhile."""
        self.context.close()
        assert self.errors == [], self.errors


def violations(page: Page) -> list[tuple[str, str]]:
    """Return the rules of axe that a page breaks, each with where, once the viewer has drawn."""
    # it names each page of a document when its words have come, and its links and structure once it is drawn
    for unfinished in (
        ".pdfViewer .page:not([aria-label])",
        ".annotationLayer a:not([aria-label])",
        '.structTree [aria-owns$="R"]',
    ):
        expect(page.locator(unfinished)).to_have_count(0)
    # only what is broken is told of: half of axe's time went to describing what is not
    found = AXE.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(v["id"], v["nodes"][0]["html"]) for v in found]
