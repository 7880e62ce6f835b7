"""The main job: Clairval's contract, from draft to two valid signatures, in a browser.

A second browser stays on the contract’s page all along and never reloads it. Whoever acts comes by the link
of the mail that they got, and by nothing else.
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from viewflow.workflow.models import Task

from stakeholders.models import User
from tests import plot
from tests.browser.actor import ASKED_OR_SET, PATIENCE, Actor
from tests.cast import PASSWORD, Cast
from tests.pki import ServedPki
from tests.post import Post, mail_server, words
from tests.stage import working
from workflow.news import mails

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def play(browser: Browser, cast: Cast, live_url: str) -> Iterator[Play]:
    """Open Clairval's circuit and set the watcher before the contract's page."""
    with mail_server() as post:
        plot.opened(cast.contract)
        yield Play(browser, live_url, cast, post)


class Play:
    """The scenes of the contract, each by its actors; the watcher's page moves by itself."""

    def __init__(self, browser: Browser, url: str, cast: Cast, post: Post) -> None:
        self.browser, self.url, self.cast, self.post = browser, url, cast, post
        self.read: Counter[str] = Counter()  # mails of each address that led somewhere
        self.watcher = Actor(browser, url, cast.pilote_ville)
        self.watched: Page = self.watcher.page
        self.watched.goto(f"{url}/contrats/{cast.contract.pk}/")
        self.watched.evaluate("() => { window.neverReloaded = true }")
        expect(self.watched.locator("#live-state")).to_contain_text("en direct")

    def by_mail(self, person: User, title: str, *, phone: bool = False) -> Actor:
        """Follow the link of the next mail that tells somebody of this task: it leads to its page."""
        mails.write_all(timezone.now() + dt.timedelta(minutes=1))
        while True:
            number = self.read[person.email] + 1
            message = self.post.wait_for(person.email, number)[number - 1]
            self.read[person.email] = number
            if title in words(message):
                break
        (link, *_others) = re.findall(r"/nouvelles/\d+/", words(message))
        return Actor(self.browser, self.url, person, phone=phone, by=link)

    def sees(self, organisation: str, words: str) -> None:
        """The watcher's lane of an organisation says so, without a reload."""
        lane = self.watched.locator(
            "#acteurs tr", has=self.watched.get_by_role("rowheader", name=organisation)
        )
        expect(lane).to_contain_text(words, timeout=PATIENCE)

    def draft_and_freeze(self) -> None:
        for person in (self.cast.pilote_prefecture, self.cast.pilote_ville):
            actor = self.by_mail(person, "Rédiger le projet")
            actor.page.get_by_role("button", name="Rédaction terminée").click()
            expect(actor.page.get_by_text("Votre rédaction est terminée.")).to_be_visible()
            actor.close()
        actor = self.by_mail(self.cast.pilote_ville, "Figer la version")
        actor.page.get_by_role("button", name="Figer la version").click()
        expect(actor.page.get_by_text("Les avis sont demandés")).to_be_visible()
        actor.close()

    def opine(self, person: User, choice: str, reason: str = "", *, phone: bool = False) -> None:
        actor = self.by_mail(person, "Rendre un avis", phone=phone)
        expect(actor.page.get_by_role("heading", name="Votre avis sur la version")).to_be_visible()
        actor.page.get_by_label(choice, exact=True).check()
        if reason:
            actor.page.locator("textarea[name=reason]").fill(reason)
        actor.page.get_by_role("button", name="Rendre l’avis").click()
        expect(actor.page.get_by_text("Votre avis est enregistré")).to_be_visible()
        actor.close()

    def approve(self, person: User) -> None:
        actor = self.by_mail(person, "Approuver le texte")
        actor.page.get_by_label("J’approuve ce texte").check()
        actor.page.get_by_role("button", name="Enregistrer ma décision").click()
        expect(actor.page.get_by_text("Le texte est approuvé")).to_be_visible()
        actor.close()

    def sign(self, person: User) -> None:
        """Three clicks from the mail, that of its link counted, and one proof; the session was open."""
        actor = self.by_mail(person, "Signer")
        page = actor.page
        clicks: list[str] = []
        page.expose_function("clicked", lambda on: clicks.append(on))
        count = (
            "addEventListener('click', (click) => click.isTrusted && clicked(click.target.textContent), true)"
        )
        page.add_init_script(count)
        page.evaluate(f"() => {{ {count} }}")
        expect(page.get_by_text("Votre signature ici")).to_be_visible(timeout=PATIENCE)
        actor.is_accessible()
        page.get_by_label("Votre mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Confirmer mon identité").click()
        page.get_by_role("button", name="Signer", exact=True).click()
        expect(page.get_by_role("heading", name=ASKED_OR_SET)).to_be_visible()
        assert len(clicks) <= 2, f"and the link of the mail: {clicks}"
        assert clicks, "they are counted"
        actor.close()

    def record_resolution(self) -> None:
        actor = self.by_mail(self.cast.greffe, "Enregistrer la délibération")
        page, today = actor.page, timezone.localdate()
        page.get_by_label("adoptée", exact=True).check()
        page.get_by_label("Numéro de la délibération").fill("2026-11-014")
        for label, days in (
            ("Séance du", 4),
            ("Publiée le", 2),
            ("Transmise le", 2),
            ("Accusé de réception du", 1),
        ):
            page.get_by_label(label).fill((today - dt.timedelta(days=days)).isoformat())
        page.get_by_label("Voix pour").fill("26")
        page.get_by_role("button", name="Enregistrer la délibération").click()
        expect(page.get_by_text("le maire peut signer à son tour")).to_be_visible()
        actor.close()


