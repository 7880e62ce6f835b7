"""A pilot at a desk and on a phone: who is late, what comes next; reminds with a word, puts a term off."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, expect

from stakeholders.terms import FRANCE
from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast
from workflow.reminders.models import Reminder

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_pilot_reminds_who_is_late(browser: Browser, cast: Cast, live_url: str, phone: bool) -> None:
    contract = plot.at_review(cast)
    landlord = plot.task(contract, "review", cast.organisation("org-oh"))
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    landlord.data = {**landlord.data, "due_on": yesterday.isoformat()}
    landlord.save(update_fields=["data"])
    actor = Actor(browser, live_url, cast.pilote_ville, phone=phone, typing=False)
    page = actor.page
    page.goto(live_url + reverse("contract", args=[contract.pk]))
    lane = page.locator("#acteurs tr", has=page.get_by_role("rowheader", name="Orme Habitat"))
    expect(lane).to_contain_text("pas encore ouvert")
    expect(lane).to_contain_text("Ensuite")
    actor.is_accessible()
    page.get_by_role("link", name="Choisir, ou ajouter un mot").click()
    expect(page.get_by_role("checkbox", name="Orme Habitat")).to_be_checked()
    actor.is_accessible()
    page.get_by_label("Un mot de votre part").fill("Le conseil se réunit jeudi.")
    page.get_by_role("button", name="Envoyer la relance").click()
    expect(page.get_by_text("1 relance part")).to_be_visible()
    expect(lane).to_contain_text("relancé le")
    assert Reminder.objects.get().word == "Le conseil se réunit jeudi."
    page.get_by_role("link", name="Échéances et relances").click()
    expect(page.get_by_role("checkbox", name="Orme Habitat")).to_be_disabled()
    expect(page.get_by_text("de nouveau possible le")).to_be_visible()
    page.get_by_role("link", name="Reporter l’échéance").first.click()
    actor.is_accessible()
    page.get_by_label("Nouvelle échéance").fill(FRANCE.after(timezone.localdate(), 10).isoformat())
    page.get_by_label("Motif").fill("Le directeur change.")
    page.get_by_role("button", name="Reporter l’échéance").click()
    expect(page.get_by_text("L’échéance est reportée au")).to_be_visible()
    actor.is_accessible()
    actor.close()
