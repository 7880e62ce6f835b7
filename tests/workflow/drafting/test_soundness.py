"""What is frozen can be printed whole; else a sentence says why."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from contracts.models import Contract, ContractVersion
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import untied
from workflow.drafting import acts
from workflow.record.refusals import Invalid


def drafted(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


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


def test_an_older_row_is_frozen_in_the_form_of_today(players: Cast) -> None:
    contract = drafted(players)
    with untied():
        run("UPDATE contracts_contract SET preamble = %s WHERE id = %s", ["Un eﬀet ▪ ﬁn", contract.pk])
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    waiting = plot.task(contract, "freeze")
    version = acts.freeze_version(plot.entitled(waiting), waiting.pk)
    assert version.content["preamble"] == "Un effet • fin"
