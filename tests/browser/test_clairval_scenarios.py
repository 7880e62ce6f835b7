"""Clairval's scenarios « council_gate » and « signing », as the data tell them, in a browser.

The data's days are those of 2027; they are moved so that the scenario's day is today.
"""

from __future__ import annotations

import datetime as dt
import os
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from contracts.demo import read
from contracts.models import Contract
from signatures.models import SignatureRequest
from stakeholders.models import SigningAuthority
from tests import plot
from tests.browser.actor import ASKED_OR_SET, PATIENCE, Actor
from tests.cast import PASSWORD, Cast
from tests.stage import working
from workflow.record.models import JournalEntry

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SHOTS = os.environ.get("SHOTS")


def shot(page: Page, name: str) -> None:
    """Keep a picture for a person to look at, where a folder is named for it."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def scenario(name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(row for row in read()["scenarios"] if row["id"] == name)
    return found


def today_instead_of(day: str) -> dt.timedelta:
    return timezone.localdate() - dt.date.fromisoformat(day)


@pytest.fixture
def signing(cast: Cast) -> Contract:
    return plot.to_signing(cast.contract)


def test_the_council_opens_the_gate_and_the_mayors_page_moves_by_itself(
    browser: Browser, cast: Cast, signing: Contract, live_url: str
) -> None:
    told = scenario("council_gate")
    council, moved = told["council"], today_instead_of(told["reference_date"])
    plot.sign_next(signing)
    mayor = Actor(browser, live_url, cast.maire)
    mayor.page.goto(f"{live_url}/corbeilles/a-signer/")
    expect(mayor.page.get_by_text("Aucun contrat n’attend votre signature.")).to_be_visible()
    clerk = Actor(browser, live_url, cast.greffe)
    page = clerk.open_task("Enregistrer la délibération")
    page.get_by_label("adoptée", exact=True).check()
    page.get_by_label("Numéro de la délibération").fill(council["resolution_number"])
    for label, field in (
        ("Séance du", "session"),
        ("Publiée le", "published_on"),
        ("Transmise le", "transmitted_on"),
        ("Accusé de réception du", "receipt_on"),
    ):
        page.get_by_label(label).fill((dt.date.fromisoformat(council[field]) + moved).isoformat())
    page.get_by_label("Voix pour").fill(str(council["vote"]["for_"]))
    page.get_by_label("Voix contre").fill(str(council["vote"]["against"]))
    page.get_by_label("Abstentions").fill(str(council["vote"]["abstention"]))
    page.get_by_role("button", name="Enregistrer la délibération").click()
    expect(page.get_by_text("le maire peut signer à son tour")).to_be_visible()
    expect(mayor.page.get_by_role("heading", name="Signer", exact=True)).to_be_visible(timeout=PATIENCE)
    clerk.close()
    mayor.close()


def test_the_secretary_general_signs_by_substitution_not_by_delegation(
    browser: Browser, cast: Cast, signing: Contract, live_url: str
) -> None:
    told = scenario("signing")
    act = next(row for row in read()["authorities"] if row["id"] == told["authority_id"])
    substitution = SigningAuthority.objects.get(act=act["act"])
    secretary = Actor(browser, live_url, cast.secretaire_generale)
    assert cast.people[told["expected_signatory_for_state"]] == cast.secretaire_generale
    # before its first day: the page says why
    secretary.page.goto(f"{live_url}/contrats/{signing.pk}/")
    expect(secretary.page.get_by_text("vous ne pouvez pas signer aujourd’hui")).to_be_visible()
    expect(secretary.page.get_by_text("ne prend effet que le")).to_be_visible()
    shot(secretary.page, "barred")
    moved = today_instead_of(told["reference_date"])
    assert substitution.ends_on is not None
    SigningAuthority.objects.filter(pk=substitution.pk).update(
        starts_on=substitution.starts_on + moved, ends_on=substitution.ends_on + moved
    )
    prefect = Actor(browser, live_url, cast.prefete)
    prefect.page.goto(f"{live_url}/corbeilles/a-signer/")
    expect(prefect.page.get_by_role("heading", name="Signer", exact=True)).to_be_visible()
    with working():
        page = secretary.page
        page.goto(f"{live_url}/corbeilles/delegues/")
        secretary.is_accessible()
        shot(page, "delegated")
        secretary.open_task("Signer")
        expect(page.get_by_text("par suppléance").first).to_be_visible()
        expect(page.get_by_text("article 45")).to_be_visible()
        expect(page.get_by_text("Votre signature ici")).to_be_visible(timeout=PATIENCE)
        secretary.is_accessible()
        shot(page, "sign")
        page.get_by_label("Votre mot de passe").fill(PASSWORD)
        page.get_by_role("button", name="Confirmer mon identité").click()
        page.get_by_role("button", name="Signer", exact=True).click()
        expect(page.get_by_role("heading", name=ASKED_OR_SET)).to_be_visible()
        expect(prefect.page.get_by_text("Aucun contrat n’attend votre signature.")).to_be_visible(
            timeout=PATIENCE
        )
        expect(page.locator("#fait")).to_contain_text("apposée et vérifiée", timeout=PATIENCE)
        expect(page.locator("#fait")).to_contain_text("par suppléance")
    request = SignatureRequest.objects.get(state=SignatureRequest.State.DONE)
    assert request.user == cast.secretaire_generale
    entry = JournalEntry.objects.get(contract=signing, verb="signature_requested")
    assert entry.payload["act"] == act["act"]
    secretary.close()
    prefect.close()


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_the_cabinet_declares_the_prefects_absence_and_the_pages_are_accessible(
    browser: Browser, cast: Cast, live_url: str, phone: bool
) -> None:
    plot.opened(cast.contract)
    plot.draft_and_freeze(cast.contract)
    cabinet = Actor(browser, live_url, cast.dircab, phone=phone)
    page = cabinet.page
    prefecture = cast.organisation("org-pref").pk
    page.goto(f"{live_url}/organisations/{prefecture}/habilitations/")
    expect(page.get_by_role("heading", name="Qui peut signer", exact=True)).to_be_visible()
    cabinet.is_accessible()
    shot(page, f"register-{phone}")
    page.goto(f"{live_url}/organisations/{prefecture}/habilitations/ajout/")
    cabinet.is_accessible()
    shot(page, f"authority-{phone}")
    page.goto(f"{live_url}/organisations/{prefecture}/absences/")
    page.get_by_role("link", name="Déclarer une absence").click()
    page.get_by_label("Qui s’absente").select_option(str(cast.prefete.mandates.get().pk))
    page.get_by_label("Qui agit pendant ce temps").select_option(
        str(cast.secretaire_generale.mandates.get().pk)
    )
    today = timezone.localdate()
    page.get_by_label("Premier jour").fill(today.isoformat())
    page.get_by_label("Dernier jour").fill((today + dt.timedelta(days=6)).isoformat())
    page.get_by_label("Approuver le texte").check()
    cabinet.is_accessible()
    shot(page, f"absence-{phone}")
    page.get_by_role("button", name="Enregistrer").click()
    # approving in the prefect's place is hers to give: the cabinet asks, she confirms
    page.get_by_label("Votre mot de passe").fill(PASSWORD)
    page.get_by_role("button", name="Confirmer mon identité").click()
    expect(page.get_by_text("La demande est envoyée")).to_be_visible()
    cabinet.is_accessible()
    shot(page, f"power-asked-{phone}")
    prefect = Actor(browser, live_url, cast.prefete, phone=phone)
    prefect.page.get_by_role("link", name="Un pouvoir à confirmer").click()
    prefect.is_accessible()
    prefect.page.get_by_role("main").get_by_role("link", name="Remplacement").click()
    prefect.is_accessible()
    prefect.page.get_by_label("Votre mot de passe").fill(PASSWORD)
    prefect.page.get_by_role("button", name="Confirmer mon identité").click()
    prefect.page.get_by_role("button", name="Confirmer ce pouvoir").click()
    expect(prefect.page.get_by_text("confirmé", exact=False).first).to_be_visible()
    shot(prefect.page, f"power-confirmed-{phone}")
    prefect.close()
    page.goto(f"{live_url}/organisations/{prefecture}/absences/")
    expect(page.get_by_role("heading", name=str(cast.prefete))).to_be_visible()
    cabinet.is_accessible()
    shot(page, f"absences-{phone}")
    page.get_by_role("link", name="Passer le relais").first.click()
    cabinet.is_accessible()
    police = Actor(browser, live_url, cast.ddpn, phone=phone)
    police.open_task("Rendre un avis")
    police.page.get_by_role("link", name="Confier à un collègue").click()
    police.is_accessible()
    shot(police.page, f"transfer-{phone}")
    police.page.get_by_label("À qui").select_option(str(cast.commissaire.mandates.get().pk))
    police.page.get_by_label("Motif").fill("Elle connaît le dossier.")
    police.page.get_by_role("button", name="Confier").click()
    expect(police.page.get_by_text("La tâche est confiée")).to_be_visible()
    colleague = Actor(browser, live_url, cast.commissaire, phone=phone)
    colleague.page.goto(f"{live_url}/corbeilles/delegues/")
    expect(colleague.page.get_by_text("a confié cette tâche")).to_be_visible()
    for actor in (cabinet, police, colleague):
        actor.close()