def test_the_whole_contract_of_clairval(play: Play, pki: ServedPki, tmp_path: Path) -> None:
    cast = play.cast
    with working():
        play.draft_and_freeze()
        play.sees("DDPN", "avis attendu")
        reviewers = [t.seed for t in _due(play)]
        assert len(reviewers) == 11
        play.opine(cast.ddpn, "Modifications demandées", "Exprimer le renfort en effectif constaté.")
        play.sees("DDPN", "modifications demandées")
        for person in (cast.ggd, cast.procureure, cast.pjj, cast.spip, cast.dasen):
            play.opine(person, "Favorable")
        play.opine(cast.bailleur_oh, "Favorable", phone=True)
        for person in (cast.bailleur_cl, cast.bailleur_fv, cast.rtac, cast.rail):
            play.opine(person, "Favorable")
        play.sees("Ville", "rédaction en cours")
        play.draft_and_freeze()
        play.sees("DDPN", "avis attendu")
        assert [t.seed.code for t in _due(play)] == ["org-ddpn"], "the second round asks only who is due"
        play.opine(cast.ddpn, "Favorable")
        play.approve(cast.prefete)
        play.approve(cast.dgs)
        play.sees("Ville", "délibération attendue")
        _mayor_is_locked(play)
        play.sign(cast.prefete)
        play.sees("Préfecture", "signé")
        play.record_resolution()
        play.sign(cast.maire)
        play.sees("Ville", "signé")
        link = play.watched.get_by_role("link", name="Voir le contrat signé")
        expect(link).to_be_visible(timeout=PATIENCE)
    assert play.watched.evaluate("() => window.neverReloaded") is True
    link.click()
    expect(play.watched.get_by_text("Signé par toutes les parties")).to_be_visible()
    play.watcher.is_accessible()
    with play.watched.expect_download() as download:
        play.watched.get_by_role("link", name="Télécharger le contrat signé").click()
    file = tmp_path / "signed.pdf"
    download.value.save_as(file)
    play.watcher.close()
    verdict = subprocess.run(
        [sys.executable, "manage.py", "verify", str(file), "--root", str(pki.root)],
        capture_output=True,
        text=True,
    )
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    stranger = subprocess.run(["pdfsig", str(file)], capture_output=True, text=True).stdout
    assert stranger.count("Signature is Valid") == 2, stranger


def _due(play: Play) -> list[Task]:
    """Wait until the reviews are open (the watcher saw one), and return their tasks."""
    return list(plot.tasks(play.cast.contract, "review"))


def _mayor_is_locked(play: Play) -> None:
    actor = Actor(play.browser, play.url, play.cast.maire)
    actor.page.goto(f"{play.url}/corbeilles/a-signer/")
    expect(actor.page.get_by_text("Aucun contrat n’attend votre signature.")).to_be_visible()
    actor.close()
