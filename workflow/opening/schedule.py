"""Whether the target holds: each step in working days, one after the other. Pure: asks nothing.

A council sits at least five clear days after it is convened (CGCT, art. L. 2121-12; three below 3,500
inhabitants, art. L. 2121-11): the text has to be final before. Those who wait for no council sign meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from stakeholders.terms import Calendar

CLEAR_DAYS = 5
DIAGNOSTIC = ("contribute", "synthesise", "accept_synthesis")
BEFORE_COUNCIL = ("draft", "freeze", "review", "approve")


@dataclass(frozen=True)
class Turn:
    """Somebody's turn to sign; ``council`` is the key of the organisation whose council they wait for."""

    capacity: str
    council: int | None = None


@dataclass(frozen=True)
class Stage:
    """A step of the calendar, from the day after which it runs to its last day.

    ``step`` is its purpose; ``who`` a signatory's capacity or a council's organisation, or nothing.
    """

    step: str
    starts_on: dt.date
    ends_on: dt.date
    who: str = ""


@dataclass(frozen=True)
class Schedule:
    """The steps, the day on which all have signed, and the councils that sit too early for the text."""

    stages: tuple[Stage, ...]
    final_on: dt.date
    ends_on: dt.date
    too_early: tuple[int, ...]

    def holds(self, target: dt.date | None) -> bool | None:
        """Whether all have signed by the target; None where there is none."""
        return None if target is None else self.ends_on <= target


def schedule(
    *,
    start: dt.date,
    days: Mapping[str, int],
    turns: Sequence[Turn],
    councils: Mapping[int, tuple[str, dt.date | None]],
    calendar: Calendar,
    with_diagnostic: bool = False,
) -> Schedule:
    """Lay the steps out from ``start``; ``days`` are working days by step.

    ``councils`` gives, by key, the name of each and the day of its session when it is known.
    """
    stages, day = [], start
    for step in (*(DIAGNOSTIC if with_diagnostic else ()), *BEFORE_COUNCIL):
        stages.append(Stage(step, day, calendar.after(day, days[step])))
        day = stages[-1].ends_on
    final_on, first_session = day, day + dt.timedelta(days=CLEAR_DAYS + 1)
    ready: dict[int, dt.date] = {}
    for key, (name, session) in councils.items():
        by = (
            session
            if session and session >= final_on
            else calendar.after(final_on, days["council_resolution"])
        )
        ready[key] = by
        stages.append(Stage("council_resolution", final_on, by, name))
    for turn in turns:
        opens = max(day, ready.get(turn.council, day)) if turn.council is not None else day
        stages.append(Stage("sign", opens, calendar.after(opens, days["sign"]), turn.capacity))
        day = stages[-1].ends_on
    early = tuple(key for key, (_name, session) in councils.items() if session and session < first_session)
    return Schedule(tuple(stages), final_on, max([day, *ready.values()]), early)
