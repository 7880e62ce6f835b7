"""What a contract's page says: lanes, steps, history, and in how many queries."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from viewflow.workflow.models import Task

from contracts.models import Contract
from stakeholders.terms import last_day
from tests import plot
from tests.cast import Cast, small_contract
from workflow.board import diagram_status, lanes, steps
from workflow.board import history as board_history
from workflow.signing import acts as signing_acts
from workflow.tasks import acts as tasks_acts


def looks(contract: Contract) -> dict[str, str]:
    return {step.code: step.look for step in steps.steps(contract)}


def lane(contract: Contract, name: str) -> lanes.Lane:
    return next(row for row in lanes.lanes(contract) if row.name == name)


def test_a_lane_says_what_is_awaited_since_when_and_until_when(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord = cast.organisation("org-oh").short_name
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    row = lane(contract, landlord)
    assert (row.look, row.word, row.days_waiting) == ("now", "avis attendu", 0)
    assert row.due_on == last_day(timezone.localdate(), 21)
    Task.objects.filter(pk=waiting.pk).update(created=timezone.now() - dt.timedelta(days=3))
    assert lane(contract, landlord).days_waiting == 3
    tasks_acts.take_task(cast.bailleur_oh, waiting.pk)
    assert str(cast.bailleur_oh) in lane(contract, landlord).detail
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    Task.objects.filter(pk=waiting.pk).update(data={"due_on": yesterday.isoformat()})
    assert lane(contract, landlord).look == "late"


def test_a_lane_says_the_last_word_of_its_organisation(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, landlord, "unfavourable", "Sans base légale.")
    plot.opine(contract, operator)
    assert (lane(contract, landlord.seed.short_name).look, lane(contract, landlord.seed.short_name).word) == (
        "stop",
        "défavorable",
    )
    assert lane(contract, operator.seed.short_name).look == "done"


def test_the_steps_move_with_the_contract(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    assert looks(contract) == {
        "drafting": "now",
        "review": "wait",
        "approve": "wait",
        "council": "wait",
        "sign-1": "wait",
        "sign-2": "wait",
        "seal": "wait",
    }
    plot.draft_and_freeze(contract)
    assert looks(contract)["review"] == "now"
    plot.review_all(contract)
    assert (looks(contract)["review"], looks(contract)["approve"]) == ("done", "now")
    plot.approve_all(contract)
    assert (looks(contract)["council"], looks(contract)["sign-1"]) == ("now", "now")
    plot.sign_next(contract)
    assert (looks(contract)["sign-1"], looks(contract)["sign-2"]) == ("done", "wait")
    plot.record_resolution(contract)
    assert (looks(contract)["council"], looks(contract)["sign-2"]) == ("done", "now")
    plot.sign_next(contract)
    assert set(looks(contract).values()) == {"done"}
    assert all(step.at for step in steps.steps(contract))


def test_after_a_refusal_what_was_done_is_to_be_done_again(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    signing_acts.refuse_signature(cast.prefete, waiting.pk, reason="Une date est fausse.")
    shown = looks(contract)
    assert shown["drafting"] == "now"
    assert shown["sign-1"] == "stop"
    assert "done" not in shown.values()


def test_the_history_names_who_did_what_as_what_and_why(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    plot.opine(contract, waiting, "changes_requested", "Le calendrier est trop court.")
    newest = board_history.history(contract)[0]
    assert newest.actor == str(plot.entitled(waiting))
    assert "modifications demandées" in newest.text
    assert newest.reason == "Le calendrier est trop court."
    assert cast.organisation("org-oh").short_name in newest.quality
    assert [line.number for line in board_history.history(contract)] == sorted(
        (line.number for line in board_history.history(contract)), reverse=True
    )


def test_a_page_costs_the_same_number_of_queries_with_two_or_eleven_organisations(cast: Cast) -> None:
    def cost(contract: Contract) -> list[int]:
        counts = []
        for read in (lanes.lanes, steps.steps, board_history.history, diagram_status.diagram_status):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                read(contract)
            counts.append(len(queries))
        return counts

    small, large = plot.opened(small_contract(cast)), plot.opened(cast.contract)
    for contract in (small, large):
        plot.draft_and_freeze(contract)
        plot.opine(contract, plot.tasks(contract, "review")[0])
    assert cost(small) == cost(large)
    assert sum(cost(large)) <= 30
