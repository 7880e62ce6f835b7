"""A second procedure lives beside the first: every page and every act works with it.

It is declared in :mod:`tests.workflow.procedures.tiny`; no name of its steps is one of the first's.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.test import Client
from django.urls import reverse
from viewflow.workflow.models import Task

from contracts.canonical import content_of
from contracts.differences import shown
from contracts.models import Contract, Status
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.pki import ServedPki
from tests.stage import run_jobs
from tests.workflow.live_parts import live_parts
from tests.workflow.outages import forged_text, hopeless_jobs
from tests.workflow.procedures.test_declarations import missing_in
from tests.workflow.procedures.test_races import at_once
from tests.workflow.procedures.tiny import HEARING, KIND, WRITING, TinyFlow, tiny
from workflow.drafting import acts as drafting_acts
from workflow.engine.jobs import ATTEMPTS
from workflow.opinions.models import Opinion
from workflow.procedures import opening
from workflow.procedures.csi import CsiFlow
from workflow.procedures.diagram import BPMN
from workflow.procedures.models import Recall
from workflow.procedures.registry import procedure_of
from workflow.record import journal
from workflow.record.models import JournalEntry

__all__ = ["tiny"]
pytestmark = pytest.mark.usefixtures("tiny")


def accord(cast: Cast) -> Contract:
    """Return a contract of the other kind, its circuit open."""
    contract = small_contract(cast)
    Contract.objects.filter(pk=contract.pk).update(kind=KIND)
    contract.refresh_from_db()
    opening.start_circuit(contract)
    contract.refresh_from_db()
    return contract


def frozen(cast: Cast, contract: Contract) -> None:
    drafting_acts.freeze_version(cast.pilote_ville, plot.task(contract, "compose").pk)


class Reader:
    """Somebody before a screen."""

    def __init__(self, client: Client, user: User, contract: Contract) -> None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        self.client, self.contract = client, contract

    def get(self, page: str, *where: Any) -> str:
        answer = self.client.get(reverse(page, args=where))
        assert answer.status_code == 200, (page, answer.status_code)
        return answer.content.decode()

    def task(self, task: Task) -> str:
        return self.get("task", self.contract.pk, task.pk)

    def post(self, page: str, task: Task | None = None, **facts: Any) -> Any:
        where = [self.contract.pk, *([task.pk] if task else [])]
        answer = self.client.post(reverse(page, args=where), facts)
        assert answer.status_code in {200, 302}, (page, answer.status_code, answer.content.decode())
        return answer


def test_its_kind_alone_chooses_it_and_its_steps_are_whole(cast: Cast) -> None:
    contract = accord(cast)
    assert procedure_of(contract) is contract.circuit.process.flow_class is TinyFlow
    assert procedure_of(cast.contract) is CsiFlow
    assert missing_in(TinyFlow) == []
    assert not {n.name for n in TinyFlow.instance.nodes()} & {n.name for n in CsiFlow.instance.nodes()} - {
        "start"
    }, "nothing may be found by a name of the first procedure"


def test_the_city_writes_on_its_pages(cast: Cast, client: Client) -> None:
    contract = accord(cast)
    waiting = plot.task(contract, "compose")
    reader = Reader(client, cast.pilote_ville, contract)
    assert "Écrire l’accord" in reader.get("inbox")
    assert "Écrire l’accord" in reader.get("contract", contract.pk)
    assert "Figer" in reader.task(waiting)
    assert "la version peut être figée" in reader.get("draft_editor", contract.pk)
    reader.post("task_take", waiting)
    waiting.refresh_from_db()
    assert waiting.owner == cast.pilote_ville
    colleague = cast.dgs.mandates.get()
    reader.get("task_transfer", contract.pk, waiting.pk)
    reader.post("task_transfer", waiting, receiver=colleague.pk, reason="Je pars en congé.")
    assert "Écrire l’accord" in Reader(client, cast.dgs, contract).get("basket", "delegues")
    Reader(client, cast.pilote_ville, contract).post("transfer_end", waiting)
    reader.post("task", waiting, label="Premier jet", shown=shown(content_of(contract)).written())
    contract.refresh_from_db()
    assert (plot.version(contract).label, contract.status) == ("Premier jet", Status.IN_REVIEW)


def test_the_contract_s_page_reads_the_procedure_at_hand(cast: Cast, client: Client) -> None:
    contract = accord(cast)
    frozen(cast, contract)
    run_jobs()
    reader = Reader(client, cast.pilote_ville, contract)
    parts = live_parts(reader.client, contract)
    assert [str(phase.title) in parts["etapes"] for phase in (WRITING, HEARING)] == [True, True]
    assert "Scellement" not in parts["etapes"]
    assert "répondre à la commune" in parts["acteurs"]
    assert "figé" in parts["historique"]
    drawn = ET.fromstring(reader.get("contract_bpmn", contract.pk))  # noqa: S314 (our own output)
    assert [lane.attrib["name"] for lane in drawn.iter(f"{{{BPMN}}}lane")] == ["La commune", "Les autres"]
    assert {str(step.text) for step in drawn.iter(f"{{{BPMN}}}flowNodeRef")} == {
        node.name for node in TinyFlow.instance.nodes()
    }
    states = reader.client.get(reverse("contract_process", args=[contract.pk])).json()["steps"]
    assert {step["id"]: step["state"] for step in states}["hear"] == "now"


def test_those_who_are_asked_answer_and_the_accord_ends(cast: Cast, client: Client) -> None:
    contract = accord(cast)
    frozen(cast, contract)
    run_jobs()
    for waiting in plot.tasks(contract, "hear"):
        reader = Reader(client, plot.entitled(waiting), contract)
        assert "Répondre à la commune" in reader.get("inbox")
        assert reader.client.get(reverse("task", args=[contract.pk, waiting.pk]))["X-Step"] == "hear"
        reader.get("version", contract.pk, 1)
        reader.post("note_add", waiting, text="À relire ensemble.")
        reader.post("opinion_draft", waiting, value="favourable", reason="")
        text = plot.version(contract).content_sha256
        reader.post("task", waiting, value="favourable", reason="", version_sha256=text)
        assert reader.client.get(reverse("task", args=[contract.pk, waiting.pk])).status_code == 409
    assert Opinion.objects.filter(version__contract=contract).count() == 2
    contract.circuit.process.refresh_from_db()
    assert contract.circuit.process.status == "DONE"
    assert journal.first_break() is None


def test_a_version_is_taken_back_and_written_again(cast: Cast, client: Client) -> None:
    contract = accord(cast)
    frozen(cast, contract)
    run_jobs()
    stale = plot.tasks(contract, "hear")[0]
    reader = Reader(client, cast.pilote_ville, contract)
    reader.get("version_recall", contract.pk)
    reader.post("version_recall", reason="Un chiffre est faux.")
    assert Recall.objects.get().reason == "Un chiffre est faux."
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert not plot.tasks(contract, "hear")
    frozen(cast, contract)
    run_jobs()
    asked = Reader(client, plot.entitled(stale), contract)
    answer = asked.client.get(reverse("task", args=[contract.pk, stale.pk]))
    newer = plot.task(contract, "hear", stale.seed)
    assert answer.headers["Location"] == reverse("task", args=[contract.pk, newer.pk])


def test_its_failed_step_is_tried_again(cast: Cast, pki: ServedPki, client: Client) -> None:
    contract = accord(cast)
    frozen(cast, contract)
    with forged_text(contract, volets=None), hopeless_jobs(ATTEMPTS):
        run_jobs()
    failed = plot.task(contract, "typeset")
    reader = Reader(client, cast.pilote_ville, contract)
    assert "Une étape automatique a échoué" in reader.get("contract", contract.pk)
    reader.post("job_retry", failed)
    run_jobs()
    assert len(plot.tasks(contract, "hear")) == 2
    assert JournalEntry.objects.filter(contract=contract, verb="job_retried").exists()


@pytest.mark.race
def test_its_own_lock_lets_one_of_two_freezes_through(cast: Cast) -> None:
    contract = accord(cast)
    waiting = plot.task(contract, "compose").pk
    freeze = partial(drafting_acts.freeze_version, cast.pilote_ville, waiting)
    assert sorted(at_once(freeze, freeze)) == ["AlreadyDone", "done"]
    assert contract.versions.count() == 1
