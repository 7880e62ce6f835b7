"""Many contracts at once: where each stands, who is late and by how much, what is sought, what is kept."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Status
from stakeholders.actions import withdraw_mandate
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.snapshots import once
from tests.workflow.sockets import logged_in
from workflow.engine.tasks import of_contract, tasks
from workflow.steering import saved
from workflow.steering.models import SavedFilter

PAGE = "contracts_steered"


@pytest.fixture
def contracts(cast: Cast) -> list[Contract]:
    """One contract in review, whose landlord is late; one that is being drafted."""

    def play() -> list[int]:
        reviewed = plot.opened(small_contract(cast))
        plot.draft_and_freeze(reviewed)
        return [reviewed.pk, plot.opened(small_contract(cast, "CSI-00-2026-901")).pk]

    found = [Contract.objects.get(pk=key) for key in once("steered", play)]
    late(found[0], "review", cast, days=8)
    return found


def late(contract: Contract, step: str, cast: Cast, *, days: int) -> None:
    """Have the landlord's task be due so many days ago."""
    task = plot.task(contract, step, cast.organisation("org-oh"))
    due = timezone.localdate() - dt.timedelta(days=days)
    with as_owner():
        tasks(of_contract(contract)).filter(pk=task.pk).update(data={**task.data, "due_on": due.isoformat()})


def look(person: User, **query: str) -> Any:
    return logged_in(person).get(reverse(PAGE), {"tout": "1", **query})


def references(answer: Any) -> list[str]:
    """Return whose rows are shown, but for the one that stands beside (the cast's own)."""
    shown = [row.contract.reference for row in answer.context["rows"]]
    return [reference for reference in shown if reference != "CSI-00-2026-001"]


def test_each_row_says_the_step_who_is_late_and_what_comes(cast: Cast, contracts: list[Contract]) -> None:
    answer = look(cast.pilote_ville)
    assert references(answer) == [contracts[1].reference, contracts[0].reference], "the newest first"
    row = answer.context["rows"][1]
    today = timezone.localdate()
    worked = contracts[0].calendar.between(today - dt.timedelta(days=8), today)
    assert [(one.who, one.what, one.late) for one in row.late] == [("Orme Habitat", "avis attendu", worked)]
    assert row.next.who == "RTAC – réseau Libellule"
    page = answer.content.decode()
    assert f"{worked} jours ouvrés de retard" in page
    assert "Avis en cours" in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"retard": "1"}, [0]),
        ({"etape": Status.IN_REVIEW.value}, [0]),
        ({"etape": Status.DRAFTING.value}, [1]),
        ({"etape": Status.SIGNED.value}, []),
        ({"nature": "coordination"}, []),
        ({"nature": "csi", "q": "clairv"}, [1, 0]),
        ({"q": "ailleurs"}, []),
        ({"q": "\0 \u202e"}, []),
        ({"q": "\0", "etape": "x", "nature": "<b>", "organisation": "9" * 30, "retard": "2"}, [1, 0]),
        ({"organisation": "999999"}, []),
        ({"page": "x"}, [1, 0]),
    ],
)
def test_what_is_sought(
    cast: Cast, contracts: list[Contract], query: dict[str, str], found: list[int]
) -> None:
    answer = look(cast.pilote_prefecture, **query)
    assert references(answer) == [contracts[place].reference for place in found]


def test_only_what_ones_body_pilots_and_may_see(cast: Cast, contracts: list[Contract]) -> None:
    by_landlord = {"organisation": str(cast.organisation("org-oh").pk)}
    assert len(references(look(cast.pilote_ville, **by_landlord))) == 2
    for person in (cast.bailleur_oh, cast.rtac, cast.procureure, cast.admin):
        assert look(person).status_code == 404, "takes part, and steers nothing"
    outside = look(cast.outsider, **by_landlord)
    assert references(outside) == []
    assert "Orme Habitat" not in outside.content.decode()
    table = logged_in(cast.outsider).get(reverse("contracts_steered_table", args=["csv"]))
    assert contracts[0].reference not in table.content.decode()
    withdraw_mandate(cast.pilote_ville.mandates.get(), actor=cast.dgs)
    assert look(cast.pilote_ville).status_code in {302, 404}


