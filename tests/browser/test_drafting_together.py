"""Several people at one draft: its order by drag and by keyboard, two editors, what is proposed."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from contracts.models import Commitment, Contract
from tests import plot
from tests.browser.actor import PHONE, Actor
from tests.cast import Cast, small_contract
from tests.contracts.documents import docx, p, tbl

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def numbers(contract: Contract) -> dict[str, str]:
    rows = Commitment.objects.filter(volet__contract=contract).select_related("volet")
    return {row.title.split()[0]: row.number for row in rows}


def shown(page: Page) -> list[str]:
    return [text.split()[0] for text in page.locator(".draft-row h3").all_inner_texts()]


def test_a_commitment_is_dragged_and_moved_by_keyboard(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + reverse("draft_editor", args=[contract.pk]))
    page.set_viewport_size({"width": 1280, "height": 1800})  # a drag does not scroll
    rows = page.locator(".draft-row")
    grip = rows.nth(0).locator(".grip")
    grip.drag_to(rows.nth(2).locator("h3"), target_position={"x": 5, "y": 2})
    expect(page.locator(".notice.done")).to_have_text("Cet engagement porte désormais le numéro 2.1.")
    assert numbers(contract) == {"Sécuriser": "1.1", "Porter": "2.1", "Renforcer": "2.2"}
    assert shown(page) == ["1.1", "2.1", "2.2"]
    grip = rows.nth(1).locator(".grip")
    expect(grip).to_be_focused()
    grip.press("ArrowUp")
    expect(page.locator(".notice.done")).to_have_text("Cet engagement porte désormais le numéro 1.2.")
    down = page.get_by_role("button", name="Descendre 1.1")
    down.focus()
    down.press("Enter")
    expect(page.get_by_role("button", name="Descendre 1.2")).to_be_focused()
    assert numbers(contract) == {"Porter": "1.1", "Sécuriser": "1.2", "Renforcer": "2.1"}
    page.evaluate('() => scrollTo({ top: 0, behavior: "instant" })')
    page.locator("section[data-volet] > .draft-head .grip").nth(1).drag_to(
        page.locator("section[data-volet] h2").nth(0), target_position={"x": 5, "y": 2}
    )
    expect(page.locator(".notice.done")).to_have_text("Ce volet est désormais le 1.")
    assert numbers(contract) == {"Renforcer": "1.1", "Porter": "2.1", "Sécuriser": "2.2"}
    actor.is_accessible()
    actor.close()


def test_the_second_editor_sees_both_texts_and_chooses(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    row = Commitment.objects.filter(volet__contract=contract)[0]
    Commitment.objects.filter(pk=row.pk).update(description="Porter la police à 34 agents.")
    address = live_url + reverse("commitment_edit", args=[contract.pk, row.pk])
    city, state = (
        Actor(browser, live_url, who, typing=False) for who in (cast.pilote_ville, cast.pilote_prefecture)
    )
    for actor, text in ((city, "Porter la police à 38 agents."), (state, "Porter la police à 40 agents.")):
        actor.page.goto(address)
        actor.page.locator("[name=description]").fill(text)
    state.page.get_by_role("button", name="Enregistrer").click()
    expect(state.page.locator(".notice.done")).to_be_visible()
    page = city.page
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Texte enregistré entre-temps")).to_be_visible()
    city.is_accessible()
    page.set_viewport_size(PHONE)
    city.is_accessible()
    page.get_by_label("Les deux, à la suite").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".notice.done")).to_contain_text("Enregistré")
    row.refresh_from_db()
    assert row.description == "Porter la police à 38 40 agents."
    for actor in (city, state):
        actor.errors = [error for error in actor.errors if "422" not in error]  # a browser's word
        actor.close()


def test_a_first_draft_is_imported_corrected_and_added(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    file = docx(
        p("Volet 1 – Sécurité intérieure", "Titre1"),
        p("Le diagnostic montre une hausse des vols."),
        tbl(["Action", "Pilote", "Échéance"], ["Former les agents", "Syndicat d’énergie", "fin 2028"]),
        p("Volet 2 – Tranquillité dans les parcs", "Titre1"),
        p("2.1 Ouvrir les parcs plus tard"),
    )
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + reverse("draft_editor", args=[contract.pk]))
    page.get_by_role("link", name="Importer un premier texte").click()
    actor.is_accessible()
    document: FilePayload = {"name": "a.docx", "mimeType": "application/octet-stream", "buffer": file}
    page.get_by_label("Document").set_input_files(document)
    page.get_by_role("button", name="Voir ce qui est compris").click()
    expect(page.get_by_role("heading", name="Ce qui a été compris")).to_be_visible()
    actor.is_accessible()
    page.set_viewport_size(PHONE)
    actor.is_accessible()
    page.get_by_role("button", name="Ajouter au projet").click()
    expect(page.get_by_role("alert")).to_contain_text("choisissez l’organisation responsable")
    page.get_by_role("alert").get_by_role("link", name="Ligne 3").click()
    line = page.locator("#ligne-3")
    line.get_by_label("Organisation responsable").select_option(str(cast.organisation("org-ville").pk))
    line.get_by_label("Engagement", exact=False).last.fill("Former tous les agents")
    page.locator("#ligne-5").get_by_label("Cette ligne est").select_option(label="Texte du volet")
    page.get_by_role("button", name="Ajouter au projet").click()
    expect(page.locator(".notice.done").first).to_contain_text("1 engagement est ajouté au projet")
    assert numbers(contract)["Former"] == "1.3"
    assert contract.volets.get(order=3).text == "Ouvrir les parcs plus tard"
    actor.errors = [error for error in actor.errors if "422" not in error]  # the line to correct
    actor.close()


def pressed(page: Page, target: Locator, *, within: int = 80) -> None:
    """Reach something by the key Tab alone, and press it by Enter."""
    for _press in range(within):
        if target.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(target).to_be_focused()
    page.keyboard.press("Enter")


def test_a_wording_is_proposed_and_taken_by_the_keyboard(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    police = Commitment.objects.filter(volet__contract=contract)[0]
    landlord, city = (
        Actor(browser, live_url, who, typing=False) for who in (cast.bailleur_oh, cast.pilote_ville)
    )
    page = landlord.page
    page.goto(live_url + reverse("draft_editor", args=[contract.pk]))
    its_row = f".draft-row:has(#engagement-{police.pk})"
    row = page.locator(its_row)
    pressed(page, row.get_by_role("link", name=re.compile("Proposer")))
    title = page.locator("[name=title]")
    title.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("Porter la police municipale à 40 agents")
    page.locator("[name=why]").focus()
    page.keyboard.type("Les nuits.")
    landlord.is_accessible()
    pressed(page, page.get_by_role("button", name="Proposer"))
    expect(row.locator("[data-suggestions]")).to_contain_text("Proposition de")
    expect(row.get_by_role("heading", level=3)).not_to_contain_text("40 agents")
    page = city.page
    page.goto(live_url + reverse("draft_editor", args=[contract.pk]))
    pressed(page, page.locator(f"{its_row} [data-suggestions] a"))
    expect(page.get_by_text("Les nuits.")).to_be_visible()
    city.is_accessible()
    page.set_viewport_size(PHONE)
    city.is_accessible()
    pressed(page, page.get_by_role("button", name="Enregistrer ce texte"))
    expect(page.locator(".notice.done").first).to_be_visible()
    police.refresh_from_db()
    assert police.title == "Porter la police municipale à 40 agents"
    landlord.page.reload()
    expect(row.locator("[data-suggestions]")).to_contain_text("reprise")
    landlord.close()
    city.close()
