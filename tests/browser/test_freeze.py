"""The pilot reads the draft as a PDF, then freezes it from one page, at a desk and on a phone."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, FilePayload, expect

from contracts.models import Commitment, Volet
from tests import plot
from tests.browser.actor import DESK, PHONE, Actor
from tests.cast import Cast, small_contract
from tests.signatures.test_enclosures import picture
from tests.stage import run_jobs
from workflow.drafting import acts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def annexed(actor: Actor) -> None:
    """Add an annex to the draft and come back; its reason is asked, and its file held meanwhile."""
    page = actor.page
    page.get_by_role("link", name="Annexes", exact=True).click()
    page.get_by_role("link", name="Ajouter une annexe").click()
    plan = FilePayload(name="caméras.png", mimeType="image/png", buffer=picture((300, 200), "PNG"))
    page.get_by_label("Titre").fill("Implantation des caméras")
    page.get_by_label("Fichier").set_input_files(plan)
    page.get_by_label("Restreinte").check()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("«\u00a0caméras.png\u00a0» est gardé")).to_be_visible()
    actor.is_accessible()
    page.set_viewport_size(PHONE)
    actor.is_accessible()
    page.get_by_label("Règle qui s’oppose").select_option("public_security")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("image PNG reprise en PDF d’une page")).to_be_visible()
    actor.is_accessible()
    page.set_viewport_size(DESK)
    actor.is_accessible()
    page.get_by_role("link", name="rédaction").click()
    actor.errors = [error for error in actor.errors if "422" not in error]  # the refused form


def test_a_draft_is_read_then_frozen_in_one_click(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    Volet.objects.create(contract=contract, title="Un volet encore vide", order=3)
    Commitment.objects.filter(volet__contract=contract, volet__order=1, order=1).update(due_date=None)
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + reverse("draft_editor", args=[contract.pk]))
    annexed(actor)
    page.get_by_role("button", name="Lire le projet en PDF").click()
    expect(page.get_by_text("en cours de composition")).to_be_visible()
    actor.is_accessible()
    run_jobs()
    page.get_by_role("link", name="Actualiser").click()
    expect(page.locator(".pdf .page canvas").first).to_be_visible()
    actor.is_accessible()
    page.get_by_role("link", name="Figer la version").click()
    expect(page.get_by_role("heading", name="À vérifier avant de figer")).to_be_visible()
    actor.is_accessible()
    page.set_viewport_size(PHONE)
    actor.is_accessible()
    missing = page.get_by_role("link", name="1.1", exact=True).first
    assert (missing.get_attribute("href") or "").endswith("#id_due_date")
    Commitment.objects.filter(volet__contract=contract, volet__order=1, order=1).update(
        due_date=dt.date(2029, 1, 1)
    )
    page.get_by_label("Objet de la version").fill("Première lecture")
    page.get_by_role("button", name="Figer la version 1").click()
    expect(page.get_by_text("rien n’a été figé")).to_be_visible()
    expect(page.get_by_label("Objet de la version")).to_have_value("Première lecture")
    actor.is_accessible()
    page.get_by_role("button", name="Figer la version 1").click()
    expect(page.get_by_text("La version 1 est figée. Les avis")).to_be_visible()
    assert contract.versions.get().label == "Première lecture"
    actor.errors = [error for error in actor.errors if "409" not in error]  # a browser's word
    actor.close()
