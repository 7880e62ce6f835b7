"""``./run play``: play the whole Clairval contract through the pages, as each actor in turn.

Every step is an HTTP request that a browser would make: log in, read the inbox, open the
task, fill in its form, send it. Nothing is read from the models; the only thing known
beforehand is who the actors are, from the demonstration's data.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import httpx
from bs4 import BeautifulSoup, Tag
from rich.console import Console

DATA = Path(__file__).resolve().parents[2] / "contracts" / "data" / "demo.json"
CONTRACT = "csi-clairval-2026"
PARIS = ZoneInfo("Europe/Paris")  # a mairie’s day is the server’s, whatever this machine’s zone
PATIENCE = 90.0  # seconds given to the worker for one step
console = Console()


class PlayFailed(RuntimeError):
    """A step went wrong; the message says which and what the page answered."""


@dataclass
class Actor:
    """One person at their browser: cookies, pages, forms."""

    name: str
    email: str
    http: httpx.Client

    def get(self, path: str) -> BeautifulSoup:
        """Open a page; raises PlayFailed unless it answers 200."""
        answer = self.http.get(path)
        if answer.status_code != 200:
            raise PlayFailed(f"{self.name} : {path} a répondu {answer.status_code}")
        return BeautifulSoup(answer.text, "html.parser")

    def send(self, form: Tag, here: str, **values: str) -> httpx.Response:
        """Send a form of a page as a browser does: its own fields, then what is typed."""
        data: dict[str, str] = {}
        for item in form.select("input[name], textarea[name], select[name], button[name]"):
            kind, name = item.get("type", ""), str(item["name"])
            if kind in {"radio", "checkbox"} and not item.has_attr("checked"):
                continue
            if item.name == "button":
                continue
            data[name] = item.text.strip("\n") if item.name == "textarea" else str(item.get("value", ""))
        data |= values
        target = urljoin(here, str(form.get("action") or here))
        answer = self.http.post(
            target, data=data, headers={"Referer": urljoin(str(self.http.base_url), here)}
        )
        if answer.status_code >= 400:
            raise PlayFailed(f"{self.name} : {target} a répondu {answer.status_code}. {said(answer.text)}")
        return answer

    def log_in(self, password: str) -> None:
        """Log in by the page."""
        path = "/compte/login/"
        form = form_of(self.get(path), path)
        answer = self.send(form, path, login=self.email, password=password)
        if "Se déconnecter" not in answer.text:
            raise PlayFailed(f"{self.name} : la connexion a été refusée")

    def task(self, title: str) -> str | None:
        """Return the address of the task so titled in the inbox, if it waits there."""
        for basket in ("a-traiter", "a-signer"):
            for row in self.get(f"/corbeilles/{basket}/").select("li.task"):
                heading, link = row.select_one(".what"), row.select_one("a.btn")
                if heading and link and heading.text.strip() == title:
                    return str(link["href"])
        return None

    def wait_for(self, title: str) -> str:
        """Read the inbox until the task comes."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if address := self.task(title):
                return address
            time.sleep(0.3)
        raise PlayFailed(f"{self.name} : la tâche « {title} » n’est pas venue en {PATIENCE:.0f} s")


def form_of(page: BeautifulSoup, action: str) -> Tag:
    """Return the form of a page that posts to ``action``."""
    for form in page.select("form[method=post]"):
        if str(form.get("action") or action).split("?")[0] == action:
            return form
    raise PlayFailed(f"la page ne contient pas le formulaire {action}")


def said(html: str) -> str:
    """Return what a page says that went wrong."""
    page = BeautifulSoup(html, "html.parser")
    words = [tag.get_text(" ", strip=True) for tag in page.select(".errorlist, .notice, main h1, main p")[:4]]
    return " · ".join(words)


@dataclass
class Stage:
    """The server, and everybody who has logged in to it so far."""

    url: str
    password: str
    data: dict[str, Any]
    actors: dict[str, Actor] = field(default_factory=dict)
    steps: int = 0

    def actor(self, person: str) -> Actor:
        """Return a person, logged in."""
        if person not in self.actors:
            row = next(p for p in self.data["persons"] if p["id"] == person)
            http = httpx.Client(base_url=self.url, follow_redirects=True, timeout=30, trust_env=False)
            actor = Actor(f"{row['first_name']} {row['last_name']}", row["email"], http)
            actor.log_in(self.password)
            self.actors[person] = actor
        return self.actors[person]

    @contextmanager
    def step(self, person: str, what: str) -> Iterator[Actor]:
        """Announce a step, do it, say how long it took."""
        self.steps += 1
        started = time.monotonic()
        actor = self.actor(person)
        yield actor
        console.print(
            f"  {self.steps:>2}. {actor.name} : {what} [dim]({time.monotonic() - started:.1f} s)[/dim]"
        )


def play(url: str, password: str, out: Path) -> int:
    """Play the contract on the server at ``url``; write the files into ``out``; return the exit status."""
    return perform(Stage(url, password, json.loads(DATA.read_text(encoding="utf-8"))), out)


