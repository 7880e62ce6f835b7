"""What is frozen can be quoted, one number a commitment, and printed whole; else a sentence says why."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from contracts.forms import move
from contracts.models import Commitment, Contract, ContractVersion
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import untied
from tests.workflow.drafting.test_independence import form_of
from workflow.drafting import acts
from workflow.record.refusals import Invalid


def drafted(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


def proposed(client: Client, contract: Contract, order: int) -> str:
    volet = contract.volets.get(order=order)
    page = client.get(reverse("commitment_add", args=[contract.pk, volet.pk]))
    return str(page.context["form"]["number"].value())


def test_the_number_proposed_is_free_after_a_deletion_and_after_a_move(players: Cast, client: Client) -> None:
    contract = drafted(players)
    client.force_login(players.pilote_ville)
    assert proposed(client, contract, 1) == "1.3"
    Commitment.objects.get(volet__contract=contract, number="1.1").delete()
    assert proposed(client, contract, 1) == "1.3", "1.2 is there, and 1.1 may have been quoted"
    move(contract.volets.get(order=2), contract.volets.all(), "up")  # its commitment keeps 2.1
    assert proposed(client, contract, 2) == "2.2", "the volet that is second now holds 1.2 alone"
    assert proposed(client, contract, 1) == "1.1"


@pytest.mark.parametrize("number", ["1.2", " 1.2 ", "1.2.", "1. 2"])
def test_a_number_of_another_volet_is_refused_and_its_bearer_named(
    players: Cast, client: Client, number: str
) -> None:
    contract = drafted(players)
    row = Commitment.objects.get(volet__contract=contract, number="2.1")
    client.force_login(players.pilote_ville)
    address = reverse("commitment_edit", args=[contract.pk, row.pk])
    answer = client.post(address, form_of(client, address) | {"number": number})
    assert answer.status_code == 422
    assert "Sécuriser 38 halls" in answer.content.decode()
    assert client.post(address, form_of(client, address) | {"number": "2.1"}).status_code == 302, "its own"
    with pytest.raises(IntegrityError), transaction.atomic():
        Commitment.objects.filter(pk=row.pk).update(number=number)


def with_two_equal_numbers(contract: Contract) -> None:
    """Leave two equal numbers, as a database older than the rule may hold."""
    with untied():
        Commitment.objects.filter(volet__contract=contract, number="2.1").update(number="1.2")


def test_two_equal_numbers_are_never_frozen(players: Cast, client: Client) -> None:
    contract = drafted(players)
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    with_two_equal_numbers(contract)
    refuses_to_freeze(
        client, contract, players.pilote_ville, "1.2", "Sécuriser 38 halls", "Renforcer la présence"
    )


def test_what_cannot_be_printed_is_never_frozen(players: Cast, client: Client) -> None:
    contract = drafted(players)
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    with untied():
        rewritten = "UPDATE contracts_contract SET preamble = %s WHERE id = %s"
        run(rewritten, ["Un\nbel avenir 🎉", contract.pk])
    refuses_to_freeze(client, contract, players.pilote_ville, "Préambule", "U+1F389", "ligne 2")


def run(sql: str, values: list[str | int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def refuses_to_freeze(client: Client, contract: Contract, pilot: User, *words: str) -> None:
    waiting = plot.task(contract, "freeze")
    with pytest.raises(Invalid) as refused:
        acts.freeze_version(plot.entitled(waiting), waiting.pk)
    assert all(word in refused.value.message for word in words), refused.value.message
    assert not ContractVersion.objects.filter(contract=contract).exists()
    client.force_login(pilot)
    page = client.get(reverse("task", args=[contract.pk, waiting.pk])).content.decode()
    assert all(word in page for word in words)


def test_a_draft_is_not_said_ready_with_two_equal_numbers(players: Cast) -> None:
    contract = drafted(players)
    with_two_equal_numbers(contract)
    waiting = plot.tasks(contract, "draft")[0]
    with pytest.raises(Invalid, match="1.2"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)


def test_an_older_row_is_frozen_in_the_form_of_today(players: Cast) -> None:
    contract = drafted(players)
    with untied():
        run("UPDATE contracts_contract SET preamble = %s WHERE id = %s", ["Un eﬀet ▪ ﬁn", contract.pk])
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    waiting = plot.task(contract, "freeze")
    version = acts.freeze_version(plot.entitled(waiting), waiting.pk)
    assert version.content["preamble"] == "Un effet • fin"
