"""Two at once: one reference, one opening, one circuit."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.models import Contract, Status
from stakeholders.terms import Calendar
from tests.cast import Cast
from tests.snapshots import again
from tests.workflow.opening import road
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.engine.models import Circuit
from workflow.opening import acts, beginning
from workflow.opening.schedule import BEFORE_COUNCIL, Turn, schedule

STEPS = (*BEFORE_COUNCIL, "council_resolution", "sign")


def facts(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "csi",
        "initiative": "state",
        "title": "",
        "reference": "CSI-COURSE",
        "letter_on": None,
        "letter_text": "",
        "letter_sha256": "",
        **changes,
    }


@pytest.mark.race
def test_two_pilots_who_take_one_reference_at_once(cast: Cast) -> None:
    begin = [
        partial(beginning.begin, person, person.mandates.get().office.organisation_id, facts())
        for person in (cast.pilote_ville, cast.pilote_prefecture)
    ]
    for _turn in again(TIMES):
        assert sorted(at_once(*begin)) == ["Invalid", "done"]
        assert Contract.objects.filter(reference="CSI-COURSE").count() == 1


@pytest.mark.race
def test_two_who_open_one_contract_at_once(cast: Cast) -> None:
    contract = road.prepared(cast, road.browser(cast.pilote_ville))
    go = partial(acts.open_contract, cast.pilote_ville, contract.pk)
    for _turn in again(TIMES):
        assert sorted(at_once(go, go)) == ["AlreadyDone", "done"]
        assert Circuit.objects.filter(contract=contract).count() == 1
        assert Contract.objects.get(pk=contract.pk).status == Status.DRAFTING


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    start=st.dates(dt.date(2026, 1, 1), dt.date(2032, 1, 1)),
    days=st.fixed_dictionaries({step: st.integers(1, 60) for step in STEPS}),
    turns=st.lists(st.sampled_from([None, 1, 2]), min_size=1, max_size=6),
    session=st.none() | st.dates(dt.date(2026, 1, 1), dt.date(2033, 1, 1)),
    zone=st.sampled_from(["", "57", "6AE"]),
)
def test_a_calendar_never_goes_back_and_ends_on_a_working_day(
    start: dt.date, days: dict[str, int], turns: list[int | None], session: dt.date | None, zone: str
) -> None:
    calendar = Calendar(zone, keeps_good_friday=True)
    laid = schedule(
        start=start,
        days=days,
        turns=[Turn(str(n), council) for n, council in enumerate(turns)],
        councils={1: ("A", session), 2: ("B", None)},
        calendar=calendar,
    )
    signing = [stage for stage in laid.stages if stage.step == "sign"]
    assert len(signing) == len(turns)
    for before, after in zip(signing, signing[1:], strict=False):
        assert before.ends_on <= after.starts_on < after.ends_on
    assert all(calendar.is_working(stage.ends_on) for stage in signing)
    ready = {stage.who: stage.ends_on for stage in laid.stages if stage.step == "council_resolution"}
    for council, stage in zip(turns, signing, strict=True):
        if council is not None:
            assert stage.starts_on >= ready["A" if council == 1 else "B"]
    assert laid.ends_on == max([*ready.values(), signing[-1].ends_on])
