"""When whoever is awaited is reminded: pure, by the kind of contract, its own choice, its territory's days.

A reminder that would fall on a day when offices are closed comes on the last working day before, so long as
there is time to answer; what follows the term comes on the next one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.kinds import kind
from contracts.models import Contract
from stakeholders.terms import Calendar
from workflow.reminders.models import HIGHER, Step

TO_WHOM_IS_AWAITED = (Step.BEFORE, Step.AFTER)


@dataclass(frozen=True)
class Plan:
    """The days of a contract's reminders, as :class:`contracts.kinds.reading.Reminders` has them."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    working: bool
    substitute: int
    head: int
    pilots: int


@dataclass(frozen=True)
class Timer:
    """One timer of a term: what it does, how many days from it, on which day it strikes."""

    step: str
    days: int
    on: dt.date

    @property
    def key(self) -> tuple[str, int]:
        """What tells it from the others of its term."""
        return self.step, self.days


def plan_of(contract: Contract) -> Plan:
    """Return when the contract's people are reminded: as its pilots chose, or as its kind says."""
    said, own = kind(contract.kind).reminders, contract.reminders
    return Plan(
        before=tuple(own.get("before", said.before)),
        after=tuple(own.get("after", said.after)),
        working=said.counted == "working",
        substitute=said.substitute,
        head=said.head,
        pilots=said.pilots,
    )


def timers(term: dt.date, plan: Plan, calendar: Calendar) -> list[Timer]:
    """Return the timers of a term, in the order in which they strike."""
    before, after = (_before, _after) if plan.working else (_days_before, _days_after)
    found = [Timer(Step.BEFORE, n, before(calendar, term, n)) for n in plan.before]
    found += [Timer(Step.AFTER, n, after(calendar, term, n)) for n in plan.after]
    higher = zip(HIGHER, (plan.substitute, plan.head, plan.pilots), strict=True)
    found += [Timer(step, n, calendar.after(term, n)) for step, n in higher]
    return sorted(
        found, key=lambda timer: (timer.on, -timer.days if timer.step == Step.BEFORE else timer.days)
    )


def _before(calendar: Calendar, term: dt.date, days: int) -> dt.date:
    return calendar.before(term, days)


def _after(calendar: Calendar, term: dt.date, days: int) -> dt.date:
    return calendar.after(term, days)


def _days_before(calendar: Calendar, term: dt.date, days: int) -> dt.date:
    return calendar.last_working(term - dt.timedelta(days=days))


def _days_after(calendar: Calendar, term: dt.date, days: int) -> dt.date:
    return calendar.next_working(term + dt.timedelta(days=days))


def struck(
    found: Iterable[Timer], *, since: dt.date, today: dt.date, done: Iterable[tuple[str, int]]
) -> tuple[list[Timer], list[Timer]]:
    """Return the timers that are to be told now, and those that a later one replaces.

    Those of after ``since``, when the term was set: a task that opens late in its term was just told. After
    a stop, whoever is awaited is told of the last one alone, and so is each of those above them.
    """
    known = set(done)
    due = [timer for timer in found if since < timer.on <= today and timer.key not in known]
    awaited = [timer for timer in due if timer.step in TO_WHOM_IS_AWAITED]
    passed = awaited[:-1]
    return [timer for timer in due if timer not in passed], passed


def is_last_before(timer: Timer, plan: Plan) -> bool:
    """Whether no other reminder comes before the term: it is mailed at once, whatever somebody's rhythm."""
    return timer.step == Step.BEFORE and timer.days == min(plan.before)


def next_one(
    found: Iterable[Timer], *, since: dt.date, today: dt.date, done: Iterable[tuple[str, int]]
) -> Timer | None:
    """Return the timer that strikes next if nobody acts, or None."""
    known = set(done)
    return next((t for t in found if t.on > max(today, since) and t.key not in known), None)