def perform(stage: Stage, out: Path) -> int:
    """Play on a stage; its actors can be asked afterwards what they held."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        contract = _negotiate(stage)
        _sign(stage)
        _collect(stage, contract, out)
    except (PlayFailed, httpx.HTTPError) as error:
        console.print(f"[red]Arrêt après l’étape {stage.steps} : {error}[/red]")
        return 1
    finally:
        for actor in stage.actors.values():
            actor.http.close()
    console.print(
        f"[green]Le contrat est signé par tous.[/green] Fichiers dans {out.name}/ : "
        "contract-signed.pdf, trust-root.pem, journal.json"
    )
    return 0


def _negotiate(stage: Stage) -> str:
    """Draft, review (one asks for changes), draft again, review again; return the contract's page."""
    contract = next(c for c in stage.data["contracts"] if c["id"] == CONTRACT)
    page = ""
    reviewers = {o["organisation_id"]: o["person_id"] for o in contract["opinions"]}
    first = next(iter(reviewers.values()))
    for round_ in (1, 2):
        page = _draft_and_freeze(stage, changes=round_ == 2)
        due = list(reviewers.values()) if round_ == 1 else [first]
        for person in due:
            asks = round_ == 1 and person == first
            _give_opinion(stage, person, asks)
    for person in ("p01", "p17"):
        with stage.step(person, "approuve le texte") as actor:
            path = actor.wait_for("Approuver le texte")
            actor.send(form_of(actor.get(path), path), path, decision="approve")
    return page


def _draft_and_freeze(stage: Stage, *, changes: bool) -> str:
    page = ""
    for person in ("p04", "p18"):
        with stage.step(person, "termine la rédaction") as actor:
            path = actor.wait_for("Rédiger le projet")
            page = path.split("taches/")[0]
            if changes and person == "p18":
                _edit_first_commitment(actor, page)
            actor.send(form_of(actor.get(path), path), path)
    with stage.step("p18", "fige la version") as actor:
        path = actor.wait_for("Figer la version")
        label = "Après les remarques de la police nationale" if changes else "Version issue des ateliers"
        actor.send(form_of(actor.get(path), path), path, label=label)
    return page


def _edit_first_commitment(actor: Actor, page: str) -> None:
    editor = actor.get(f"{page}redaction/")
    link = next(
        str(a["href"])
        for a in editor.select("a[href]")
        if "/engagements/" in str(a["href"]) and "ajout" not in str(a["href"])
    )
    shown = actor.http.get(link)
    form = BeautifulSoup(shown.text, "html.parser").select_one("main form[method=post]")
    if form is None:
        raise PlayFailed("le formulaire de l’engagement ne s’affiche pas")
    values = {
        str(select["name"]): str(option["value"])
        for select in form.select("select[name]")
        if (option := select.select_one("option[selected]")) and option.get("value")
    }
    values["description"] = (
        "Renfort exprimé en effectif de référence constaté, en sus du remplacement des départs."
    )
    if form.select_one("input[name=publishable][checked]"):
        values["publishable"] = "on"
    actor.send(form, link, **values)


def _give_opinion(stage: Stage, person: str, asks: bool) -> None:
    with stage.step(person, "demande des modifications" if asks else "rend un avis favorable") as actor:
        path = actor.wait_for("Rendre un avis")
        values = {"value": "changes_requested" if asks else "favourable", "reason": ""}
        if asks:
            values["reason"] = "Le renfort doit être exprimé en effectif de référence constaté."
        actor.send(form_of(actor.get(path), path), path, **values)


def _sign(stage: Stage) -> None:
    """The prefect signs, the clerk records the resolution, the mayor signs."""
    _sign_as(stage, "p01")
    with stage.step("p20", "enregistre la délibération exécutoire") as actor:
        path = actor.wait_for("Enregistrer la délibération")
        today = datetime.now(PARIS).date()
        days = {
            "session_on": today - timedelta(days=4),
            "published_on": today - timedelta(days=2),
            "transmitted_on": today - timedelta(days=2),
            "received_on": today - timedelta(days=1),
        }
        values = {name: day.isoformat() for name, day in days.items()}
        values |= {"outcome": "adopted", "number": "2026-11-014"}
        values |= {
            "votes_for": "26",
            "votes_against": "5",
            "abstentions": "3",
            "not_voting": "0",
            "reason": "",
        }
        actor.send(form_of(actor.get(path), path), path, **values)
    _sign_as(stage, "p15")


def _sign_as(stage: Stage, person: str) -> None:
    with stage.step(person, "lit, confirme son identité et signe") as actor:
        path = actor.wait_for("Signer")
        page = actor.get(path)
        document = actor.http.get(f"{path}document.pdf")
        if not document.content.startswith(b"%PDF-"):
            raise PlayFailed(f"{actor.name} : le document à signer ne s’ouvre pas")
        confirmed = actor.send(form_of(page, f"{path}confirmation/"), path, password=stage.password)
        actor.send(form_of(BeautifulSoup(confirmed.text, "html.parser"), path), path)


def _collect(stage: Stage, contract: str, out: Path) -> None:
    """Wait for the seal, read the verdict on the result page, and keep the files."""
    mayor = stage.actor("p15")
    deadline = time.monotonic() + PATIENCE
    while not mayor.get(contract).select(f"a[href='{contract}resultat/']"):
        if time.monotonic() > deadline:
            raise PlayFailed("le contrat signé n’a pas été scellé à temps")
        time.sleep(0.3)
    verdict = mayor.get(f"{contract}resultat/").select_one(".notice.done")
    if verdict is None:
        raise PlayFailed("la vérification du contrat signé échoue")
    for name, path in (
        ("contract-signed.pdf", f"{contract}contrat-signe.pdf"),
        ("trust-root.pem", "/confiance/racine.pem"),
        ("journal.json", f"{contract}journal.json"),
    ):
        answer = mayor.http.get(path)
        if answer.status_code != 200 or not answer.content:
            raise PlayFailed(f"{path} a répondu {answer.status_code}")
        (out / name).write_bytes(answer.content)
