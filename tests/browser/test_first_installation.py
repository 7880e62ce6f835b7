"""The proof of the whole: from an empty folder, by ``./run``, to a contract that two communes have signed.

Code, administrator, second factor, import, invitations, then the road of ``./run play --from empty``
(:mod:`config.demo.road`), its people at Chromium where somebody new would be, by plain requests elsewhere.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from config.demo import newcomers, road
from config.demo import stage as stages
from config.demo.stage import Actor
from tests.browser.actor import DESK, PHONE
from tests.browser.hands import Hands, Looked
from tests.browser.passkeys import Device, add_passkey
from tests.config.deployed import ROOT
from tests.config.test_run import of, two_ports, until

pytestmark = [pytest.mark.browser, pytest.mark.kill, pytest.mark.timeout(1200)]
CHOSEN = "trois petits chats de gouttière"
AT_A_BROWSER = {"nadia", "paul", "eve", "marc"}  # two leads, a mayor, a reviewer


class Served:
    """A folder, what is served from it, and what was said on its terminal."""

    def __init__(self, state: Path) -> None:
        self.folder, self.state, self.port = state, state / "installation", two_ports()
        self.url = f"http://localhost:{self.port}"

    def start(self, last: str = "est en service sur", **told: str) -> str:
        """Serve; return what was said, ``last`` included."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ}
        more = {
            "STATE_DIR": str(self.state),
            "PUBLIC_URL": self.url,
            "PORT": str(self.port),
            "PKI_URL": f"http://127.0.0.1:{self.port + 1}",
            "COLUMNS": "300",
            "PYTHONUNBUFFERED": "1",
            "WEB_PROCESSES": "1",
        }
        path = self.folder / f"said-{len(list(self.folder.iterdir()))}"
        with path.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.run"],
                cwd=ROOT,
                env={**kept, **more, **told},
                stdout=said,
                stderr=said,
            )
        until(
            lambda: last in path.read_text() or self.process.poll() is not None,
            "it does not serve",
        )
        assert self.process.poll() is None, path.read_text()
        return path.read_text()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)
        until(lambda: not of(self.state), "something is left", 60)


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="first") as folder:
        found = Served(Path(folder))
        yield found
        found.stop()


def code_in(said: str) -> str:
    [code] = re.findall(r"code, qui ne sert qu’une fois\s*: (\S+)", said)
    return str(code)


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


@dataclass
class Road(newcomers.Empty):
    """Who comes first of each kind is at Chromium; the others send the same forms without one."""

    browser: Browser = None  # type: ignore[assignment]
    looked: Looked = field(default_factory=lambda: Looked(small=("/ouverture/",)))

    def enter(self, person: str, name: str, email: str) -> Actor:
        if person not in AT_A_BROWSER:
            return super().enter(person, name, email)
        context = self.browser.new_context(viewport=DESK, locale="fr-FR", reduced_motion="reduce")
        context.set_default_timeout(60_000)
        self.actors[person] = hands = Hands(name, email, context.new_page(), self.url, self.looked)
        return hands


def test_from_an_empty_folder_to_a_signed_contract(
    served: Served, browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A true installation shows its code; then the same folder, given to training, goes all the way."""
    monkeypatch.setattr(stages, "PATIENCE", 240.0)
    said = served.start("PostgreSQL embarqué", DEMONSTRATION="0", EMAIL_URL="console:")
    assert "est en service sur" in said
    assert "Mot de passe de tous les comptes" not in said, "no demonstration data"
    assert code_in(said)
    page = browser.new_context(viewport=DESK, locale="fr-FR").new_page()
    page.goto(served.url)
    expect(page.get_by_role("heading", name="Première installation")).to_be_visible()
    expect(page.get_by_text("SPÉCIMEN")).to_have_count(0)
    served.stop()
    (served.state / "public-url").unlink()
    code = code_in(served.start(DEMONSTRATION="1", DEMONSTRATION_DATA="0"))
    stage = Road(served.url, CHOSEN, {}, state=served.state)
    stage.browser = browser
    found_by_hand(stage, page, code)
    try:
        road.go_on(stage, tmp_path)
        outsider = stage.actors["odile"].http
        assert outsider.get("/plateforme/").status_code == 404
        assert outsider.get("/premiere-installation/").status_code == 404
    finally:
        stage.close()
    assert (tmp_path / "contract-signed.pdf").read_bytes().startswith(b"%PDF-")
    kinds = [entry["verb"] for entry in json.loads((tmp_path / "journal.json").read_text())["entries"]]
    assert kinds.count("signature_made") == 3


def found_by_hand(stage: Road, page: Page, code: str) -> None:
    """As :func:`config.demo.newcomers.found`, at a browser and with a passkey; a wrong code is refused."""
    Device(page)
    page.goto(stage.url)
    expect(page.get_by_role("heading", name="Première installation")).to_be_visible()
    expect(page.get_by_text("Installation de formation")).to_be_visible()
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
    add_passkey(page, stage.url, CHOSEN)
    page.get_by_role("link", name="Plateforme").click()
    if page.get_by_role("heading", name="Plateforme").count() == 0:
        page.get_by_role("button", name=re.compile("clé")).first.click()
    expect(page.get_by_role("heading", name="Plateforme", exact=True)).to_be_visible()
    expect(page.get_by_text("à une seconde personne")).to_be_visible()
    is_fine(page, "platform-empty")

    page.get_by_role("link", name="Importer un fichier").click()
    expect(page.get_by_role("heading", name="Importer un fichier")).to_be_visible()
    is_fine(page, "import")
    page.set_input_files("[name=file]", {"name": "a.csv", "mimeType": "text/csv", "buffer": newcomers.file()})
    page.get_by_role("button", name="Voir ce que ferait ce fichier").click()
    expect(page.get_by_text("Rien n’est encore écrit. 9 lignes")).to_be_visible()
    is_fine(page, "preview")
    page.get_by_role("button", name="Importer", exact=True).click()
    expect(page.get_by_text("9 lignes sont importées")).to_be_visible()
    is_fine(page, "powers")  # some of what was imported is only asked for
    page.get_by_role("link", name="Plateforme").click()
    page.get_by_role("link", name="Préfecture de l’Éveil").click()
    expect(page.get_by_text(re.compile("courriel (remis le|en attente d’envoi)")).first).to_be_visible()
    is_fine(page, "organisation")
    page.get_by_role("link", name="Créer une fonction").click()
    expect(page.get_by_role("heading", name="Créer une fonction")).to_be_visible()
    is_fine(page, "office")
    page.goto(f"{stage.url}/plateforme/organisations/ajout/")
    is_fine(page, "organisation-add")
    page.goto(f"{stage.url}/plateforme/administrateurs/")
    is_fine(page, "administrators")
    claire = Hands("Claire Première", "claire@plateforme.example", page, stage.url, stage.looked)
    stage.actors[newcomers.FIRST] = claire
