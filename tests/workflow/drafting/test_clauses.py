"""The pilots adapt the clauses of the act; what is owed is left out for a reason; all is journaled."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from contracts.canonical import content_of
from contracts.models import Clause, Contract
from stakeholders.kinds import Power
from stakeholders.permissions import grant
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.drafting.test_independence import form_of
from workflow.drafting import acts
from workflow.record.models import JournalEntry


@pytest.fixture
def contract(players: Cast) -> Contract:
    return plot.opened(small_contract(players))


def edit(contract: Contract, key: str) -> str:
    return reverse("clause_edit", args=[contract.pk, key])


def said(contract: Contract, key: str) -> str | None:
    rows = {row["key"]: row["text"] for row in content_of(contract)["clauses"]}
    return rows.get(key)


def sent(client: Client, address: str, **changes: str) -> dict[str, str]:
    form = form_of(client, address)
    return {name: value for name, value in form.items() if value is not False} | changes


def test_a_clause_is_adapted_then_restored_and_the_rest_is_as_it_was(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    before = content_of(contract)
    address = edit(contract, "termination")
    changed = sent(client, address, text="Préavis de six mois, à {territoire}.")
    assert not Clause.objects.filter(contract=contract).exists(), "looking takes nothing"
    assert client.post(address, changed).status_code == 302
    assert said(contract, "termination") == "Préavis de six mois, à Clairval-sur-Orme."
    page = client.get(reverse("draft_clauses", args=[contract.pk])).content.decode()
    assert "adaptée" in page
    entry = JournalEntry.objects.get(contract=contract, verb="clause_changed")
    assert "Préavis de six mois" in entry.payload["text"]
    assert client.post(address, changed | {"text": "Autre."}).status_code == 422, "it moved meanwhile"
    assert client.post(reverse("clause_restore", args=[contract.pk, "termination"])).status_code == 302
    assert content_of(contract)["clauses"] == before["clauses"]


def test_a_required_clause_is_left_out_for_a_reason_only(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_prefecture)
    address = edit(contract, "litigation")
    refused = client.post(address, sent(client, address, left_out="on"))
    assert refused.status_code == 422
    assert "dites pourquoi" in refused.content.decode()
    assert not Clause.objects.filter(contract=contract).exists(), "a refused form takes nothing"
    data = sent(client, address, left_out="on", reason="Convenu autrement.")
    assert client.post(address, data).status_code == 302
    assert said(contract, "litigation") is None
    assert "Convenu autrement." in client.get(reverse("draft_clauses", args=[contract.pk])).content.decode()
    other = edit(contract, "termination")
    assert client.post(other, sent(client, other, left_out="on")).status_code == 302, "not required"


def test_a_field_that_nothing_fills_is_refused_and_named(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    address = edit(contract, "object")
    answer = client.post(address, sent(client, address, text="À {ville}."))
    assert answer.status_code == 422
    assert "{ville}" in answer.content.decode()


def test_a_clause_is_added_and_moved(players: Cast, contract: Contract, client: Client) -> None:
    client.force_login(players.pilote_ville)
    address = reverse("clause_add", args=[contract.pk])
    added = {"place": "after", "heading": "Communication", "text": "Les parties communiquent ensemble."}
    assert client.post(address, added).status_code == 302
    row = Clause.objects.get(contract=contract, code="")
    key = f"own-{row.pk}"
    keys = [clause["key"] for clause in content_of(contract)["clauses"]]
    assert keys[-1] == key
    for _step in range(2):  # beyond the clause that announces annexes, of which there is none
        move = reverse("clause_move", args=[contract.pk, key])
        assert client.post(move, {"direction": "up"}).status_code == 302
    assert [clause["key"] for clause in content_of(contract)["clauses"]][-2:] == [key, "litigation"]
    assert client.post(reverse("clause_restore", args=[contract.pk, key])).status_code == 404
    assert client.get(edit(contract, "own-999999")).status_code == 404


def test_a_resolution_that_exists_is_named_in_the_text(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    mayor = contract.signatories.get(order=2)
    address = reverse("signatory_empower", args=[contract.pk, mayor.pk])
    data = sent(client, address, authorised_by="n° 14 du 12 novembre 2026")
    assert client.post(address, data).status_code == 302
    page = client.get(reverse("draft_clauses", args=[contract.pk])).content.decode()
    assert "dûment habilité par la délibération n° 14 du 12 novembre 2026" in page
    assert "Vu le code général" in page, "as it will be printed"
    assert "Vu la délibération du conseil municipal n° 14" in page
    assert "Délibération qui habilite" in page
    prefect = reverse("signatory_empower", args=[contract.pk, contract.signatories.get(order=1).pk])
    assert prefect not in page, "no council empowers the State"
    assert JournalEntry.objects.filter(contract=contract, verb="signatory_empowered").count() == 1


def test_an_independent_organisation_reads_and_changes_nothing(
    players: Cast, contract: Contract, client: Client
) -> None:
    justice = players.organisation("org-parquet")
    contract.participations.create(organisation=justice, part="reviewer")
    grant(Power.VIEW, justice, contract)
    client.force_login(players.procureure)
    page = client.get(reverse("draft_clauses", args=[contract.pk]))
    assert page.status_code == 200
    assert "Adapter" not in page.content.decode()
    address = edit(contract, "object")
    assert client.post(address, {"heading": "x", "text": "y"}).status_code == 403
    assert client.post(reverse("clause_restore", args=[contract.pk, "object"])).status_code == 403
    assert not Clause.objects.filter(contract=contract).exists()


def test_a_frozen_text_keeps_its_clauses(players: Cast, contract: Contract, client: Client) -> None:
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    waiting = plot.task(contract, "freeze")
    version = acts.freeze_version(plot.entitled(waiting), waiting.pk)
    client.force_login(players.pilote_ville)
    address = edit(contract, "object")
    answer = client.post(address, sent(client, address, text="Trop tard."))
    assert answer.status_code == 409
    assert "Trop tard." in answer.content.decode(), "nothing typed is lost"
    assert "Trop tard." not in str(version.content)
    client.force_login(players.outsider)
    assert client.get(reverse("draft_clauses", args=[contract.pk])).status_code == 404
