"""Days and hours in words: « 1er », four digits of a year, the hour that comes twice."""

from __future__ import annotations

import datetime as dt

import pytest
from django.template import Context, Template
from django.utils import translation

from contracts.printed.typography import date, short_date
from signatures import errors
from signatures.stamp import stamp_text
from stakeholders.wording import day, figures, hour, moment

CHANGE = dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)  # 2 h 30 in Paris, and an hour later again
HOUR = dt.timedelta(hours=1)
MOMENTS = [
    CHANGE - HOUR,
    CHANGE,
    CHANGE + HOUR,
    CHANGE + 2 * HOUR,
    dt.datetime(2027, 1, 1, 8, 5, tzinfo=dt.UTC),
    dt.datetime(2027, 3, 28, 1, 30, tzinfo=dt.UTC),
]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_the_hour_that_comes_twice_says_which_it_is() -> None:
    assert [plain(hour(CHANGE + n * HOUR)) for n in (-1, 0, 1, 2)] == [
        "1 h 30",
        "2 h 30 (heure d’été)",
        "2 h 30 (heure d’hiver)",
        "3 h 30",
    ]
    assert plain(moment(CHANGE, seconds=True)) == "25 octobre 2026, 2 h 30 min 00 s (heure d’été)"
    with translation.override("en"):
        assert hour(CHANGE) == "02:30 (summer time)"


def test_the_stamp_says_which_hour_it_is() -> None:
    said = [plain(stamp_text(["x"], CHANGE + n * HOUR, specimen=False)[-1]) for n in (0, 1, 2)]
    assert said == [
        "le 25 octobre 2026 à 2 h 30 (heure d’été de Paris)",
        "le 25 octobre 2026 à 2 h 30 (heure d’hiver de Paris)",
        "le 25 octobre 2026 à 3 h 30 (heure de Paris)",
    ]
    assert stamp_text(["x"], MOMENTS[4], specimen=False)[-1].startswith("le 1er\u00a0janvier 2027")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("at", MOMENTS)
def test_both_rooms_write_alike(at: dt.datetime, language: str) -> None:
    """``signatures`` knows nobody, so it says by itself what ``stakeholders.wording`` says."""
    with translation.override(language):
        assert errors.on_day(at) == day(at)
        assert errors.to_the_second(at) == moment(at, seconds=True)
        assert errors.at_time(at) == hour(at)


def test_a_year_has_four_digits() -> None:
    early = dt.date(26, 1, 1)
    assert plain(day(early)) == plain(date("0026-01-01")) == "1er janvier 0026"
    assert figures(early) == short_date("0026-01-01") == "01/01/0026"


def test_pages_write_days_and_hours_alike() -> None:
    page = Template("{% load wording %}{{ at|day }} {{ at|hour }} {{ at|moment }} {{ none|moment }}")
    said = plain(page.render(Context({"at": MOMENTS[4], "none": None})))
    assert said == "1er janvier 2027 9 h 05 1er janvier 2027, 9 h 05 "
