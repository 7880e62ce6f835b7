"""``./run play --from empty``: from an installation without anybody to a signed contract of two communes.

The people come by :mod:`config.demo.newcomers`; the contract is opened, drafted by two pilots at once,
frozen, reviewed, approved and signed here, by the pages, as everybody does.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from config.demo import scenes
from config.demo.newcomers import (
    MONTCLAIR,
    ORGANISATIONS,
    POLICE,
    PREFECTURE,
    VALBRUNE,
    Empty,
    let_in,
)
from config.demo.opening import TARGET, begin, commitment_form, editor_links, led, open_it, send_page
from config.demo.scanned import page_of
from config.demo.stage import Actor, Answer, PlayFailed, Value, form_of, option, today

PARTS = {
    PREFECTURE: "state_pilot",
    VALBRUNE: "city_pilot",
    MONTCLAIR: "city_pilot",
    POLICE: "reviewer",
}
LETTER = (
    "Madame la préfète,\n\nNos deux communes souhaitent conclure ensemble un contrat de sécurité intégrée."
)
PROMISED = "Patrouilles communes aux sorties des collèges"
ANNEXED = "Diagnostic partagé"
WROTE = (
    "Deux patrouilles par semaine, de la police nationale et des deux polices municipales.",
    "Patrouilles par semaine",
)


def go_on(stage: Empty, out: Path) -> None:
    """Play all that follows the import: people come, and their contract is signed."""
    let_in(stage)
    open_for_two(stage)
    draft_together(stage)
    annex_file(stage)
    for pilot in ("nadia", "paul", "sami"):
        scenes.finish_drafting(stage, pilot)
    scenes.freeze(stage, "sami", "Version soumise aux avis")  # the first commune by its name runs the circuit
    scenes.give_opinion(stage, "marc")
    for head in ("odile", "eve", "hugo"):
        scenes.approve(stage, head)
    scenes.sign(stage, "odile")
    for clerk, mayor in (("anne", "hugo"), ("lise", "eve")):  # in the order of the signature page
        scenes.record_resolution(stage, clerk, "2026-11-014")
        scenes.sign(stage, mayor)
    scenes.collect(stage, "nadia", out)


def open_for_two(stage: Empty) -> None:
    """The prefecture's pilot opens a contract of two communes, page by page."""
    with stage.step("nadia", "commence un contrat de deux communes") as nadia:
        path, form = begin(nadia)
        values = {"kind": "csi", "initiative": "local", "title": "Contrat de l’Éveil", "letter_text": LETTER}
        values |= {"letter_on": today().isoformat()}
        here = nadia.send(form, path, **values).path
    with stage.step("nadia", "dit où, quand, avec qui et qui signera") as nadia:
        here = led(nadia, here, "participants", _perimeter(nadia, here))
        here = send_page(nadia, here, "signataires", **_parts(nadia, here))
        here = send_page(nadia, here, "calendrier")
        here = send_page(nadia, here, "", target_date=(today() + TARGET).isoformat())
    with stage.step("nadia", "relit et ouvre le contrat") as nadia:
        open_it(stage, nadia, here)


def _perimeter(pilot: Actor, here: str) -> Answer:
    """Look for both communes, as the page lets one, and choose them."""
    found = pilot.send(form_of(pilot.get(here), here), here, q="Commune de", do="search")
    form = form_of(found.page, here)
    labels = {label.get_text(" ", strip=True): label for label in form.select("label")}
    boxes = [
        str(box["value"])
        for words, label in labels.items()
        for box in form.select(f"[id='{label.get('for')}'][name=communes]")
        if words.startswith((VALBRUNE, MONTCLAIR))
    ]
    if len(boxes) != 2:
        raise PlayFailed(f"{pilot.name} : la page ne propose pas les deux communes")
    first = today() + timedelta(days=60)
    last = first + timedelta(days=5 * 365)
    dates = {"period_start": first.isoformat(), "period_end": last.isoformat()}
    values: dict[str, Value] = {"communes": boxes, "territory": "Valbrune et Montclair", **dates}
    return pilot.send(form, here, do="next", **values)


def _parts(pilot: Actor, here: str) -> dict[str, str]:
    labels = form_of(pilot.get(here), here).select("label[for^=id_part-]")
    found = {str(label["for"]).removeprefix("id_"): label.get_text(" ", strip=True) for label in labels}
    parts = {field: PARTS[name] for field, name in found.items() if name in PARTS}
    if len(parts) != len(ORGANISATIONS):
        raise PlayFailed(f"{pilot.name} : {len(parts)} participants sont proposés")
    return parts


def draft_together(stage: Empty) -> None:
    """Two pilots have the same commitment open, and each writes a part of it: no word is lost."""
    with stage.step("paul", "ajoute un engagement") as paul:
        paul.wait_for("Rédiger le projet", stage.contract)
        draft = f"{stage.contract}redaction/"
        [add, *_more] = [
            str(a["href"])
            for a in paul.get(draft).select("main a[href]")
            if str(a["href"]).endswith("/engagements/ajout/")
        ]
        form = commitment_form(paul, add)
        lead = {"party": "city", "lead": option(form, "lead", VALBRUNE)}
        paul.send(form, add, title=PROMISED, **lead)
        [link] = editor_links(stage, paul)
    with stage.step("nadia", "et Paul écrivent le même engagement au même moment") as nadia:
        theirs, mine = commitment_form(nadia, link), commitment_form(paul, link)
        nadia.send(theirs, link, description=WROTE[0])
        paul.send(mine, link, indicator=WROTE[1], unit="patrouilles")
        kept = commitment_form(nadia, link).decode()
        if missing := [words for words in WROTE if words not in kept]:
            raise PlayFailed(f"« {missing[0]} » s’est perdu")


def annex_file(stage: Empty) -> None:
    """A pilot joins a file to the draft: it travels in the contract's PDF, under the signatures."""
    with stage.step("paul", "joint une annexe") as paul:
        file = ("diagnostic.pdf", page_of("Diagnostic de Valbrune et de Montclair"), "application/pdf")
        path = f"{stage.contract}redaction/annexes/ajout/"
        done = paul.fill(path, title=ANNEXED, kind="diagnostic", file=file)
        if ANNEXED not in done.text or done.path == path:
            raise PlayFailed(f"{paul.name} : l’annexe n’est pas jointe")
