"""Simultaneous acts on a real PostgreSQL: one success each, one join, one signature."""

from __future__ import annotations

import copy
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection
from viewflow.workflow.models import Task

from contracts.models import ContractVersion
from signatures.models import SignatureRequest
from tests import plot
from tests.cast import Cast, small_contract
from tests.snapshots import again
from tests.stage import run_jobs_here
from workflow.drafting import acts as drafting_acts
from workflow.opinions import acts as opinions_acts
from workflow.opinions.models import Opinion
from workflow.procedures import opening
from workflow.procedures import recall as procedures_recall
from workflow.procedures.csi import CsiFlow
from workflow.record import journal
from workflow.record.refusals import ActRefused
from workflow.signing import acts as signing_acts
from workflow.signing.models import Refusal

pytestmark = pytest.mark.race
TIMES = 20
RACERS = 12
_racers = ThreadPoolExecutor(RACERS, "racer")


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Do all the acts at the same moment, each on its own connection; return how each ended.

    A connection is kept for the next turn, unless the act failed by something else than a refusal.
    """
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        try:
            start.wait(20)
            act()
        except ActRefused as refusal:
            return type(refusal).__name__
        except BaseException:
            connection.close()
            raise
        return "done"

    assert len(acts) <= RACERS
    return list(_racers.map(run, acts))


def opinion(
    waiting: Task, version: ContractVersion, value: str = "favourable", reason: str = ""
) -> Callable[[], Any]:
    """Prepare the opinion of whoever may give it, so that only the act itself is raced."""
    who, read = plot.entitled(waiting), version.content_sha256
    return partial(
        opinions_acts.give_opinion, who, waiting.pk, value=value, reason=reason, version_sha256=read
    )


def test_ten_posts_of_one_task_give_one_opinion(cast: Cast) -> None:
    contract = plot.at_review(cast)
    version = plot.version(contract)
    waiting = plot.tasks(contract, "review")[0]
    answer = opinion(waiting, version)
    for _turn in again(TIMES):
        ended = Counter(at_once(*[answer] * 10))
        assert ended == {"done": 1, "AlreadyDone": 9}
        assert Opinion.objects.filter(version=version).count() == 1
        assert journal.first_break() is None


def test_all_organisations_at_once_make_one_join_and_one_next_step(cast: Cast) -> None:
    contract = plot.opened(cast.contract)
    version = plot.draft_and_freeze(contract)
    due = plot.tasks(contract, "review")
    acts = [opinion(waiting, version, "changes_requested", "À revoir.") for waiting in due]
    assert len(acts) == 11
    for _turn in again(TIMES):
        assert at_once(*acts) == ["done"] * 11
        joins = Task.objects.filter(process=contract.circuit.process_id, flow_task=CsiFlow.reviewed)
        assert [join.status for join in joins] == ["DONE"], "one join"
        assert len(plot.tasks(contract, "draft")) == 2, "drafting opened once"
        assert journal.first_break() is None
    plot.draft_and_freeze(contract)
    again_due = plot.tasks(contract, "review")
    assert at_once(*[partial(plot.opine, contract, due) for due in again_due]) == ["done"] * len(again_due)
    assert joins.all().count() == 2, "one join a round"


def test_two_tabs_that_sign_ask_for_one_signature(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    tabs = [
        partial(signing_acts.sign, cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
        for _tab in range(2)
    ]
    for _turn in again(TIMES):
        assert sorted(at_once(*tabs)) == ["AlreadyDone", "done"]
        assert SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).count() == 1
        run_jobs_here()
        assert SignatureRequest.objects.get().state == "done"


def test_signing_and_refusing_at_once_lets_one_win(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    sign = partial(signing_acts.sign, cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    refuse = partial(signing_acts.refuse_signature, cast.prefete, waiting.pk, reason="Non.")
    for _turn in again(TIMES):
        ended = at_once(sign, refuse)
        assert ended.count("done") == 1, ended
        refused = Refusal.objects.filter(version=plot.version(contract)).exists()
        asked = SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).exists()
        assert refused != asked


def test_a_draft_never_changes_inside_a_frozen_version(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    freeze = partial(drafting_acts.freeze_version, cast.pilote_ville, plot.task(contract, "freeze").pk)

    def change() -> None:
        with drafting_acts.changing_draft(cast.pilote_prefecture, contract.pk) as held:
            draft = held.contract
            draft.preamble = "Changé au dernier moment."
            draft.save(update_fields=["preamble"])

    for _turn in again(TIMES):
        ended = at_once(freeze, change)
        assert ended[0] == "done"
        frozen = plot.version(contract).content["preamble"]
        assert (ended[1] == "done") == (frozen == "Changé au dernier moment."), ended


def test_the_last_opinion_and_a_recall_leave_one_way_forward(cast: Cast) -> None:
    contract = plot.at_review(cast)
    version = plot.version(contract)
    first, last = plot.tasks(contract, "review")
    plot.opine(contract, first)
    opine = opinion(last, version)
    recall = partial(procedures_recall.recall_version, cast.pilote_ville, contract.pk, reason="Une erreur.")
    for _turn in again(TIMES):
        assert "done" in at_once(opine, recall)
        drafting, approving = plot.tasks(contract, "draft"), plot.tasks(contract, "approve")
        assert sorted((len(drafting), len(approving))) == [0, 2]


def test_two_starts_of_one_contract_open_one_circuit(cast: Cast) -> None:
    contract = small_contract(cast)
    for _turn in again(TIMES):
        ended = at_once(*[partial(opening.start_circuit, copy.copy(contract)) for _who in range(4)])
        assert ended.count("done") == 1
        assert len(plot.tasks(contract, "draft")) == 2
