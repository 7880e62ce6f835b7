"""Every page, on a desk and on a phone: no axe violation, no sideways scroll, no console error."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from config.mail import folder_url, letters_in, transport_from_url
from contracts.models import Contract
from signatures.models import EnrolledKey
from tests import plot
from tests.browser.actor import ASKED_OR_SET, PATIENCE, Actor
from tests.cast import PASSWORD, Cast, small_contract
from tests.invited import named
from tests.owner import as_owner
from tests.snapshots import once
from tests.stage import run_jobs
from workflow.news import mails
from workflow.news.push_models import PushDevice
from workflow.notices.models import CalendarFeed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


@pytest.fixture
def contracts(cast: Cast) -> dict[str, Contract]:
    """Bring five contracts to five moments."""
    return once("pages", lambda: _contracts(cast))


def _contracts(cast: Cast) -> dict[str, Contract]:
    found = {name: small_contract(cast, f"PAGES-{name}") for name in ("draft", "review", "signing", "signed")}
    plot.opened(found["draft"])
    plot.opened(found["review"])
    plot.draft_and_freeze(found["review"])
    plot.to_signing(found["signing"])
    plot.to_signing(found["signed"])
    plot.record_resolution(found["signed"])
    plot.sign_next(found["signed"])
    plot.sign_next(found["signed"])
    run_jobs()
    CalendarFeed.objects.create(person=cast.pilote_ville, key_hash="0" * 64)
    CalendarFeed.objects.create(person=cast.pilote_ville, contract=found["review"], key_hash="1" * 64)
    for digest in "01":
        PushDevice.objects.create(person=cast.pilote_ville, digest=digest * 64, service="push.example")
    named(cast, found["review"])
    mails.write_all(timezone.now() + dt.timedelta(minutes=1))
    diagnosing = small_contract(cast, "PAGES-diagnosing")
    Contract.objects.filter(pk=diagnosing.pk).update(with_diagnostic=True)
    diagnosing.refresh_from_db()
    return {**found, "diagnosing": plot.opened(diagnosing)}


@pytest.fixture
def letters(cast: Cast, contracts: dict[str, Contract], settings: Any, tmp_path: Path) -> list[str]:
    """Deliver a mail of the demonstration to a folder that its pages show; return its address."""
    settings.MAIL_TRANSPORT = transport_from_url(folder_url(tmp_path))
    settings.MAILS_SHOWN = tmp_path / "mail"
    run_jobs()
    asked = cast.bailleur_oh.email
    found = [name for name, message in letters_in(settings.MAILS_SHOWN) if message["To"] == asked]
    return [reverse("demonstration_mail", args=[found[0]])]


def task(contract: Contract, step: str, index: int = 0) -> str:
    """Return the address of an open task."""
    return reverse("task", args=[contract.pk, plot.tasks(contract, step)[index].pk])


def awaiting_a_name(cast: Cast) -> int:
    """Have the mayor's certificate bear another name; return the organisation that looks at it."""
    with as_owner():
        EnrolledKey.objects.filter(owner=cast.maire).update(
            confirmed_at=None,
            confirmed_by=None,
            differences=[{"field": "name", "account": str(cast.maire), "certificate": "Karim Benali-Leroy"}],
        )
    return int(cast.maire.mandates.get().office.organisation_id)


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_every_page_is_accessible(
    browser: Browser,
    cast: Cast,
    contracts: dict[str, Contract],
    live_url: str,
    phone: bool,
    letters: list[str],
) -> None:
    draft, review, signing, signed, diagnosing = contracts.values()
    volet = draft.volets.order_by("order")[0]
    pilot = [
        reverse("inbox"),
        reverse("contract_list"),
        reverse("contract", args=[draft.pk]),
        reverse("draft_editor", args=[draft.pk]),
        reverse("contract_edit", args=[draft.pk]),
        reverse("volet_add", args=[draft.pk]),
        reverse("volet_delete", args=[draft.pk, volet.pk]),
        reverse("commitment_add", args=[draft.pk, volet.pk]),
        reverse("contract_framework", args=[draft.pk]),
        reverse("version_recall", args=[review.pk]),
        reverse("version", args=[review.pk, 1]),
        reverse("contract", args=[signed.pk]),
        reverse("result", args=[signed.pk]),
        reverse("contract_told", args=[review.pk]),
        reverse("contract_terms", args=[review.pk]),
        reverse("contacts", args=[review.pk]),
        reverse("mail_choice"),
        reverse("calendars"),
        reverse("demonstration_mails"),
        reverse("account_change_password"),
        *letters,
        "/n-existe-pas/",
        task(draft, "draft", 1),
    ]
    visits = {
        cast.pilote_ville: pilot,
        cast.bailleur_oh: [
            reverse("inbox"),
            task(review, "review"),
            task(diagnosing, "contribute"),
            reverse("diagnostic", args=[diagnosing.pk]),
        ],
        cast.prefete: [
            task(signing, "sign"),
            reverse("sign_refuse", args=[signing.pk, plot.task(signing, "sign").pk]),
            reverse("signing_keys"),
        ],
        cast.dgs: [reverse("waiting_keys", args=[awaiting_a_name(cast)])],
        cast.greffe: [task(signing, "council_resolution")],
    }
    for person, addresses in visits.items():
        actor = Actor(browser, live_url, person, phone=phone, typing=False)
        for address in addresses:
            actor.page.goto(live_url + address)
            if (document := actor.page.locator("[data-pdf]")).count():
                expect(document.locator("canvas").first).to_be_visible(timeout=PATIENCE)
                expect(document).to_have_attribute("data-state", "ready", timeout=PATIENCE)
            actor.is_accessible()
        actor.errors = [error for error in actor.errors if "404" not in error]  # the page that does not exist
        actor.close()


