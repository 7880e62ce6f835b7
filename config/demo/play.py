"""``./run play``: play the whole Clairval contract through the pages, as each actor in turn.

The commune's pilot opens it first (:mod:`config.demo.opening`). Every step is an HTTP request that a browser
would make: log in, read the inbox, open the task, fill in its form, send it. Nothing is read from the models;
the only thing known beforehand is the demonstration's data: who the actors are, what they negotiate.
"""

from __future__ import annotations

import json
import time
from datetime import timedelta
from pathlib import Path

import httpx
from bs4 import BeautifulSoup

from config.demo import stage as stages
from config.demo.opening import commitment_form, editor_links, open_contract
from config.demo.stage import Actor, PlayFailed, Stage, console, form_of, today

DATA = Path(__file__).resolve().parents[2] / "contracts" / "data" / "demo.json"


def play(url: str, password: str, out: Path) -> int:
    """Play the contract on the server at ``url``; write the files into ``out``; return the exit status."""
    return perform(Stage(url, password, json.loads(DATA.read_text(encoding="utf-8"))), out)


def perform(stage: Stage, out: Path) -> int:
    """Play on a stage; its actors can be asked afterwards what they held.

    A stage that has its contract already (:func:`~config.demo.opening.open_contract`) goes on with it.
    """
    out.mkdir(parents=True, exist_ok=True)
    try:
        if not stage.contract:
            open_contract(stage)
        _negotiate(stage)
        _sign(stage)
        _collect(stage, out)
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


def _negotiate(stage: Stage) -> None:
    """Draft, review (one asks for changes), draft again, review again, approve."""
    reviewers = {o["organisation_id"]: o["person_id"] for o in stage.facts["opinions"]}
    first = next(iter(reviewers.values()))
    for round_ in (1, 2):
        _draft_and_freeze(stage, changes=round_ == 2)
        due = list(reviewers.values()) if round_ == 1 else [first]
        for person in due:
            asks = round_ == 1 and person == first
            _give_opinion(stage, person, asks)
    for person in ("p01", "p17"):
        with stage.step(person, "approuve le texte") as actor:
            path = actor.wait_for("Approuver le texte", stage.contract)
            actor.send(form_of(actor.get(path), path), path, decision="approve")


def _draft_and_freeze(stage: Stage, *, changes: bool) -> None:
    for person in ("p04", "p18"):
        with stage.step(person, "termine la rédaction") as actor:
            path = actor.wait_for("Rédiger le projet", stage.contract)
            if changes and person == "p18":
                _edit_first_commitment(stage, actor)
            actor.send(form_of(actor.get(path), path), path)
    with stage.step("p18", "fige la version") as actor:
        path = actor.wait_for("Figer la version", stage.contract)
        label = "Après les remarques de la police nationale" if changes else "Version issue des ateliers"
        actor.send(form_of(actor.get(path), path), path, label=label)


def _edit_first_commitment(stage: Stage, actor: Actor) -> None:
    link = editor_links(stage, actor)[0]
    words = "Renfort exprimé en effectif de référence constaté, en sus du remplacement des départs."
    actor.send(commitment_form(actor, link), link, description=words)


def _give_opinion(stage: Stage, person: str, asks: bool) -> None:
    with stage.step(person, "demande des modifications" if asks else "rend un avis favorable") as actor:
        path = actor.wait_for("Rendre un avis", stage.contract)
        values = {"value": "changes_requested" if asks else "favourable", "reason": ""}
        if asks:
            values["reason"] = "Le renfort doit être exprimé en effectif de référence constaté."
        actor.send(form_of(actor.get(path), path), path, **values)


def _sign(stage: Stage) -> None:
    """The prefect signs, the clerk records the resolution, the mayor signs."""
    _sign_as(stage, "p01")
    with stage.step("p20", "enregistre la délibération exécutoire") as actor:
        path = actor.wait_for("Enregistrer la délibération", stage.contract)
        now = today()
        days = {
            "session_on": now - timedelta(days=4),
            "published_on": now - timedelta(days=2),
            "transmitted_on": now - timedelta(days=2),
            "received_on": now - timedelta(days=1),
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
        path = actor.wait_for("Signer", stage.contract)
        page = actor.get(path)
        document = actor.http.get(f"{path}document.pdf")
        if not document.content.startswith(b"%PDF-"):
            raise PlayFailed(f"{actor.name} : le document à signer ne s’ouvre pas")
        confirmed = actor.send(form_of(page, f"{path}confirmation/"), path, password=stage.password)
        actor.send(form_of(BeautifulSoup(confirmed.text, "html.parser"), path), path)


def _collect(stage: Stage, out: Path) -> None:
    """Wait for the seal, read the verdict on the result page, and keep the files."""
    contract, mayor = stage.contract, stage.actor("p15")
    deadline = time.monotonic() + stages.PATIENCE
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
