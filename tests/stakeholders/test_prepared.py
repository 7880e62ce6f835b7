"""A query that is written once answers as one that is written anew, whoever asks and of whatever values."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stakeholders.models import Mandate, User
from stakeholders.permissions import held_on, with_rights
from stakeholders.prepared import Prepared
from tests.cast import Cast
from workflow.standing.standings import Standings, standings_of_many

TODAY = timezone.localdate


def rights(mandate: Mandate) -> list[str]:
    return sorted(getattr(mandate, "own_rights"))  # noqa: B009 (an annotation)


def test_it_answers_as_a_query_written_anew(cast: Cast) -> None:
    for person in User.objects.order_by("pk"):
        mine = Standings(person)
        written = held_on(person, TODAY())
        assert [(m.pk, rights(m)) for m in mine.mandates] == [(m.pk, rights(m)) for m in written]
        with CaptureQueriesContext(connection) as asked:
            assert [m.person for m in mine.mandates] == [person] * len(mine.mandates)
            assert all(m.office.organisation.group_id for m in mine.mandates)
        assert len(asked) == 0
    many = standings_of_many(User.objects.order_by("pk"))
    assert {pk: [m.pk for m in mine.mandates] for pk, mine in many.items()} == {
        person.pk: [m.pk for m in Standings(person).mandates] for person in User.objects.all()
    }


def test_the_day_and_a_closed_account_count(cast: Cast) -> None:
    before = min(m.starts_on for m in cast.prefete.mandates.all()) - dt.timedelta(days=1)
    assert Standings(cast.prefete, before).mandates == []
    assert Standings(cast.prefete).mandates
    cast.prefete.is_active = False
    assert Standings(cast.prefete).mandates == []


def test_each_thread_asks_by_its_own_connection(cast: Cast) -> None:
    held = Prepared(lambda person: with_rights(Mandate.objects.filter(person=person)), 2_147_480_001)
    here = [m.pk for m in held.rows(cast.prefete.pk)]

    def elsewhere(_turn: int) -> list[int]:
        try:
            return [m.pk for m in held.rows(cast.prefete.pk)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(elsewhere, range(8))) == [here] * 8


def test_a_query_that_takes_no_marker_is_no_query_of_these_values() -> None:
    with pytest.raises(ValueError, match="takes no"):
        Prepared(lambda _person: User.objects.all(), 2_147_480_001).rows(1)
