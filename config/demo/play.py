"""``./run play``: play the whole Clairval contract through the pages, as each actor in turn.

The commune's pilot opens it first (:mod:`config.demo.opening`). Every step is an HTTP request that a browser
would make: log in, read the inbox, open the task, fill in its form, send it. Nothing is read from the models;
the only thing known beforehand is the demonstration's data: who the actors are, what they negotiate.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import httpx
from rich.markup import escape

from config.demo import scenes
from config.demo.opening import commitment_form, editor_links, open_contract
from config.demo.stage import PlayFailed, Stage, console

DATA = Path(__file__).resolve().parents[2] / "contracts" / "data" / "demo.json"
LABELS = ("Version issue des ateliers", "Après les remarques de la police nationale")
CHANGES = "Le renfort doit être exprimé en effectif de référence constaté."


def play(url: str, password: str, out: Path) -> int:
    """Play the contract on the server at ``url``; write the files into ``out``; return the exit status."""
    return perform(Stage(url, password, json.loads(DATA.read_text(encoding="utf-8"))), out)


def perform(stage: Stage, out: Path, written: Callable[[Stage, Path], None] | None = None) -> int:
    """Play on a stage; its actors can be asked afterwards what they held. ``written`` is another play.

    A stage that has its contract already (:func:`~config.demo.opening.open_contract`) goes on with it.
    """
    try:
        (written or _clairval)(stage, out)
    except (PlayFailed, httpx.HTTPError) as error:
        console.print(f"[red]Arrêt après l’étape {stage.steps} : {error}[/red]")
        return 1
    finally:
        stage.close()
    console.print(
        f"[green]Le contrat est signé par tous.[/green] Fichiers dans {escape(place(out))}/ : "
        + ", ".join(scenes.RESULTS)
    )
    return 0


def place(folder: Path) -> str:
    """Return where a folder is, as whoever started the play finds it: from where they are, or whole."""
    here = Path.cwd()
    return str(folder.relative_to(here) if folder.is_relative_to(here) else folder)


def _clairval(stage: Stage, out: Path) -> None:
    if not stage.contract:
        open_contract(stage)
    _negotiate(stage)
    scenes.sign(stage, "p01")
    scenes.record_resolution(stage, "p20", "2026-11-014")
    scenes.sign(stage, "p15")
    scenes.collect(stage, "p15", out)


def _negotiate(stage: Stage) -> None:
    """Draft, review (one asks for changes), draft again, review again, approve."""
    reviewers = {o["organisation_id"]: o["person_id"] for o in stage.facts["opinions"]}
    first = next(iter(reviewers.values()))
    for round_ in (1, 2):
        scenes.finish_drafting(stage, "p04")
        if round_ == 2:
            _edit_first_commitment(stage)
        scenes.finish_drafting(stage, "p18")
        scenes.freeze(stage, "p18", LABELS[round_ - 1])
        for person in list(reviewers.values()) if round_ == 1 else [first]:
            scenes.give_opinion(stage, person, CHANGES if round_ == 1 and person == first else "")
    for person in ("p01", "p17"):
        scenes.approve(stage, person)


def _edit_first_commitment(stage: Stage) -> None:
    with stage.step("p18", "reprend le premier engagement") as actor:
        actor.wait_for("Rédiger le projet", stage.contract)
        link = editor_links(stage, actor)[0]
        words = "Renfort exprimé en effectif de référence constaté, en sus du remplacement des départs."
        actor.send(commitment_form(actor, link), link, description=words)
