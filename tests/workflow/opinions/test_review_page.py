"""The page of whoever gives an opinion: who asks, by when, what, what changed, the text without a PDF."""

from __future__ import annotations

import html

from django.urls import reverse

from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in


def said(person: User, contract: object, task: object) -> str:
    answer = logged_in(person).get(reverse("task", args=[contract.pk, task.pk]))  # type: ignore[attr-defined]
    return html.unescape(answer.content.decode())


def test_the_page_says_who_asks_by_when_and_what(cast: Cast) -> None:
    contract = plot.at_review(cast)
    page = said(cast.bailleur_oh, contract, plot.task(contract, "review", cast.organisation("org-oh")))
    version = plot.version(contract)
    for words in (str(version.frozen_by), "au plus tard le", "est-elle favorable", "Et ensuite", "Sans avis"):
        assert words in page, words
    assert "Lire le texte sans le PDF" in page
    assert all(row["title"] in page for volet in version.content["volets"] for row in volet["commitments"])
    assert "Ce qui change" not in page, "a first version"
    assert "ouvrez-le avec le lien" in page, "for who has no script"


def test_a_second_version_says_what_changed_since_the_text_that_was_read(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    landlord = cast.organisation("org-oh")
    for waiting in plot.tasks(contract, "review"):
        value = "changes_requested" if waiting.seed == landlord else "favourable"
        plot.opine(contract, waiting, value, "Trop tôt.")
    commitment = contract.volets.get(commitments__lead=landlord).commitments.get(lead=landlord)
    commitment.description, before = "Des badges et des lecteurs.", commitment.description
    commitment.save(update_fields=["description"])
    plot.draft_and_freeze(contract)
    page = said(cast.bailleur_oh, contract, plot.task(contract, "review", landlord))
    changed = page.split("Ce qui change depuis la version 1")[1].split("</section>")[0]
    for words in (str(commitment), "votre engagement", "Des badges et des lecteurs.", before):
        assert words in changed, words
