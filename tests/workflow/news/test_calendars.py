"""The private address of a calendar: what it gives, to whom, until when, and nothing else leads there."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

from contracts.models import Contract
from stakeholders.models import User
from stakeholders.sessions import ONLY
from tests import plot
from tests.attacks import logbook
from tests.cast import Cast
from tests.invited import confirmed, kept_asked
from tests.workflow.news.test_letters import give_more_time
from tests.workflow.sockets import logged_in
from workflow.engine.tasks import due_on
from workflow.news import feeds
from workflow.news.feed_views import LIMITS
from workflow.notices.models import CalendarFeed


def path(address: str) -> str:
    return urlsplit(address).path


def made(person: User, contract: Contract | None = None) -> str:
    """Make an address by the page, and return its path; it is shown once."""
    client = logged_in(person)
    said = {"contract": str(contract.pk) if contract else ""}
    assert client.post(reverse("calendars"), said)["Location"] == reverse("calendars")
    page = client.get(reverse("calendars")).content.decode()
    [address] = re.findall(r'value="(http[^"]+\.ics)"', page)
    assert ".ics" not in client.get(reverse("calendars")).content.decode(), "once"
    assert address.encode() not in str(dict(client.session)).encode()
    return path(address)


def tasks_in(answer_path: str) -> list[str]:
    """Return the tasks that a calendar shows, by their UIDs, without a session."""
    answer = Client().get(answer_path)
    assert answer.status_code == 200, answer_path
    assert not answer.cookies
    return [
        str(event["UID"]).partition("@")[0] for event in Calendar.from_ical(answer.content.decode()).events
    ]


def only_one(answer: Any) -> Any:
    """Return the only deadline of an answer."""
    [event] = Calendar.from_ical(answer.content.decode()).events
    return event


def test_a_calendar_shows_what_one_has_to_do_and_a_pilot_what_is_awaited(cast: Cast) -> None:
    contract = plot.at_review(cast)
    mine = plot.task(contract, "review", cast.organisation("org-oh"))
    assert tasks_in(made(cast.bailleur_oh)) == [f"echeance.{mine.pk}"]
    assert tasks_in(made(cast.bailleur_oh, contract)) == [f"echeance.{mine.pk}"]
    every = {f"echeance.{task.pk}" for task in plot.tasks(contract, "review")}
    assert set(tasks_in(made(cast.pilote_ville, contract))) == every
    assert tasks_in(made(cast.outsider)) == []
    refused = logged_in(cast.outsider).post(reverse("calendars"), {"contract": str(contract.pk)})
    assert refused.status_code == 422, "of a contract that they may not open"


def test_each_deadline_leads_where_its_owner_may_go_and_a_pilots_name_who_is_awaited(cast: Cast) -> None:
    contract = plot.at_review(cast)
    for person in (cast.bailleur_oh, cast.pilote_ville):
        answer = Client().get(made(person, contract))
        events = Calendar.from_ical(answer.content.decode()).events
        for event in events:
            assert str(event["URL"]) in str(event["DESCRIPTION"])
            assert logged_in(person).get(path(str(event["URL"]))).status_code == 200, event["URL"]
    summaries = {str(event["SUMMARY"]) for event in events}
    assert len(summaries) == 2, "each says of whom"
    assert any(summary.startswith("Orme Habitat\u00a0: ") for summary in summaries), summaries
    assert "votre organisation" not in answer.content.decode(), "what is said to others"


def test_it_gives_nothing_more_once_the_right_is_gone(cast: Cast) -> None:
    contract = plot.at_review(cast)
    own, one = made(cast.bailleur_oh), made(cast.bailleur_oh, contract)
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-oh")))
    assert tasks_in(own) == [], "what is done"
    pilots = made(cast.pilote_ville, contract)
    plot.withdraw(cast.bailleur_oh, by=cast.admin)
    assert tasks_in(own) == []
    assert Client().get(one).status_code == 404
    User.objects.filter(pk__in=[cast.pilote_ville.pk, cast.bailleur_oh.pk]).update(is_active=False)
    assert Client().get(pilots).status_code == Client().get(own).status_code == 404, "the account is closed"


def test_an_address_is_renewed_and_withdrawn_by_its_owner_alone(cast: Cast) -> None:
    first = made(cast.bailleur_oh)
    second = made(cast.bailleur_oh)
    assert Client().get(first).status_code == 404
    assert CalendarFeed.objects.count() == 1
    feed = CalendarFeed.objects.get()
    secret = second.partition("-")[2].removesuffix(".ics")
    assert secret not in feed.key_hash and len(feed.key_hash) == 64
    for wrong in ("x" * 43, secret[:-1], secret + "A", "", secret.swapcase()):
        assert Client().get(f"/calendriers/{feed.pk}-{wrong}.ics").status_code == 404
    for number in ("0", "9" * 30, "²", "-1"):
        assert Client().get(f"/calendriers/{number}-{secret}.ics").status_code == 404
    assert Client().post(second).status_code == 405
    withdrawal = reverse("calendar_withdraw", args=[feed.pk])
    logged_in(cast.rtac).post(withdrawal)
    assert Client().get(second).status_code == 200
    logged_in(cast.bailleur_oh).post(withdrawal)
    assert Client().get(second).status_code == 404
    again = logged_in(cast.bailleur_oh).post(withdrawal, follow=True).content.decode()
    assert "ne donnait déjà plus rien" in again, "from another tab"


def test_it_says_that_nothing_moved_and_what_did(cast: Cast) -> None:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    address = made(cast.bailleur_oh)
    answer = Client().get(address)
    assert answer["Content-Type"].startswith("text/calendar")
    same = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    assert Client().head(address).status_code == 200
    before = only_one(answer)
    give_more_time(cast, contract)
    moved = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    assert moved.status_code == 200
    event = only_one(moved)
    task.refresh_from_db()
    assert (event["UID"], event["SEQUENCE"], event["DTSTART"].dt) == (before["UID"], 1, due_on(task))


def test_no_line_of_the_log_holds_the_key(cast: Cast) -> None:
    address = path(feeds.renew(cast.bailleur_oh))
    with logbook.kept() as log:
        Client().get(address)
        Client().get(f"{address}x")
        logged_in(cast.bailleur_oh).post(reverse("calendars"), {"contract": ""})
    assert "request_finished" in log.getvalue()
    assert address.partition("-")[2][:20] not in log.getvalue()


def test_it_is_not_asked_without_end(cast: Cast) -> None:
    cache.clear()
    address = path(feeds.renew(cast.bailleur_oh))
    most = int(LIMITS["read"].partition("/")[0])
    said = [Client().get(address).status_code for _each in range(most + 1)]
    assert said == [200] * most + [429]
    cache.clear()


def test_a_session_of_one_code_makes_no_address_that_outlasts_it(cast: Cast) -> None:
    _contract, link = kept_asked(cast)
    browser = confirmed(link)
    assert ONLY in browser.session
    assert browser.get(reverse("calendars")).status_code == 404
    assert browser.post(reverse("calendars"), {"contract": ""}).status_code == 404
    assert not CalendarFeed.objects.exists()
