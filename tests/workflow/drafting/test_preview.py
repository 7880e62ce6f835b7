"""The draft is read as a PDF at any time by those who write it, marked, and only as long as it is true."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from contracts.models import Contract
from contracts.printed import RenderError
from tests import plot
from tests.cast import Cast, small_contract
from tests.contracts.test_rendering import text_of
from tests.stage import run_jobs
from tests.workflow.sockets import logged_in
from workflow.drafting import previews
from workflow.drafting.models import DraftPrint


def page_of(contract: Contract) -> str:
    return reverse("draft_preview", args=[contract.pk])


def pdf_of(contract: Contract) -> str:
    return reverse("draft_pdf", args=[contract.pk])


def asked(client: Client, contract: Contract) -> None:
    answer = client.post(page_of(contract))
    assert (answer.status_code, answer.headers["Location"]) == (302, page_of(contract))


def jobs() -> int:
    return int(ProcrastinateJob.objects.filter(task_name="workflow.print_draft").count())


def test_a_draft_is_printed_once_for_each_state_of_its_text(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    pilot = logged_in(cast.pilote_ville)
    assert "Composer le PDF" in pilot.get(page_of(contract)).content.decode()
    assert jobs() == 0, "reading asks for nothing"
    asked(pilot, contract)
    asked(logged_in(cast.pilote_prefecture), contract)
    assert jobs() == 1, "two who ask for the same text get one print"
    assert "en cours de composition" in pilot.get(page_of(contract)).content.decode()
    run_jobs()
    answer = pilot.get(pdf_of(contract))
    assert answer.headers["Content-Type"] == "application/pdf"
    assert "projet" in answer.headers["Content-Disposition"]
    assert "PROJET du" in text_of(answer.content)
    assert "Composé le" in pilot.get(page_of(contract)).content.decode()
    asked(pilot, contract)
    assert jobs() == 1, "it is printed already"
    contract.volets.update(text="Autre chose.")
    assert pilot.get(pdf_of(contract)).headers["Location"] == page_of(contract), "never a stale text"
    assert "a été modifié depuis" in pilot.get(page_of(contract)).content.decode()
    asked(pilot, contract)
    run_jobs()
    assert "Autre chose." in text_of(pilot.get(pdf_of(contract)).content)
    plot.draft_and_freeze(contract)
    assert pilot.get(pdf_of(contract)).status_code == 404
    assert bytes(DraftPrint.objects.get(contract=contract).pdf) == b""
    assert "Lire la version 1" in pilot.get(page_of(contract)).content.decode()
    assert "PROJET" not in text_of(pilot.get(reverse("version_pdf", args=[contract.pk, 1])).content)


def test_who_does_not_write_it_finds_no_draft(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    previews.ask(contract)
    run_jobs()
    for person in (cast.outsider, cast.maire, cast.bailleur_cl, cast.greffe, cast.admin):
        for address in (page_of(contract), pdf_of(contract)):
            assert logged_in(person).get(address).status_code == 404, person
        assert logged_in(person).post(page_of(contract)).status_code == 404, person
    takes_part = logged_in(cast.bailleur_oh)  # and proposes: whoever does reads what is being written
    assert takes_part.get(page_of(contract)).status_code == 200


def test_a_print_that_fails_says_why_and_may_be_asked_for_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = plot.opened(small_contract(cast))
    pilot = logged_in(cast.pilote_ville)

    def refusing(*_content: object, **_how: object) -> None:
        raise RenderError(contract.reference, "un signe inconnu")

    with monkeypatch.context() as patch:
        patch.setattr(previews, "render", refusing)
        asked(pilot, contract)
        run_jobs()
    assert "un signe inconnu" in pilot.get(page_of(contract)).content.decode()
    asked(pilot, contract)
    previews.print_lost(contract.pk)
    assert "n’a pas abouti" in pilot.get(page_of(contract)).content.decode()
    asked(pilot, contract)
    run_jobs()
    assert pilot.get(pdf_of(contract)).status_code == 200
