"""A term that runs over the night when the hour changes: days of Paris, whatever the length of that night."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from stakeholders.terms import last_day
from tests import plot
from tests.cast import Cast, small_contract
from workflow.engine.tasks import days_since, due_on
from workflow.inbox.baskets import Baskets

PARIS = ZoneInfo("Europe/Paris")
DAY, MINUTE = dt.timedelta(days=1), dt.timedelta(minutes=1)
# asked shortly before the nights of 23 and of 25 hours, and in them; 2:30 comes twice in October
ASKED = ["2027-03-27T23:30", "2027-03-28T01:59", "2027-03-28T03:00", "2027-10-30T23:30", "2027-10-31T02:30"]


@contextmanager
def at(moment: dt.datetime) -> Iterator[None]:
    """Have our clock be at this moment."""
    with mock.patch.object(timezone, "now", lambda: moment.astimezone(dt.UTC)):
        yield


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("asked", ASKED)
def test_a_term_is_over_at_midnight_in_paris(players: Cast, asked: str, fold: int) -> None:
    began = dt.datetime.fromisoformat(asked).replace(tzinfo=PARIS, fold=fold)
    with at(began):
        contract = plot.opened(small_contract(players))
    task = plot.tasks(contract, "draft")[0]
    person, due = plot.entitled(task), due_on(task)
    assert due == last_day(dt.date.fromisoformat(asked[:10]), task.flow_task.days)
    midnight = dt.datetime.combine(due + DAY, dt.time(), PARIS)
    with at(midnight.astimezone(dt.UTC) - MINUTE):
        assert days_since(began) == (due - began.date()).days
        assert Baskets(person)["en-retard"].count == 0
    with at(midnight):
        assert Baskets(person)["en-retard"].count == 1
