"""The page where one signs: what, in one sentence; what is still reserved; what act named the signatory."""

from __future__ import annotations

import html

from django.urls import reverse

from contracts.canonical import total_budget
from contracts.models import Commitment
from stakeholders.models import User
from stakeholders.terms import FRANCE
from stakeholders.wording import weekday
from tests import plot
from tests.cast import Cast, small_contract
from tests.contracts.contents import content
from tests.workflow.sockets import logged_in
from workflow.engine.tasks import due_on
from workflow.reminders import striking
from workflow.templatetags.wording import number


def test_the_page_says_what_one_signs_and_what_is_not_settled(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    Commitment.objects.filter(volet__contract=contract).update(budget_eur="1150000.50")
    plot.draft_and_freeze(contract)
    landlord = cast.organisation("org-oh")
    for waiting in plot.tasks(contract, "review"):
        value = "favourable_with_reservations" if waiting.seed == landlord else "favourable"
        plot.opine(contract, waiting, value, "Le financement du hall 12." if waiting.seed == landlord else "")
    plot.approve_all(contract)
    mandate = cast.prefete.mandates.get()
    address = reverse("task", args=[contract.pk, plot.task(contract, "sign").pk])
    page = " ".join(html.unescape(logged_in(cast.prefete).get(address).content.decode()).split())
    text = plot.version(contract).content
    count = sum(len(volet["commitments"]) for volet in text["volets"])
    assert f"{count} engagement" in page
    assert f"{number(total_budget(text))} €".replace("\u202f", " ") in page
    assert "Le financement du hall 12." in page
    assert "non levées" in page
    assert mandate.act
    assert mandate.act in page


def test_the_total_of_the_budgets_is_exact_and_nothing_where_none_is_given() -> None:
    text = content()
    rows = text["volets"][0]["commitments"]
    rows += [{**rows[0], "id": 2}, {**rows[0], "id": 3}]
    for row, given, total in zip(rows, (None, "0.1", "0.2"), ("2300000", "1150000.1", "0.3"), strict=True):
        row["budget_eur"] = given
        assert total_budget(text) == total
    for row in rows:
        row["budget_eur"] = None
    assert total_budget(text) is None


def test_who_gave_no_opinion_by_the_term_is_named_before_one_signs(cast: Cast) -> None:
    """Without one more query: the version is read with them (tests/workflow/queries.txt, « Signature »)."""
    contract = plot.at_review(cast)
    landlord = plot.task(contract, "review", cast.organisation("org-oh"))
    term = due_on(landlord)
    assert term is not None
    day = weekday(term).replace("\u00a0", " ")
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-rtac")))
    striking.strike(contract.pk, FRANCE.before(term, 2))
    striking.strike(contract.pk, FRANCE.after(term, 1))
    party = plot.tasks(contract, "approve")[0]
    shown = said(plot.entitled(party), reverse("task", args=[contract.pk, party.pk]))
    assert f"Aucune réponse au terme du {day}." in shown
    plot.approve_all(contract)
    shown = said(cast.prefete, reverse("task", args=[contract.pk, plot.task(contract, "sign").pk]))
    name = cast.organisation("org-oh").short_name
    assert f"Sans avis, aucune réponse au terme : {name} ({day})" in shown
    assert f"Aucune réponse au terme du {day}." in shown


def said(person: User, address: str) -> str:
    """Return what somebody reads there, on one line."""
    page = html.unescape(logged_in(person).get(address).content.decode())
    return " ".join(page.replace("\u00a0", " ").split())
