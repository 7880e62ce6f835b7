"""Simultaneous acts on a real PostgreSQL: one success each, one join, one signature."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import connection
from viewflow.workflow.models import Task

from signatures.models import SignatureRequest
from tests import plot
from tests.cast import Cast, small_contract
from tests.stage import run_jobs
from workflow import actions, journal
from workflow.errors import ActRefused
from workflow.flows import CsiFlow
from workflow.models import Opinion, Refusal

pytestmark = pytest.mark.race
TIMES = 20


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Do all the acts at the same moment, each on its own connection; return how each ended."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        try:
            start.wait(20)
            act()
        except ActRefused as refusal:
            return type(refusal).__name__
        else:
            return "done"
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_ten_posts_of_one_task_give_one_opinion(cast: Cast) -> None:
    for turn in range(TIMES):
        contract = plot.opened(small_contract(cast, f"RACE-A-{turn}"))
        version = plot.draft_and_freeze(contract)
        waiting = plot.tasks(contract, "review")[0]
        user = plot.entitled(waiting)

        def answer(pk: int = waiting.pk, sha: str = version.content_sha256, by: Any = user) -> None:
            actions.give_opinion(by, pk, value="favourable", reason="", version_sha256=sha)

        ended = Counter(at_once(*[answer] * 10))
        assert ended == {"done": 1, "AlreadyDone": 9}
        assert Opinion.objects.filter(version=version).count() == 1
    assert journal.first_break() is None


def test_all_organisations_at_once_make_one_join_and_one_next_step(cast: Cast) -> None:
    contract = plot.opened(cast.contract)
    version = plot.draft_and_freeze(contract)
    for turn in range(TIMES):
        acts = []
        for waiting in plot.tasks(contract, "review"):
            user = plot.entitled(waiting)

            def answer(pk: int = waiting.pk, by: Any = user, sha: str = version.content_sha256) -> None:
                actions.give_opinion(
                    by, pk, value="changes_requested", reason="À revoir.", version_sha256=sha
                )

            acts.append(answer)
        assert len(acts) == 11
        assert at_once(*acts) == ["done"] * 11
        process = contract.circuit.process_id
        joins = Task.objects.filter(process=process, flow_task=CsiFlow.reviewed)
        assert joins.count() == turn + 1, "one join a round"
        assert {join.status for join in joins} == {"DONE"}
        assert len(plot.tasks(contract, "draft")) == 2, "drafting opened once"
        if turn < TIMES - 1:
            version = plot.draft_and_freeze(contract)
    assert journal.first_break() is None


def test_two_tabs_that_sign_ask_for_one_signature(cast: Cast) -> None:
    for turn in range(TIMES):
        contract = plot.to_signing(small_contract(cast, f"RACE-C-{turn}"))
        waiting = plot.task(contract, "sign")
        tabs = [plot.confirm(cast.prefete, contract) for _tab in range(2)]

        def sign(facts: dict[str, str], pk: int = waiting.pk) -> None:
            actions.sign(cast.prefete, pk, **facts)

        ended = at_once(*[lambda facts=facts: sign(facts) for facts in tabs])
        assert sorted(ended) == ["AlreadyDone", "done"]
        assert SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).count() == 1
    run_jobs()
    assert set(SignatureRequest.objects.values_list("state", flat=True)) == {"done"}


def test_signing_and_refusing_at_once_lets_one_win(cast: Cast) -> None:
    for turn in range(TIMES):
        contract = plot.to_signing(small_contract(cast, f"RACE-D-{turn}"))
        waiting = plot.task(contract, "sign")
        facts = plot.confirm(cast.prefete, contract)
        pk = waiting.pk
        ended = at_once(
            partial(actions.sign, cast.prefete, pk, **facts),
            partial(actions.refuse_signature, cast.prefete, pk, reason="Non."),
        )
        assert ended.count("done") == 1, ended
        refused = Refusal.objects.filter(version=plot.version(contract)).exists()
        asked = SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).exists()
        assert refused != asked


def test_a_draft_never_changes_inside_a_frozen_version(cast: Cast) -> None:
    for turn in range(TIMES):
        contract = plot.opened(small_contract(cast, f"RACE-E-{turn}"))
        for waiting in plot.tasks(contract, "draft"):
            actions.submit_draft(plot.entitled(waiting), waiting.pk)
        freeze = plot.task(contract, "freeze")
        pk = contract.pk

        def change(pk: int = pk) -> None:
            with actions.changing_draft(cast.pilote_prefecture, pk) as held:
                draft = held.contract
                draft.preamble = "Changé au dernier moment."
                draft.save(update_fields=["preamble"])

        ended = at_once(partial(actions.freeze_version, cast.pilote_ville, freeze.pk), change)
        assert ended[0] == "done"
        frozen = plot.version(contract).content["preamble"]
        assert (ended[1] == "done") == (frozen == "Changé au dernier moment."), ended


def test_the_last_opinion_and_a_recall_leave_one_way_forward(cast: Cast) -> None:
    for turn in range(TIMES):
        contract = plot.opened(small_contract(cast, f"RACE-F-{turn}"))
        version = plot.draft_and_freeze(contract)
        first, last = plot.tasks(contract, "review")
        plot.opine(contract, first)
        user = plot.entitled(last)
        ended = at_once(
            partial(
                actions.give_opinion,
                user,
                last.pk,
                value="favourable",
                reason="",
                version_sha256=version.content_sha256,
            ),
            partial(actions.recall_version, cast.pilote_ville, contract.pk, reason="Une erreur."),
        )
        assert "done" in ended
        drafting, approving = plot.tasks(contract, "draft"), plot.tasks(contract, "approve")
        assert sorted((len(drafting), len(approving))) == [0, 2]


def test_two_starts_of_one_contract_open_one_circuit(cast: Cast) -> None:
    for turn in range(TIMES):
        contract = small_contract(cast, f"RACE-G-{turn}")
        ended = at_once(*[lambda c=contract: actions.start_circuit(c)] * 4)
        assert ended.count("done") == 1
        assert len(plot.tasks(contract, "draft")) == 2
