"""A contract's page put on paper says all that it holds: what is folded, the whole history; no button."""

from __future__ import annotations

import subprocess

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Browser

from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast
from workflow.board.history import NEWEST
from workflow.record import journal

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def printed(actor: Actor) -> str:
    """Have Chromium print the page as its menu does, and read the paper back."""
    paper = actor.page.pdf(format="A4")
    run = subprocess.run(["pdftotext", "-layout", "-", "-"], input=paper, capture_output=True, check=True)
    return " ".join(run.stdout.decode().split())


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_all_that_the_page_holds_is_printed_and_nothing_to_press(
    browser: Browser, cast: Cast, live_url: str, scripts: bool
) -> None:
    contract = plot.at_review(cast)
    contract.volets.filter(order=1).update(text="Le texte replié du premier volet.")
    with transaction.atomic():
        for number in range(NEWEST + 20):
            facts = {"organisation": "Ville", "person": f"Personne n° {number}."}
            journal.record("task_taken", contract=contract, actor=None, payload=facts)
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    if not scripts:
        actor.page.route("**/*.js", lambda route: route.abort())
    actor.page.goto(live_url + reverse("contract", args=[contract.pk]))
    paper = printed(actor)
    assert "Le texte replié du premier volet." in paper
    for commitment in ("Sécuriser 38 halls", "Renforcer la présence en soirée"):
        assert commitment in paper
    assert all(f"Personne n° {number}." in paper for number in range(NEWEST + 20))
    assert "Le circuit du contrat est ouvert." in paper, "its first line"
    for pressed in ("Retirer la version", "Télécharger le journal", "Se déconnecter", "Mes tâches"):
        assert pressed not in paper
    assert actor.page.locator("details[open]").count() == 0, "folded again"
    if scripts:
        actor.close()
    else:
        actor.context.close()
