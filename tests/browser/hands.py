"""Somebody of a play (:mod:`config.demo`) at a real browser: the same steps, by what a person clicks."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from playwright.sync_api import Error, FilePayload, Locator, Page

from config.demo.stage import Actor, Answer, PlayFailed, Value
from tests.browser.actor import DESK, PHONE, violations

SHOTS = os.environ.get("SHOTS", "")
TRIES = 5  # to go to a page, from one that loads itself anew
ABORTED = "net::ERR_ABORTED"
# What is said where a page loads itself anew, as some do once what they wait for is ready, at the very
# moment somebody leaves it, or reads it.
LOADS_ANEW = (
    ABORTED,
    "is interrupted by another navigation",
    "Execution context was destroyed",
    "the page is navigating",
)


@dataclass
class Looked:
    """The pages that axe has read, whoever opened them: by their address without its numbers."""

    done: set[str] = field(default_factory=set)
    small: tuple[str, ...] = ()  # what is looked at on a telephone too

    def at(self, page: Page, path: str) -> None:
        """Look at a page that nobody looked at: nothing that axe sees, nothing off the side."""
        shape = re.sub(r"\d+", "n", path)
        if shape in self.done:
            return
        self.done.add(shape)
        for size in (DESK, PHONE) if any(part in path for part in self.small) else (DESK,):
            page.set_viewport_size(size)
            wide = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            assert wide <= 0, f"{path}: {wide} px off the side at {size}"
            broken = violations(page)
            assert not broken, f"{path} at {size}: {broken}"
            if SHOTS:
                name = shape.strip("/").replace("/", "-") or "accueil"
                page.screenshot(path=f"{SHOTS}/road-{name}-{size['width']}.png", full_page=True)
        page.set_viewport_size(DESK)


class Hands(Actor):
    """One person at Chromium."""

    def __init__(self, name: str, email: str, page: Page, url: str, looked: Looked) -> None:
        self.name, self.email = name, email
        self.page, self.url, self.looked = page, url, looked

    def get(self, path: str) -> BeautifulSoup:
        """Open a page and look at it; again where the one before was just loading itself anew."""
        for _turn in range(TRIES):
            try:
                return self._open(path)
            except Error as error:
                if not any(said in error.message for said in LOADS_ANEW):
                    raise
                self.page.wait_for_load_state("networkidle")  # what was begun has come, or been given up
        raise PlayFailed(f"{self.name}: {path}: la page se recharge sans cesse")

    def _open(self, path: str) -> BeautifulSoup:
        answer = self.page.goto(urljoin(self.url, path))
        if answer is None:  # it led elsewhere while it loaded
            raise Error(ABORTED)
        if answer.status != 200:
            raise PlayFailed(f"{self.name}: {path}: {answer.status}")
        if not path.startswith("/administration/"):  # Django's own pages
            self.looked.at(self.page, self._here)
        return self._read()

    def send(self, form: Tag, here: str, **values: Value) -> Answer:
        """Type and choose, then press the form's button."""
        root = list(form.parents)[-1]
        rank = next(n for n, each in enumerate(root.select("form")) if each is form)
        place = self.page.locator("form").nth(rank)
        button = place.locator("button[type=submit]:visible, input[type=submit]:visible").first
        for name, value in values.items():
            if name == "do":
                button = place.locator(f"button[name=do][value={value}]")
            else:
                self._give(place.locator(f"[name='{name}']"), value)
        with self.page.expect_navigation():
            button.click()
        self.page.wait_for_load_state("load")
        return Answer(self._here, self.page.content())

    def _give(self, fields: Locator, value: Value) -> None:
        first = fields.first
        if isinstance(value, tuple):
            first.set_input_files(FilePayload(name=value[0], mimeType=value[2], buffer=value[1]))
            return
        facts: dict[str, Any] = first.evaluate("e => ({tag: e.tagName, type: e.type, value: e.value})")
        if facts["type"] in {"checkbox", "radio"}:
            for each in [value] if isinstance(value, str) else value:
                fields.and_(self.page.locator(f"[value='{each}'], :not([value])")).first.check()
        elif facts["tag"] == "SELECT":
            first.select_option(value)
        elif facts["type"] == "hidden":
            assert facts["value"] == value, "what nobody sees, nobody types"
        else:
            first.fill(str(value))

    def follow(self, link: str) -> Answer:
        """Open a mailed link: the page's script sends what comes after « # »."""
        self.page.goto(link)
        self.page.wait_for_url(lambda url: "#" not in url and urlsplit(url).path != urlsplit(link).path)
        self.looked.at(self.page, self._here)
        return Answer(self._here, self.page.content())

    def download(self, path: str) -> bytes:
        """Fetch a file, with the session of the page."""
        answer = self.page.request.get(urljoin(self.url, path))
        assert answer.ok, f"{path}: {answer.status}"
        return answer.body()

    def close(self) -> None:
        """Leave."""
        self.page.context.close()

    @property
    def _here(self) -> str:
        return urlsplit(self.page.url).path

    def _read(self) -> BeautifulSoup:
        return BeautifulSoup(self.page.content(), "html.parser")
