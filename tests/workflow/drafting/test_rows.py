"""The rows of the editor are rendered once for what they say: never stale, never another reader's."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from contracts.models import Commitment, Contract
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in
from workflow.templatetags import rows

FORM = re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"')


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


def editor(browser: Client, contract: Contract) -> str:
    return browser.get(reverse("draft_editor", args=[contract.pk])).content.decode()


def test_only_the_row_that_changed_is_rendered_again(
    cast: Cast, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = logged_in(cast.pilote_ville)
    rendered: list[str] = []
    render = vars(rows)["render_to_string"]

    def counted(name: str, facts: dict[str, Any]) -> Any:
        rendered.append(name)
        return render(name, facts)

    monkeypatch.setattr(rows, "render_to_string", counted)
    first = editor(browser, contract)
    assert len(rendered) > 2
    rendered.clear()
    assert FORM.sub("", editor(browser, contract)) == FORM.sub("", first)
    assert rendered == []
    one = Commitment.objects.filter(volet__contract=contract)[0]
    Commitment.objects.filter(pk=one.pk).update(title="Un autre titre", baseline=None)
    assert "Un autre titre" in editor(browser, contract)
    assert rendered == ["tasks/_partials/commitment_row.html"]


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"description": "Dit autrement"}, "Dit autrement"),
        ({"indicator": "Tournées", "target": Decimal("12.50"), "baseline": Decimal("3")}, "12,5"),
        ({"indicator": "Tournées", "target": Decimal("7"), "unit": "nuits"}, "nuits"),
        ({"budget_eur": Decimal("1234")}, "1\xa0234"),
        ({"due_date": "2031-05-06"}, "2031"),
    ],
)
def test_whatever_of_a_row_changes_is_shown(
    cast: Cast, contract: Contract, changes: dict[str, Any], shown: str
) -> None:
    browser = logged_in(cast.pilote_ville)
    assert shown not in editor(browser, contract)
    one = Commitment.objects.filter(volet__contract=contract)[0]
    Commitment.objects.filter(pk=one.pk).update(**changes)
    assert shown in editor(browser, contract)


def test_a_renamed_organisation_and_another_language_are_shown_at_once(
    cast: Cast, contract: Contract
) -> None:
    browser = logged_in(cast.pilote_ville)
    one = Commitment.objects.filter(volet__contract=contract)[0]
    editor(browser, contract)
    type(one.lead).objects.filter(pk=one.lead_id).update(name="Renommée hier")
    assert "Renommée hier" in editor(browser, contract)
    assert ">Responsable<" in editor(browser, contract)
    browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert ">Responsable<" not in editor(browser, contract)


def test_each_page_has_its_token_and_each_reader_the_tools_that_are_theirs(
    cast: Cast, contract: Contract
) -> None:
    pages = [editor(logged_in(person), contract) for person in (cast.pilote_ville, cast.pilote_ville)]
    tokens = [set(FORM.findall(page)) for page in pages]
    assert [len(found) for found in tokens] == [1, 1]
    assert not tokens[0] & tokens[1]
    assert all(rows.TOKEN not in page for page in pages)
    landlord = editor(logged_in(cast.bailleur_oh), contract)
    move = [reverse("volet_move", args=[contract.pk, volet.pk]) for volet in contract.volets.all()]
    assert all(address in pages[0] for address in move)
    assert not any(address in landlord for address in move)


def test_the_text_of_another_version_is_not_the_one_before(cast: Cast, contract: Contract) -> None:
    plot.draft_and_freeze(contract)
    for turn, waiting in enumerate(plot.tasks(contract, "review")):
        person = plot.entitled(waiting)
        page = logged_in(person).get(reverse("task", args=[contract.pk, waiting.pk])).content.decode()
        assert "Écrit depuis" not in page
        assert "Lire le texte sans le PDF" in page, turn
        plot.opine(contract, waiting, value="changes_requested", reason="Une date manque.")
    Commitment.objects.filter(volet__contract=contract).update(description="Écrit depuis")
    plot.draft_and_freeze(contract)
    waiting = plot.tasks(contract, "review")[0]
    answer = logged_in(plot.entitled(waiting)).get(reverse("task", args=[contract.pk, waiting.pk]))
    assert "Écrit depuis" in answer.content.decode()
