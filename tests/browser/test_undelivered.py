"""On a phone: an invitation that did not arrive, who gave no opinion before one signs, who was told."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from stakeholders.terms import FRANCE
from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast
from tests.workflow.powers.test_invitations import ADDRESS, Invited
from workflow.engine.tasks import due_on
from workflow.notices import mail
from workflow.notices.models import Fate, KeptMail
from workflow.reminders import striking

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_an_invitation_that_was_refused_is_seen_cancelled_and_sent_anew(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    invited = Invited(cast)
    mail.settle(KeptMail.objects.get(invitation=invited.pk), Fate.REFUSED, 550)
    actor = Actor(browser, live_url, invited.by, phone=True, typing=False)
    page = actor.page
    page.goto(live_url + reverse("organisation", args=[invited.organisation.pk]))
    row = page.locator("li.task", has_text=ADDRESS)
    expect(row).to_contain_text("non reçue")
    actor.is_accessible()
    row.get_by_role("button", name="Annuler l’invitation").dblclick()
    expect(page.get_by_text("L’invitation est annulée")).to_be_visible()
    expect(page.locator("li.task", has_text=ADDRESS)).to_have_count(0)
    actor.close()


def test_who_signs_on_a_phone_reads_who_gave_no_opinion(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    term = due_on(plot.task(contract, "review", cast.organisation("org-oh")))
    assert term is not None
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-rtac")))
    striking.strike(contract.pk, FRANCE.before(term, 2))
    striking.strike(contract.pk, FRANCE.after(term, 1))
    plot.approve_all(contract)
    actor = Actor(browser, live_url, cast.prefete, phone=True, typing=False)
    page = actor.page
    page.goto(live_url + reverse("task", args=[contract.pk, plot.task(contract, "sign").pk]))
    expect(page.get_by_text("Sans avis, aucune réponse au terme")).to_be_visible()
    page.get_by_text("Les avis, un par un").click()
    expect(page.get_by_text("Aucune réponse au terme du")).to_be_visible()
    actor.is_accessible()
    actor.close()
    pilot = Actor(browser, live_url, cast.pilote_ville, phone=True, typing=False)
    pilot.page.goto(live_url + reverse("contract_told", args=[contract.pk]))
    pilot.is_accessible()
    pilot.close()
