"""The prefect signs with her card: her page on a telephone's width, the program in a terminal of its own."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from select import select
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from signatures.models import EnrolledKey, SignatureRequest
from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast
from tests.companion import tokens
from tests.config.test_house import ROOT
from tests.signatures import hsm
from tests.stage import working
from tests.workflow.card.conversations import card_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not hsm.LIBRARY, reason="softhsm2 is not installed"),
]
PICTURES = os.environ.get("PICTURES", "")
PATIENCE = 30  # seconds, of a busy machine


class Started:
    """The program as a link starts it: another process, whose terminal a person reads and types in."""

    def __init__(self, link: str, held: tokens.Card, memory: Path) -> None:
        self._terminal, theirs = pty.openpty()
        self._read = ""
        known = {"PYTHONPATH": str(ROOT / "companion" / "src"), "XDG_CONFIG_HOME": str(memory)}
        program = [sys.executable, "-m", "contreseing_sign", "--module", hsm.LIBRARY, link]
        self._process = subprocess.Popen(
            ["setsid", "--ctty", "--wait", *program],  # its own terminal, in which it asks for the code
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**os.environ, **known, **held.environment, "TERM": "dumb"},
        )
        os.close(theirs)

    def sees(self, words: str) -> str:
        """Read until these words; return what was read since the last time."""
        while words not in self._read:
            assert select([self._terminal], [], [], PATIENCE)[0], self._read
            try:
                self._read += os.read(self._terminal, 4096).decode(errors="replace").replace("\u00a0", " ")
            except OSError:
                raise AssertionError(f"{words!r} never came: {self._read}") from None
        seen, self._read = self._read.split(words, 1)
        return seen

    def types(self, line: str) -> None:
        """Type a line."""
        os.write(self._terminal, f"{line}\n".encode())

    def ended(self) -> int:
        """Wait for its end; return how it ended."""
        code = self._process.wait(PATIENCE)
        os.close(self._terminal)
        return code

    def kill(self) -> None:
        """End it where it is, if it is still there."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)


@contextmanager
def started(page: Page, held: tokens.Card, memory: Path) -> Iterator[Started]:
    """Start the program by the link that the page shows."""
    link = page.get_by_role("link", name="Ouvrir le programme de signature").get_attribute("href")
    assert link
    program = Started(link, held, memory)
    try:
        yield program
    finally:
        program.kill()


def picture(page: Page, name: str) -> None:
    """Keep a picture, for whoever looks at it."""
    if PICTURES:
        page.screenshot(path=f"{PICTURES}/{name}.png", full_page=True)


@pytest.fixture
def held(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tokens.Card:
    """The prefect's card."""
    return card_of(cast.prefete, tmp_path / "card", monkeypatch)


def test_the_prefect_signs_by_card(
    browser: Browser, cast: Cast, live_url: str, settings: Any, tmp_path: Path, held: tokens.Card
) -> None:
    """Enrolled, then signed: each state shows by itself, and the card's code is typed in the terminal."""
    settings.PUBLIC_URL = live_url
    contract = plot.at_signing(cast)
    actor = Actor(browser, live_url, cast.prefete, phone=True, typing=False)
    page = actor.page
    page.goto(f"{live_url}{reverse('signing_keys')}")
    actor.is_accessible()
    page.get_by_role("link", name=re.compile("Enregistrer Carte à puce")).click()
    page.get_by_role("button", name="Demander un code").click()
    actor.is_accessible()
    picture(page, "card-enrol")
    with started(page, held, tmp_path) as program:
        program.sees("Est-ce bien la même adresse ?")
        program.types("oui")
        program.sees("Est-ce votre compte ?")
        expect(page.get_by_text("programme connecté")).to_be_visible()
        program.types("oui")
        program.sees("Quel certificat ?")
        program.types("1")
        program.sees("Code PIN de la carte")
        program.types(tokens.PIN)
        assert tokens.PIN not in program.sees("vous pouvez signer avec cette carte"), "it does not echo"
        assert program.ended() == 0
    expect(page.get_by_text("est enregistré.")).to_be_visible()
    key = EnrolledKey.objects.get(owner=cast.prefete, means="card")

    with working():
        task = reverse("task", args=[contract.pk, plot.task(contract, "sign").pk])
        page.goto(f"{live_url}{task}?key={key.pk}")
        actor.is_accessible()
        picture(page, "card-sign")
        page.get_by_role("button", name="Signer", exact=True).click()
        expect(page.get_by_text("programme attendu")).to_be_visible()
        actor.is_accessible()
        picture(page, "card-awaited")
        with started(page, held, tmp_path) as program:
            shown = program.sees("Que faire ?")
            assert contract.reference in shown
            expect(page.get_by_text("document reçu et vérifié")).to_be_visible()
            program.types("2")
            program.sees("Code PIN de la carte")
            expect(page.get_by_text("code de la carte demandé par le programme")).to_be_visible()
            picture(page, "card-pin")
            program.types(tokens.PIN)
            assert tokens.PIN not in program.sees("Signature remise")
            assert program.ended() == 0
        expect(page.get_by_role("heading", name="Votre signature est apposée et vérifiée")).to_be_visible()
        actor.is_accessible()
        picture(page, "card-done")
    made = SignatureRequest.objects.get()
    assert (made.state, made.backend) == (SignatureRequest.State.DONE, "card")
    actor.close()
