"""The five clear days before a session, day by day: over a long weekend, a change of hour, a year's end."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from stakeholders.terms import FRANCE, Calendar
from stakeholders.wording import weekday
from tests import plot
from tests.cast import Cast
from tests.workflow.sockets import logged_in
from workflow.council.convocation import convocation
from workflow.engine.tasks import Task, organisation_of
from workflow.opening.schedule import CLEAR_DAYS

TODAY = dt.date(2026, 11, 27)


@pytest.mark.parametrize(
    ("session", "five", "three"),
    [
        ("2026-12-14", "2026-12-08", "2026-12-10"),
        ("2027-05-10", "2027-05-04", "2027-05-06"),  # Ascension and its weekend are in it: they count
        ("2027-05-03", "2027-04-27", "2027-04-29"),  # 1 May, a Saturday
        ("2027-03-30", "2027-03-24", "2027-03-26"),  # Easter Monday, and the night of the change of hour
        ("2026-10-26", "2026-10-20", "2026-10-22"),
        ("2027-01-04", "2026-12-29", "2026-12-31"),
        ("2028-03-03", "2028-02-26", "2028-02-28"),  # 29 February
    ],
)
def test_the_last_day_on_which_a_council_is_convened(session: str, five: str, three: str) -> None:
    day = dt.date.fromisoformat(session)
    found = convocation(day, FRANCE, TODAY)
    assert (f"{found.send_by}", f"{found.send_by_where_fewer}") == (five, three)
    assert len(found.days) == CLEAR_DAYS == (day - found.send_by).days - 1


def test_each_day_says_whether_it_is_a_holiday() -> None:
    found = convocation(dt.date(2027, 5, 10), FRANCE, TODAY)
    said = [day.replace("\u00a0", " ") for day in found.days]
    assert said == [
        "mercredi 5 mai 2027 : jour franc n° 1",
        "jeudi 6 mai 2027 : jour franc n° 2 (férié, il compte)",
        "vendredi 7 mai 2027 : jour franc n° 3",
        "samedi 8 mai 2027 : jour franc n° 4 (férié, il compte)",
        "dimanche 9 mai 2027 : jour franc n° 5 (il compte)",
    ]
    good_friday = convocation(dt.date(2027, 3, 31), Calendar("57", True), TODAY).days[0]
    assert "férié" in good_friday and convocation(dt.date(2027, 3, 31), FRANCE, TODAY).send_by.day == 25


def expect_session(contract: Contract, waiting: Task, day: dt.date) -> None:
    said = {str(organisation_of(waiting)): day.isoformat()}
    Contract.objects.filter(pk=contract.pk).update(council_dates=said)


def test_the_clerk_reads_the_law_s_terms_apart_from_the_chosen_one(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "council_resolution")
    client, address = logged_in(cast.greffe), reverse("task", args=[contract.pk, waiting.pk])
    without = client.get(address).content.decode()
    assert "Fixés par la loi" not in without and "Choisis par les pilotes" in without
    session = timezone.localdate() + dt.timedelta(days=12)
    Contract.objects.filter(pk=contract.pk).update(
        council_dates={waiting.owner_permission_obj_pk: f"{session}"}
    )
    shown = client.get(address).content.decode()
    assert shown.index("Fixés par la loi") < shown.index("Choisis par les pilotes")
    assert f"<b>{weekday(session - dt.timedelta(days=6))}</b>" in shown
    assert "Ce jour est passé" not in shown
    near = timezone.localdate() + dt.timedelta(days=3)
    expect_session(contract, waiting, near)
    assert "Ce jour est passé" in client.get(address).content.decode()
