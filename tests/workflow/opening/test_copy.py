"""A contract begun from an earlier one: its structure, with or without its figures."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from contracts.clauses import clauses_of
from contracts.models import Commitment, Contract
from tests.cast import Cast, small_contract
from tests.workflow.opening import road
from workflow.opening import acts, beginning
from workflow.record.models import JournalEntry
from workflow.record.refusals import Invalid


@pytest.fixture
def source(cast: Cast) -> Contract:
    """An earlier contract: one commitment has figures, another is led by the prosecution."""
    found = small_contract(cast, "CSI-AVANT")
    rows = Commitment.objects.filter(volet__contract=found).order_by("volet__order", "order")
    rows.filter(pk=rows[0].pk).update(target=Decimal(34), budget_eur=Decimal("1150000.50"), unit="agents")
    rows.filter(pk=rows[2].pk).update(lead=cast.organisation("org-parquet"))
    rows[1].contributors.add(cast.organisation("org-rtac"))
    return found


def copied(contract: Contract) -> list[Commitment]:
    return list(Commitment.objects.filter(volet__contract=contract).order_by("volet__order", "order"))


@pytest.mark.parametrize("figures", [False, True])
def test_the_structure_is_taken_up_and_the_figures_when_wanted(
    cast: Cast, source: Contract, figures: bool
) -> None:
    client = road.browser(cast.pilote_ville)
    wanted = {"with_figures": "on"} if figures else {}
    contract = road.begun(client, copied_from=source.pk, **wanted)
    rows = copied(contract)
    assert [row.title for row in rows] == [row.title for row in copied(source)]
    assert [row.number for row in rows] == ["1.1", "1.2", "2.1"]
    assert {row.pk for row in rows}.isdisjoint({row.pk for row in copied(source)})
    expected = (Decimal(34), Decimal("1150000.50")) if figures else (None, None)
    assert (rows[0].target, rows[0].budget_eur) == expected
    assert rows[0].unit == "agents"
    assert [o.code for o in rows[1].contributors.all()] == ["org-rtac"]
    assert all(row.due_date is None and row.owner is None for row in rows), "to be given anew"
    assert contract.preamble == source.preamble
    assert [row.heading for row in clauses_of(contract)] == [row.heading for row in clauses_of(source)]
    entry = JournalEntry.objects.get(contract=contract, verb="opening_begun")
    assert entry.payload["copied_from"] == "CSI-AVANT"


def test_it_is_opened_with_what_it_took_up(cast: Cast, source: Contract) -> None:
    client = road.browser(cast.pilote_ville)
    contract = road.prepared(cast, client, copied_from=source.pk)
    acts.open_contract(cast.pilote_ville, contract.pk)
    assert len(copied(contract)) == 3, "the volets of the kind are not added"
    assert contract.volets.count() == 2


def test_the_prefecture_takes_up_nothing_that_an_independent_authority_leads(
    cast: Cast, source: Contract
) -> None:
    client = road.browser(cast.pilote_prefecture)
    answer = client.post(
        reverse("opening_new"), road.initiative(copied_from=source.pk, initiative="state"), follow=True
    )
    assert "relève d’une autorité indépendante" in answer.content.decode()
    contract = Contract.objects.order_by("-pk")[0]
    assert [row.number for row in copied(contract)] == ["1.1", "1.2"]


def test_a_contract_of_another_kind_or_of_others_is_refused(cast: Cast, source: Contract) -> None:
    client = road.browser(cast.pilote_ville)
    answer = client.post(reverse("opening_new"), road.initiative(copied_from=source.pk, kind="coordination"))
    assert answer.status_code == 422
    assert "autre nature" in answer.content.decode()
    facts = road.initiative(copied_from=cast.arles.pk)
    answer = client.post(reverse("opening_new"), facts)
    assert answer.status_code == 422, "the city does not see it"
    assert facts["title"] in answer.content.decode(), "nothing typed is lost"
    with pytest.raises(Invalid, match="ne voyez pas"):
        organisation = cast.organisation("org-ville").pk
        beginning.begin(
            cast.pilote_ville,
            organisation,
            {**road.initiative(), "letter_sha256": "", "letter_on": None, "copied_from": cast.arles},
        )
    contract = road.begun(client, copied_from=source.pk)
    with pytest.raises(Invalid, match="partez du modèle"):
        acts.save_initiative(cast.pilote_ville, contract.pk, {**road.initiative(kind="coordination")})
