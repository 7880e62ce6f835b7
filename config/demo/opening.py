"""How the play opens its contract: « Nouveau contrat », its five pages, then the deadlines in the draft.

The commune's pilot begins it from the demonstration's contract, with its figures; what that brings no
longer holds (dates, people) is given anew, from the demonstration's data.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from bs4 import Tag

from config.demo.scanned import page_of
from config.demo.stage import Actor, Answer, PlayFailed, Stage, Value, form_of, option, today

PILOT = "p18"
PILOTS = {"prefecture": "state_pilot", "municipality": "city_pilot"}
TARGET = timedelta(days=300)  # well after the days that each step is given
LETTER = (
    "Madame la préfète,\n\nLa Ville souhaite conclure avec l’État un contrat de sécurité intégrée pour la "
    "durée du mandat municipal, dans le prolongement de notre conseil local de sécurité et de "
    "prévention de la délinquance."
)


def open_contract(stage: Stage) -> None:
    """Open the contract that is played, page by page, and tell the stage its address; raises PlayFailed."""
    with stage.step(PILOT, "commence un contrat, repris d’un antérieur") as actor:
        here = _initiative(stage, actor)
    with stage.step(PILOT, "dit où, quand, avec qui et qui signera") as actor:
        start, end = (stage.facts["period"][name] for name in ("start", "end"))
        here = send_page(actor, here, "participants", period_start=start, period_end=end)
        here = send_page(actor, here, "signataires", **_parts(stage, actor, here))
        here = send_page(actor, here, "calendrier", **_capacities(stage, actor, here))
        here = send_page(actor, here, "", target_date=(today() + TARGET).isoformat())
    with stage.step(PILOT, "relit et ouvre le contrat") as actor:
        open_it(stage, actor, here)
    with stage.step(PILOT, "donne échéances et responsables") as actor:
        _deadlines(stage, actor)
    with stage.step(PILOT, "joint le fichier de chaque annexe") as actor:
        _annexes(stage, actor)


def begin(actor: Actor) -> tuple[str, Tag]:
    """Come to the first page by the button of the inbox; return its address and its form."""
    [path] = {str(a["href"]) for a in actor.get("/").select("a[href]") if "Nouveau contrat" in a.text}
    return path, form_of(actor.get(path), path)


def open_it(stage: Stage, actor: Actor, here: str) -> None:
    """Open the contract from its last look, and tell the stage its address; raises PlayFailed."""
    answer = actor.send(form_of(actor.get(here), here), here)
    if answer.path == here:
        raise PlayFailed(f"{actor.name} : le contrat ne s’ouvre pas")
    stage.contract = answer.path


def _initiative(stage: Stage, actor: Actor) -> str:
    """Send the first page; return where it leads."""
    path, form = begin(actor)
    facts = stage.facts
    values = {
        "kind": "csi",
        "initiative": "local",
        "title": facts["title"],
        "copied_from": option(form, "copied_from", facts["reference"]),
        "with_figures": "on",
        "letter_on": today().isoformat(),
        "letter_text": LETTER,
    }
    return led(actor, path, "perimetre", actor.send(form, path, **values))


def send_page(actor: Actor, here: str, then: str, **values: Value) -> str:
    """Send one of the pages with what it shows and these values; return where it leads."""
    return led(actor, here, then, actor.send(form_of(actor.get(here), here), here, do="next", **values))


def led(actor: Actor, here: str, then: str, answer: Answer) -> str:
    path = answer.path
    if path == here or not path.endswith(f"{then}/"):
        raise PlayFailed(f"{actor.name} : {here} mène à {path}")
    return path


def _parts(stage: Stage, actor: Actor, here: str) -> dict[str, str]:
    """Return each organisation's part as in the data: the pilots, who gave an opinion, who looks on."""
    facts = stage.facts
    asked = {opinion["organisation_id"] for opinion in facts["opinions"]}
    wanted = {
        row["name"]: PILOTS.get(row["type"], "reviewer" if row["id"] in asked else "observer")
        for row in stage.data["organisations"]
        if row["territory_id"] == facts["territory_id"]
    }
    labels = form_of(actor.get(here), here).select("label[for^=id_part-]")
    parts = {str(label["for"]).removeprefix("id_"): wanted.get(label.text.strip(), "") for label in labels}
    if missing := len(wanted) - sum(part != "" for part in parts.values()):
        raise PlayFailed(f"{actor.name} : {missing} participants ne sont pas proposés")
    return parts


def _capacities(stage: Stage, actor: Actor, here: str) -> dict[str, str]:
    """Return the words printed for the places proposed, the prefect's then the mayor's, as in the data."""
    fields = form_of(actor.get(here), here).select("input[name^=place-][name$=-capacity]")
    rows = sorted(stage.facts["flow_signatories"], key=lambda row: row["order"])
    if len(fields) != len(rows):
        raise PlayFailed(f"{actor.name} : {len(fields)} signataires sont proposés au lieu de {len(rows)}")
    return {str(field["name"]): row["capacity"] for field, row in zip(fields, rows, strict=True)}


def editor_links(stage: Stage, actor: Actor) -> list[str]:
    """Return the address of each commitment's form, as the draft's page shows them."""
    links = [str(a["href"]) for a in actor.get(f"{stage.contract}redaction/").select("a[href]")]
    return [link for link in dict.fromkeys(links) if re.search(r"/engagements/\d+/$", link)]


def commitment_form(actor: Actor, link: str) -> Tag:
    """Return the form of a commitment, or of an annex; raises PlayFailed when the page shows none."""
    form = actor.get(link).select_one("main form[method=post]")
    if form is None:
        raise PlayFailed("le formulaire ne s’affiche pas")
    return form


def _deadlines(stage: Stage, actor: Actor) -> None:
    """Give each commitment the deadline and the owner that the data say of it: one form, one post each."""
    people = {row["id"]: f"{row['first_name']} {row['last_name']}" for row in stage.data["persons"]}
    rows: dict[str, dict[str, Any]] = {
        row["title"]: row for row in stage.data["commitments"] if row["contract_id"] == stage.facts["id"]
    }
    links = editor_links(stage, actor)
    if len(links) != len(rows):
        raise PlayFailed(f"{actor.name} : {len(links)} engagements sont repris au lieu de {len(rows)}")
    for link in links:
        form = commitment_form(actor, link)
        title = form.select_one("[name=title]")
        row = rows.get(_value(title), {})
        values = {"due_date": row.get("due_date") or ""}
        if owner := people.get(row.get("owner_person_id", "")):
            values["owner"] = option(form, "owner", owner)
        answer = actor.send(form, link, **values)
        if answer.page.select_one(".errorlist"):
            raise PlayFailed(f"{actor.name} : {link} est refusé")


def _annexes(stage: Stage, actor: Actor) -> None:
    """Give each annex taken up its file: an earlier contract's titles are copied, its files are not."""
    page = actor.get(f"{stage.contract}redaction/annexes/")
    links = [str(a["href"]) for a in page.select("main a[href]")]
    for link in dict.fromkeys(link for link in links if re.search(r"/annexes/\d+/$", link)):
        form = commitment_form(actor, link)
        title = _value(form.select_one("[name=title]"))
        actor.send(form, link, file=("annexe.pdf", page_of(title), "application/pdf"))


def _value(field: Tag | None) -> str:
    if field is None:
        return ""
    return field.text.strip() if field.name == "textarea" else str(field.get("value", ""))
