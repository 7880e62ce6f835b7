"""What is said of a task that is open no longer: the text changed, went back to drafting, or was given up."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from tests import plot
from tests.cast import Cast
from workflow.board.diagram_status import diagram_status
from workflow.engine.tasks import Task, is_cancelled
from workflow.opinions import acts as opinions_acts
from workflow.procedures import abandon, recall
from workflow.record.refusals import AlreadyDone, NewVersion
from workflow.tasks import lists


@pytest.fixture
def asked(cast: Cast) -> tuple[Contract, list[Task]]:
    contract = plot.at_review(cast)
    return contract, plot.tasks(contract, "review")


def answer(task: Task) -> None:
    contract = task.process.circuit.contract
    opinions_acts.give_opinion(
        plot.entitled(task),
        task.pk,
        value="favourable",
        reason="",
        version_sha256=plot.version(contract).content_sha256,
    )


def test_a_version_taken_back_is_not_a_new_one_and_nobody_answered(
    asked: tuple[Contract, list[Task]], cast: Cast, client: Client
) -> None:
    contract, waiting = asked
    persons = [plot.entitled(task) for task in waiting]
    recall.recall_version(cast.pilote_ville, contract.pk, reason="Une coquille.")
    for task, person in zip(waiting, persons, strict=True):
        task.refresh_from_db()
        assert is_cancelled(task), "the one that carried the news too"
        client.force_login(person)
        shown = client.get(reverse("task", args=[contract.pk, task.pk])).content.decode()
        assert "revenu en rédaction" in shown
        assert "déjà été traitée" not in shown
        with pytest.raises(AlreadyDone, match="revenu en rédaction"):
            answer(task)
        assert task not in list(lists.tasks_of(person, contract))
    steps = {step["id"]: step for step in diagram_status(contract)["steps"]}
    assert {actor["state"] for actor in steps["review"]["actors"]} == {"wait"}


def test_of_a_contract_that_was_given_up_it_says_so(
    asked: tuple[Contract, list[Task]], cast: Cast, client: Client
) -> None:
    contract, [task, *_others] = asked
    person = plot.entitled(task)
    abandon.abandon(cast.pilote_ville, contract.pk, reason="Le maire se retire.")
    client.force_login(person)
    shown = client.get(reverse("task", args=[contract.pk, task.pk])).content.decode()
    assert "Ce contrat est abandonné" in shown
    client.force_login(cast.pilote_ville)
    assert "abandonné" in client.get(reverse("version_recall", args=[contract.pk])).content.decode()
    assert (
        "reviendra en rédaction" not in client.get(reverse("contract", args=[contract.pk])).content.decode()
    )


def test_a_task_on_an_older_text_without_another_says_that_it_has_no_object(
    asked: tuple[Contract, list[Task]], cast: Cast
) -> None:
    contract, [task, *_others] = asked
    person = plot.entitled(task)
    recall.recall_version(cast.pilote_ville, contract.pk, reason="Une coquille.")
    plot.draft_and_freeze(contract)
    with pytest.raises(NewVersion) as refused:
        opinions_acts.give_opinion(person, task.pk, value="favourable", reason="", version_sha256="0" * 64)
    successor = refused.value.successor
    assert ("conservé ci-dessous" in refused.value.message) == (successor is not None)
