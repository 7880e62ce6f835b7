"""On which days a term reminds, with weekends, holidays, Moselle and the nights of the change of hour."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

import pytest

from contracts.kinds import kind, kinds
from contracts.kinds.reading import NEVER_SILENT
from stakeholders.terms import FRANCE, Calendar, clear_days
from workflow.reminders.models import Step
from workflow.reminders.timers import Plan, next_one, struck, timers

PLAN = Plan(before=(7, 2), after=(1,), working=True, substitute=2, head=3, pilots=5)
CALENDAR_DAYS = Plan(before=(7, 2), after=(1,), working=False, substitute=2, head=3, pilots=5)
MOSELLE = Calendar("57")


def days(term: str, plan: Plan = PLAN, calendar: Calendar = FRANCE) -> list[str]:
    return [f"{timer.on:%m-%d}" for timer in timers(dt.date.fromisoformat(term), plan, calendar)]


@pytest.mark.parametrize(
    ("term", "plan", "calendar", "expected"),
    [
        # D-7, D-2, then D+1, D+2 (who replaces), D+3 (the head), D+5 (the pilots), in working days
        ("2026-12-17", PLAN, FRANCE, ["12-08", "12-15", "12-18", "12-21", "12-22", "12-24"]),
        # over Christmas, and 26 December too in Moselle
        ("2027-12-24", PLAN, FRANCE, ["12-15", "12-22", "12-27", "12-28", "12-29", "12-31"]),
        ("2022-12-23", PLAN, FRANCE, ["12-14", "12-21", "12-26", "12-27", "12-28", "12-30"]),
        ("2022-12-23", PLAN, MOSELLE, ["12-14", "12-21", "12-27", "12-28", "12-29", "01-02"]),
        # 1 May and Easter Monday; Good Friday where it is kept
        ("2026-05-04", PLAN, FRANCE, ["04-22", "04-29", "05-05", "05-06", "05-07", "05-12"]),
        ("2027-03-30", PLAN, FRANCE, ["03-18", "03-25", "03-31", "04-01", "04-02", "04-06"]),
        ("2027-03-30", PLAN, Calendar("57", True), ["03-17", "03-24", "03-31", "04-01", "04-02", "04-06"]),
        # the nights of the change of hour are days like the others
        ("2026-10-26", PLAN, FRANCE, ["10-15", "10-22", "10-27", "10-28", "10-29", "11-02"]),
        ("2027-03-26", PLAN, FRANCE, ["03-17", "03-24", "03-30", "03-31", "04-01", "04-05"]),
        # days of the calendar: back from a Sunday, on from a Saturday
        ("2026-12-15", CALENDAR_DAYS, FRANCE, ["12-08", "12-11", "12-16", "12-17", "12-18", "12-22"]),
        ("2026-12-18", CALENDAR_DAYS, FRANCE, ["12-11", "12-16", "12-21", "12-22", "12-23", "12-28"]),
    ],
)
def test_the_days_of_a_term(term: str, plan: Plan, calendar: Calendar, expected: list[str]) -> None:
    assert days(term, plan, calendar) == expected


@pytest.mark.parametrize("calendar", [FRANCE, MOSELLE, Calendar("6AE", True)])
@pytest.mark.parametrize("plan", [PLAN, CALENDAR_DAYS])
def test_no_reminder_ever_leaves_when_offices_are_closed(plan: Plan, calendar: Calendar) -> None:
    day = dt.date(2026, 1, 1)
    for _each in range(800):
        day = calendar.next_working(day + dt.timedelta(days=1))
        found = timers(day, plan, calendar)
        assert all(calendar.is_working(timer.on) for timer in found)
        assert all((timer.on < day) == (timer.step == Step.BEFORE) for timer in found)
        assert all(first.on <= then.on for first, then in pairwise(found))


TERM = dt.date(2026, 12, 17)
OPENED = dt.date(2026, 11, 26)


@pytest.mark.parametrize(
    ("today", "told", "passed"),
    [
        ("2026-12-07", [], []),
        ("2026-12-08", ["before 7"], []),
        ("2026-12-15", ["before 2"], ["before 7"]),  # of two that were missed, one
        ("2026-12-18", ["after 1"], ["before 7", "before 2"]),
        ("2026-12-21", ["after 1", "substitute 2"], ["before 7", "before 2"]),
        # each person, one
        ("2027-12-18", ["after 1", "substitute 2", "head 3", "pilots 5"], ["before 7", "before 2"]),
    ],
)
def test_a_stop_is_made_up_for_by_one_reminder(today: str, told: list[str], passed: list[str]) -> None:
    found = timers(TERM, PLAN, FRANCE)
    now = dt.date.fromisoformat(today)
    sent, replaced = struck(found, since=OPENED, today=now, done=[])
    assert [f"{t.step} {t.days}" for t in sent] == told
    assert [f"{t.step} {t.days}" for t in replaced] == passed
    again = struck(found, since=OPENED, today=now, done=[t.key for t in (*sent, *replaced)])
    assert again == ([], [])


def test_a_task_that_opens_late_in_its_term_is_not_reminded_of_what_it_was_just_told() -> None:
    found = timers(TERM, PLAN, FRANCE)
    assert struck(found, since=dt.date(2026, 12, 15), today=dt.date(2026, 12, 16), done=[]) == ([], [])
    coming = next_one(found, since=dt.date(2026, 12, 15), today=dt.date(2026, 12, 16), done=[])
    assert coming is not None and coming.on == dt.date(2026, 12, 18)


def test_five_clear_days_over_a_long_weekend() -> None:
    """Ascension in the middle: Thursday, Saturday and Sunday count, the two ends do not."""
    session = dt.date(2027, 5, 10)
    found = clear_days(session, 5)
    assert [f"{day:%a %d}" for day in found] == ["Wed 05", "Thu 06", "Fri 07", "Sat 08", "Sun 09"]
    assert clear_days(session, 3)[0] == dt.date(2027, 5, 7)


def test_no_kind_of_contract_reads_a_silence_where_none_may_be_read() -> None:
    assert {"national_police", "gendarmerie", "prosecution", "municipality", "prefecture"} <= NEVER_SILENT
    for one in kinds().values():
        assert not NEVER_SILENT & set(one.silent)
    assert "social_landlord" in kind("csi").silent