def test_a_landlord_answers_from_a_phone(
    browser: Browser, cast: Cast, contracts: dict[str, Contract], live_url: str
) -> None:
    actor = Actor(browser, live_url, cast.bailleur_oh, phone=True)
    page = actor.open_task("Rendre un avis")
    expect(page.get_by_role("heading", name="Vos engagements")).to_be_visible()
    page.get_by_role("link", name="Aller à l’avis").click()  # the bar at the bottom leads to the decision
    page.get_by_label("Modifications demandées").check()
    page.get_by_role("button", name="Rendre l’avis").click()
    expect(page.get_by_text("un motif est requis")).to_be_visible()
    expect(page.get_by_label("Modifications demandées")).to_be_checked()
    page.get_by_label("Modifications que vous demandez").fill("Le calendrier est trop court.")
    expect(page.get_by_text("Brouillon enregistré")).to_be_visible()
    page.goto(page.url)  # the draft is on the server, not in the form that was refused
    expect(page.get_by_label("Modifications que vous demandez")).to_have_value(
        "Le calendrier est trop court."
    )
    page.get_by_role("button", name="Rendre l’avis").click()
    expect(page.get_by_text("Votre avis est enregistré")).to_be_visible()
    actor.errors = [error for error in actor.errors if "422" not in error]  # the refused form
    actor.close()


def test_a_wrong_password_signs_nothing_and_a_second_tab_is_told(
    browser: Browser, cast: Cast, contracts: dict[str, Contract], live_url: str
) -> None:
    signing = contracts["signing"]
    actor = Actor(browser, live_url, cast.prefete)
    page = actor.open_task("Signer")
    other = actor.context.new_page()
    other.goto(page.url)
    page.get_by_label("Votre mot de passe").fill("ce n’est pas lui")
    page.get_by_role("button", name="Confirmer mon identité").click()
    expect(page.locator(".errorlist")).to_be_visible()
    for tab in (page, other):
        tab.get_by_label("Votre mot de passe").fill(PASSWORD)
        tab.get_by_role("button", name="Confirmer mon identité").click()
    page.get_by_role("button", name="Signer", exact=True).click()
    expect(page.get_by_role("heading", name=ASKED_OR_SET)).to_be_visible()
    other.get_by_role("button", name="Signer", exact=True).click()
    expect(other.get_by_role("main").get_by_text("déjà été traitée")).to_be_visible()
    run_jobs()
    assert not plot.tasks(signing, "sign"), "one signature, and the mayor waits for the council"
    actor.context.close()


def test_a_page_that_was_away_catches_up_and_one_whose_right_is_withdrawn_says_so(
    browser: Browser, cast: Cast, contracts: dict[str, Contract], live_url: str
) -> None:
    review = contracts["review"]
    actor = Actor(browser, live_url, cast.rtac)
    page = actor.page
    page.goto(f"{live_url}{reverse('contract', args=[review.pk])}")
    expect(page.locator("#live-state")).to_contain_text("en direct")
    actor.context.set_offline(True)
    page.evaluate("() => window.dispatchEvent(new Event('offline'))")
    plot.opine(review, plot.task(review, "review", cast.organisation("org-oh")))
    actor.context.set_offline(False)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    lane = page.locator("#acteurs tr", has=page.get_by_role("rowheader", name="Orme Habitat"))
    expect(lane).to_contain_text("favorable", timeout=PATIENCE)
    plot.withdraw(cast.rtac, by=cast.admin)
    over = page.locator("#live-state").get_by_text("session terminée")  # or, if that was first:
    expect(over.or_(page.get_by_role("heading", name="Se connecter"))).to_be_visible(timeout=PATIENCE)
    expect(page.locator("body")).not_to_contain_text("Orme Habitat")
    actor.context.close()
