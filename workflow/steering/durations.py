"""How long each step takes: medians and quartiles in working days, of the steps that ended.

A step that comes again (a new round) counts what all its rounds took together; what its tasks did at the same
time counts once. A step that is under way is not counted: its time is not known yet.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import quantiles

from django.utils import timezone

from contracts.models import Contract
from stakeholders.terms import Calendar
from workflow.engine.tasks import CONTRACT, OF_PEOPLE, OF_THE_SYSTEM, is_done, is_working, tasks
from workflow.engine.timeline import Phase
from workflow.steering.worked import worked_days

MEASURED_AT_MOST = 300  # contracts, the newest: the page costs the same however many there are

Span = tuple[dt.date, dt.date]


@dataclass(frozen=True)
class Duration:
    """The times of one step, in working days: how many contracts, least, quartiles, most."""

    title: str
    count: int
    least: float
    lower: float
    median: float
    upper: float
    most: float


def durations(contracts: Iterable[Contract]) -> list[Duration]:
    """Return how long each step took in these contracts, in the order of their procedures: one query."""
    calendars = {contract.pk: contract.calendar for contract in contracts}
    if not calendars:
        return []
    spans: dict[tuple[str, int], list[Span]] = {}
    running: set[tuple[str, int]] = set()
    titles: dict[str, str] = {}
    found = tasks(OF_PEOPLE | OF_THE_SYSTEM).filter(**{f"{CONTRACT}__in": list(calendars)})
    for task in found.select_related("process__circuit").defer("data", "process__data"):
        phase: Phase | None = getattr(task.flow_task, "phase", None)
        if phase is None:
            continue
        key = (phase.code, task.process.circuit.contract_id)
        if is_working(task):
            running.add(key)
        elif is_done(task) and task.finished:
            spans.setdefault(key, []).append((_day(task.created), _day(task.finished)))
        if phase.code not in titles:
            titles |= {one.code: str(one.title) for one in task.process.flow_class.phases}
    times: dict[str, list[int]] = {}
    for (code, contract), held in spans.items():
        if (code, contract) not in running:
            times.setdefault(code, []).append(_together(calendars[contract], held))
    return [_duration(title, times[code]) for code, title in titles.items() if code in times]


def _day(moment: dt.datetime) -> dt.date:
    return timezone.localtime(moment).date()


def _together(calendar: Calendar, spans: list[Span]) -> int:
    """Count the working days of several spans, those that overlap once."""
    total, until = 0, dt.date.min
    for start, end in sorted(spans):
        total += worked_days(calendar, max(start, until), end)
        until = max(until, end)
    return total


def _duration(title: str, times: list[int]) -> Duration:
    lower, median, upper = quantiles(times, n=4, method="inclusive") if len(times) > 1 else times * 3
    return Duration(title, len(times), min(times), lower, median, upper, max(times))
