"""What the people of a contract do on its pages, whoever they are and whatever the contract.

Each scene is one step of a play: it waits for the task, opens its page, sends its form.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from config.demo.stage import Actor, PlayFailed, Stage, form_of, looked_for, today

RESULTS = ("contract-signed.pdf", "trust-root.pem", "journal.json", "evidence.zip")


def finish_drafting(stage: Stage, person: str) -> None:
    """A pilot says that their draft is done."""
    with stage.step(person, "termine la rédaction") as actor:
        actor.fill(actor.wait_for("Rédiger le projet", stage.contract))


def freeze(stage: Stage, person: str, label: str) -> None:
    """The commune's pilot freezes the version."""
    with stage.step(person, "fige la version") as actor:
        actor.fill(actor.wait_for("Figer la version", stage.contract), label=label)


def give_opinion(stage: Stage, person: str, reason: str = "") -> None:
    """A reviewer is in favour, or asks for changes, for this reason."""
    with stage.step(person, "demande des modifications" if reason else "rend un avis favorable") as actor:
        value = "changes_requested" if reason else "favourable"
        actor.fill(actor.wait_for("Rendre un avis", stage.contract), value=value, reason=reason)


def approve(stage: Stage, person: str) -> None:
    """A party approves the exact bytes."""
    with stage.step(person, "approuve le texte") as actor:
        actor.fill(actor.wait_for("Approuver le texte", stage.contract), decision="approve")


def record_resolution(stage: Stage, person: str, number: str) -> None:
    """The clerk records a resolution that has gone through all its stages."""
    with stage.step(person, "enregistre la délibération exécutoire") as actor:
        path = actor.wait_for("Enregistrer la délibération", stage.contract)
        days = {"session_on": 4, "published_on": 2, "transmitted_on": 2, "received_on": 1}
        values = {name: (today() - timedelta(days=ago)).isoformat() for name, ago in days.items()}
        values |= {"outcome": "adopted", "number": number, "reason": ""}
        values |= {"votes_for": "26", "votes_against": "5", "abstentions": "3", "not_voting": "0"}
        actor.fill(path, **values)


def sign(stage: Stage, person: str) -> None:
    """A signatory opens the document, says again who they are, and signs."""
    with stage.step(person, "lit, confirme son identité et signe") as actor:
        path = actor.wait_for("Signer", stage.contract)
        page = actor.get(path)
        if not actor.download(f"{path}document.pdf").startswith(b"%PDF-"):
            raise PlayFailed(f"{actor.name} : le document à signer ne s’ouvre pas")
        proof = form_of(page, f"{path}confirmation/")
        confirmed = actor.send(proof, path, password=stage.password)
        actor.send(form_of(confirmed.page, path), path)


def collect(stage: Stage, person: str, out: Path) -> None:
    """Wait for the seal, read the verdict on the result page, and keep the files."""
    contract, actor = stage.contract, stage.actor(person)
    result = f"a[href='{contract}resultat/']"
    looked_for(lambda: actor.get(contract).select(result), "le contrat signé n’a pas été scellé à temps")
    if actor.get(f"{contract}resultat/").select_one(".notice.done") is None:
        raise PlayFailed("la vérification du contrat signé échoue")
    evidence = _evidence(stage, actor)
    out.mkdir(parents=True, exist_ok=True)
    paths = (f"{contract}contrat-signe.pdf", "/confiance/racine.pem", f"{contract}journal.json", evidence)
    for name, path in zip(RESULTS, paths, strict=True):
        (out / name).write_bytes(actor.download(path))


def _evidence(stage: Stage, actor: Actor) -> str:
    """Ask for the evidence of the signed contract, wait for it, and return its address."""
    page, contract = f"{stage.contract}resultat/", stage.contract
    asked = f"{contract}preuves/"
    actor.send(form_of(actor.get(page), asked), asked)
    address = f"{contract}preuves.zip"
    late = "le dossier de preuve n’a pas été constitué à temps"
    looked_for(lambda: actor.get(page).select(f"a[href='{address}']"), late)
    return address
