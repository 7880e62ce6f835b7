"""An empty installation by ``./run``: code, administrator, second factor, import, invitation."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from email import policy
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.actor import DESK, PHONE
from tests.browser.passkeys import Device, add_passkey
from tests.config.deployed import ROOT
from tests.config.test_run import of, two_ports, until

pytestmark = [pytest.mark.browser, pytest.mark.kill, pytest.mark.timeout(1200)]
CHOSEN = "trois petits chats de gouttière"
FILE = """organisation;nature;territoire;communes;siret;fonction;rôle;prénom;nom;courriel
Préfecture de l’Éveil;Préfecture;Éveil;;;Secrétariat;Contribution;Nadia;Nouvelle;nadia@eveil.example
Commune de Valbrune;Commune;Valbrune;61001;73282932000074;Greffe;Service des assemblées;;;
"""


class Served:
    """A folder, what is served from it, and what was said on its terminal."""

    def __init__(self, state: Path) -> None:
        self.state, self.port = state, two_ports()
        self.url = f"http://localhost:{self.port}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ}
        told = {
            "DEMONSTRATION": "0",
            "STATE_DIR": str(state / "installation"),
            "PUBLIC_URL": self.url,
            "PORT": str(self.port),
            "EMAIL_URL": "console:",
            "COLUMNS": "300",
            "PYTHONUNBUFFERED": "1",
            "WEB_PROCESSES": "1",
        }
        with (state / "said").open("ab") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.run"], cwd=ROOT, env={**kept, **told}, stdout=said, stderr=said
            )

    @property
    def said(self) -> str:
        return (self.state / "said").read_text()

    def mailed(self, to: str) -> str:
        """Wait for a mail to somebody; return its words."""
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            for letter in re.split(r"(?m)^-{70,}$", self.said):
                start = letter.find("Content-Type:")
                if start >= 0 and f"To: {to}" in letter:
                    message = email.message_from_bytes(letter[start:].encode(), policy=policy.default)
                    return str(message.get_content())
            time.sleep(0.2)
        raise AssertionError(f"no mail to {to}: {self.said}")


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="first") as folder:
        found = Served(Path(folder))
        until(
            lambda: "est en service sur" in found.said or found.process.poll() is not None,
            "it does not serve",
        )
        assert found.process.poll() is None, found.said
        yield found
        found.process.terminate()
        found.process.wait(60)
        until(lambda: not of(found.state / "installation"), "something is left", 60)


def is_fine(page: Page, name: str) -> None:
    """Nothing that axe sees, nothing off the side, on a desk and on a phone."""
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{name}: {wide} px off the side at {size}"
        found = Axe().run(page)
        assert found.violations_count == 0, f"{name}: {found.generate_report()}"
        if folder := os.environ.get("SHOTS"):
            page.screenshot(path=f"{folder}/{name}-{size['width']}.png", full_page=True)
    page.set_viewport_size(DESK)


def test_from_an_empty_folder_to_somebody_who_works(served: Served, browser: Browser) -> None:
    [code] = re.findall(r"code, qui ne sert qu’une fois\s*: (\S+)", served.said)
    assert "PostgreSQL embarqué" in served.said
    assert "Mot de passe de tous les comptes" not in served.said, "no demonstration data"
    page = browser.new_context(viewport=DESK, locale="fr-FR").new_page()
    Device(page)
    page.goto(served.url)
    expect(page.get_by_role("heading", name="Première installation")).to_be_visible()
    is_fine(page, "code")
    page.get_by_label("Code de première installation").fill("AAAAA-AAAAA-AAAAA-AAAAA")
    page.get_by_role("button", name="Continuer").click()
    expect(page.get_by_text("Ce n’est pas le code")).to_be_visible()
    page.get_by_label("Code de première installation").fill(code)
    page.get_by_role("button", name="Continuer").click()
    page.get_by_label("Adresse électronique").fill("claire@plateforme.example")
    page.get_by_label("Prénom").fill("Claire")
    page.get_by_label("Nom", exact=True).fill("Première")
    page.get_by_label("Mot de passe").fill(CHOSEN)
    page.get_by_label("Le même").fill(CHOSEN)
    is_fine(page, "account")
    page.get_by_role("button", name="Ouvrir mon compte").click()
    expect(page.get_by_text("Votre compte est ouvert")).to_be_visible()
    page.fill("[name=login]", "claire@plateforme.example")
    page.fill("[name=password]", CHOSEN)
    page.get_by_role("button", name="Se connecter", exact=True).click()
    expect(page.get_by_text("demandent un second facteur")).to_be_visible()
    add_passkey(page, served.url, CHOSEN)
    page.get_by_role("link", name="Plateforme").click()
    if page.get_by_role("heading", name="Plateforme").count() == 0:
        page.get_by_role("button", name=re.compile("clé")).first.click()
    expect(page.get_by_role("heading", name="Plateforme", exact=True)).to_be_visible()
    expect(page.get_by_text("à une seconde personne")).to_be_visible()
    is_fine(page, "platform-empty")

    page.get_by_role("link", name="Importer un fichier").click()
    expect(page.get_by_role("heading", name="Importer un fichier")).to_be_visible()
    is_fine(page, "import")
    page.set_input_files(
        "[name=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": FILE.encode("cp1252")}
    )
    page.get_by_role("button", name="Voir ce que ferait ce fichier").click()
    expect(page.get_by_text("Rien n’est encore écrit. 2 lignes")).to_be_visible()
    is_fine(page, "preview")
    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_text("2 lignes sont importées")).to_be_visible()
    is_fine(page, "platform")
    page.get_by_role("link", name="Préfecture de l’Éveil").click()
    expect(page.get_by_text("invitation envoyée")).to_be_visible()
    is_fine(page, "organisation")
    page.get_by_role("link", name="Créer une fonction").click()
    expect(page.get_by_role("heading", name="Créer une fonction")).to_be_visible()
    is_fine(page, "office")
    page.goto(f"{served.url}/plateforme/organisations/ajout/")
    is_fine(page, "organisation-add")
    page.goto(f"{served.url}/plateforme/administrateurs/")
    is_fine(page, "administrators")

    letter = served.mailed("nadia@eveil.example")
    assert "pour la préfecture de l’Éveil" in letter
    [link] = re.findall(r"https?://\S+/invitations/#\S+", letter)
    guest = browser.new_context(viewport=PHONE, locale="fr-FR").new_page()
    guest.goto(link)
    guest.get_by_label("Mot de passe").fill(CHOSEN)
    guest.get_by_label("Le même").fill(CHOSEN)
    guest.get_by_role("button", name="Ouvrir mon compte").click()
    guest.fill("[name=login]", "nadia@eveil.example")
    guest.fill("[name=password]", CHOSEN)
    guest.get_by_role("button", name="Se connecter", exact=True).click()
    expect(guest.get_by_role("heading", name="Mes tâches")).to_be_visible()
    assert guest.goto(f"{served.url}/plateforme/").status == 404  # type: ignore[union-attr]
    assert page.goto(f"{served.url}/premiere-installation/").status == 404  # type: ignore[union-attr]
