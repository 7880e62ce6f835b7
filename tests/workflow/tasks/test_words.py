"""What pages call people, offices and terms: the French of the administration."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from stakeholders.kinds import Power
from stakeholders.models import User
from stakeholders.terms import last_day
from stakeholders.wording import in_sentence
from tests import plot
from tests.cast import Cast
from tests.workflow.organisations.test_absences import away
from tests.workflow.sockets import logged_in
from workflow.board import steps


@pytest.mark.parametrize(
    ("civility", "first_name", "last_name", "shown"),
    [
        ("Mme", "Mathilde", "Orsoni-Prat", "Mme Orsoni-Prat"),
        ("", "Mathilde", "Orsoni-Prat", "Mathilde Orsoni-Prat"),
        ("", "", "", "m@ville.example"),
    ],
)
def test_the_header_never_makes_a_woman_a_monsieur(
    civility: str, first_name: str, last_name: str, shown: str
) -> None:
    person = User(civility=civility, first_name=first_name, last_name=last_name, email="m@ville.example")
    assert person.short_name == shown


@pytest.mark.parametrize(
    ("title", "written"),
    [("Préfète de l’Orme", "préfète de l’Orme"), ("DGS", "DGS"), ("Élue", "élue"), ("", ""), ("À", "À")],
)
def test_an_office_within_a_sentence(title: str, written: str) -> None:
    assert in_sentence(title) == written


def test_a_review_says_its_term_its_reader_and_the_way_to_the_decision(cast: Cast) -> None:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    reader = logged_in(cast.bailleur_oh)
    inbox = reader.get(reverse("inbox")).content.decode()
    due = last_day(timezone.localdate(), 21)
    assert "au plus tard le" in inbox, "its last day is still in time"
    assert date_format(due, "F Y") in inbox
    assert cast.bailleur_oh.short_name in inbox
    page = reader.get(reverse("task", args=[contract.pk, task.pk])).content.decode()
    assert page.index('href="#contenu"') < page.index('href="#decision"') < page.index("<header")
    mandate = cast.bailleur_oh.mandates.in_force().select_related("office__organisation").get()
    assert f"en qualité de <b>{in_sentence(mandate.office.title)}</b>" in " ".join(page.split())


def test_the_inbox_opens_on_the_first_basket_that_holds_something(cast: Cast) -> None:
    plot.draft_and_freeze(plot.opened(cast.contract))
    away(cast.ddpn, cast.commissaire, Power.REVIEW)
    page = logged_in(cast.commissaire).get(reverse("inbox"))
    assert page.context["current"] == "delegues"
    assert logged_in(cast.maire).get(reverse("inbox")).context["current"] == "a-traiter", (
        "none holds anything"
    )


def test_a_resolution_counts_from_the_day_it_was_published_and_received(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    today = timezone.localdate()
    received, published = today - dt.timedelta(days=3), today - dt.timedelta(days=1)
    plot.record_resolution(contract, transmitted_on=received, received_on=received, published_on=published)
    place = next(step for step in steps.steps(contract) if "exécutoire" in step.detail)
    assert place.at == published, "neither the day it was typed nor that of the receipt"
