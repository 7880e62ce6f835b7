"""Two clerks at the same moment: two stages are both kept, one vote and one last stage are recorded once."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.utils import timezone

from tests import plot
from tests.cast import Cast
from tests.snapshots import again
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.council import acts
from workflow.council.models import STAGES, CouncilResolution
from workflow.record import journal
from workflow.record.models import JournalEntry

pytestmark = pytest.mark.race


def test_two_stages_entered_at_once_are_both_kept_and_open_the_gate_once(cast: Cast) -> None:
    contract, today = plot.at_signing(cast), timezone.localdate()
    plot.sign_next(contract)
    plot.record_resolution(contract, **dict.fromkeys(STAGES) | {"transmitted_on": today})
    task = plot.task(contract, "council_resolution")
    record = partial(acts.record_stages, cast.greffe, task.pk)
    for _turn in again(TIMES):
        ended = at_once(
            partial(record, stages={"published_on": today}),
            partial(record, stages={"received_on": today}),
        )
        assert ended == ["done", "done"]
        assert CouncilResolution.objects.get().enforceable_on == today
        assert JournalEntry.objects.filter(verb="resolution_adopted").count() == 1
        assert plot.entitled(plot.task(contract, "sign")) == cast.maire
        assert journal.first_break() is None


def test_one_stage_and_one_vote_are_recorded_once(cast: Cast) -> None:
    contract, today = plot.at_signing(cast), timezone.localdate()
    task = plot.task(contract, "council_resolution")
    vote = partial(
        acts.record_resolution, cast.greffe, task.pk, facts=plot.resolution(**dict.fromkeys(STAGES))
    )
    days = [today, today - dt.timedelta(days=1)]
    stages = [partial(acts.record_stages, cast.greffe, task.pk, stages={"published_on": day}) for day in days]
    for _turn in again(TIMES):
        assert sorted(at_once(vote, vote)) == ["AlreadyDone", "done"]
        assert sorted(at_once(*stages)) == ["Invalid", "done"]
        assert CouncilResolution.objects.get().published_on in days
        assert JournalEntry.objects.filter(verb="resolution_published").count() == 1