def test_the_times_of_the_steps_in_working_days(cast: Cast, contracts: list[Contract]) -> None:
    friday, monday = dt.date(2026, 11, 13), dt.date(2026, 11, 16)
    with as_owner():  # drafted from a Friday to the Monday after: one working day
        for contract in contracts[:1]:
            drafted = tasks(of_contract(contract)).exclude(flow_task__endswith="review")
            begun, ended = (dt.datetime.combine(day, dt.time(12), dt.UTC) for day in (friday, monday))
            drafted.update(created=begun, finished=ended)
    answer = look(cast.pilote_ville)
    found = {one.title: (one.count, one.median) for one in answer.context["durations"]}
    assert found == {"Rédaction": (1, 1)}, "what is under way is not counted"
    page = answer.content.decode()
    assert '<svg class="times"' in page
    assert "Durée des étapes, en jours ouvrés" in page, "the table says the same"


def test_the_table_for_a_spreadsheet(cast: Cast, contracts: list[Contract]) -> None:
    Contract.objects.filter(pk=contracts[0].pk).update(title="=1+1")
    browser = logged_in(cast.pilote_ville)
    answer = browser.get(reverse("contracts_steered_table", args=["csv"]), {"retard": "1"})
    heading, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";")
    assert heading[:2] == ["Référence", "Titre"]
    assert row[:2] == [contracts[0].reference, "'=1+1"]
    assert "Orme Habitat (avis attendu)" in row
    book = browser.get(reverse("contracts_steered_table", args=["xlsx"]))
    assert book.content.startswith(b"PK")
    assert browser.get(reverse("contracts_steered_table", args=["pdf"])).status_code == 404


def test_filters_are_kept_one_opens_the_page(cast: Cast, contracts: list[Contract]) -> None:
    browser, other = logged_in(cast.pilote_ville), logged_in(cast.pilote_prefecture)
    sent = {"name": "  Mes retards ", "default": "on", "retard": "1", "etape": "x"}
    kept = browser.post(reverse("saved_filter_add"), sent)
    assert kept["Location"] == f"{reverse(PAGE)}?retard=1"
    assert browser.get(reverse(PAGE))["Location"] == kept["Location"], "the page opens with it"
    assert references(other.get(kept["Location"])) == [contracts[0].reference], "the address is anybody's"
    row = SavedFilter.objects.get()
    assert (row.person, row.name) == (cast.pilote_ville, "Mes retards")
    assert other.post(reverse("saved_filter_change", args=[row.pk]), {"delete": ""}).status_code == 404
    browser.post(reverse("saved_filter_add"), {"name": "Avis", "default": "on", "etape": "in_review"})
    assert SavedFilter.objects.get(default=True).name == "Avis"
    browser.post(reverse("saved_filter_add"), {"name": "Avis", "etape": "drafting"})
    assert SavedFilter.objects.get(name="Avis").query == "etape=drafting", "of the same name: replaced"
    browser.post(reverse("saved_filter_change", args=[row.pk]), {"delete": ""})
    assert [one.name for one in SavedFilter.objects.all()] == ["Avis"]
    unnamed = browser.post(reverse("saved_filter_add"), {"name": "", "retard": "1"})
    assert unnamed.status_code == 422
    assert 'name="retard" value="1"' in unnamed.content.decode(), "what was sought is not lost"


def test_no_more_filters_than_one_may_keep(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved, "KEPT_AT_MOST", 1)
    browser = logged_in(cast.pilote_ville)
    assert browser.post(reverse("saved_filter_add"), {"name": "Un", "retard": "1"}).status_code == 302
    refused = browser.post(reverse("saved_filter_add"), {"name": "Deux", "retard": "1"})
    assert refused.status_code == 422
    assert "supprimez-en un" in refused.content.decode()


def test_many_contracts_ask_no_more_than_one(cast: Cast, contracts: list[Contract]) -> None:
    browser = logged_in(cast.pilote_ville)
    one = asked(browser)
    for number in range(3):
        plot.opened(small_contract(cast, f"CSI-00-2026-91{number}"))
    assert asked(browser) == one


def asked(browser: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(reverse(PAGE), {"etape": "drafting"}).status_code == 200
    return len(captured)
