"""Sessions that one can see and end, and that end with the right to act."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse

from stakeholders.actions import deactivate, withdraw_mandate
from stakeholders.models import User
from stakeholders.permissions import mandates_in_force
from stakeholders.reading import reading
from stakeholders.templatetags.browsers import browser_name
from tests.cast import PASSWORD, Cast
from tests.workflow.sockets import watching

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def logged_in(person: User) -> Client:
    """Log in by the form, as a browser does."""
    client = Client(headers={"User-Agent": BROWSER})
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(person.pk)
    return client


def is_open(client: Client) -> bool:
    """Whether the browser is still let in."""
    return client.get(reverse("inbox")).status_code == 200


def test_one_sees_ones_sessions_and_ends_the_others(cast: Cast, live_url: str) -> None:
    here, elsewhere, somebody = (logged_in(p) for p in (cast.rtac, cast.rtac, cast.bailleur_oh))
    page = here.get(reverse("usersessions_list")).content.decode()
    assert page.count("Firefox, Linux") == 2
    assert page.count("celle-ci") == 1
    with watching(live_url, elsewhere) as there, watching(live_url, here) as mine:
        here.post(reverse("usersessions_list"))
        assert there.close_code() == 4401
        assert mine.hear_all() == []
    assert is_open(here)
    assert not is_open(elsewhere)
    assert is_open(somebody)


def test_one_session_is_ended_and_the_others_stay(cast: Cast, live_url: str) -> None:
    here, lost, kept, somebody = (logged_in(p) for p in (cast.rtac, cast.rtac, cast.rtac, cast.bailleur_oh))
    page = here.get(reverse("usersessions_list")).content.decode()
    numbers = {
        row.session_key: row.pk for row in UserSession.objects.filter(user__in=[cast.rtac, cast.bailleur_oh])
    }
    mine, target, theirs = (numbers[client.session.session_key] for client in (here, lost, somebody))
    assert reverse("session_end", args=[target]) in page
    assert reverse("session_end", args=[mine]) not in page, "one leaves by logging out"
    with watching(live_url, lost) as gone, watching(live_url, kept) as stays:
        answer = here.post(reverse("session_end", args=[target]), follow=True)
        assert gone.close_code() == 4401
        assert stays.hear_all() == []
    assert "Cette session est fermée." in answer.content.decode()
    assert [is_open(client) for client in (here, lost, kept)] == [True, False, True]
    assert here.post(reverse("session_end", args=[theirs])).status_code == 404, "it is not theirs"
    assert here.get(reverse("session_end", args=[target])).status_code == 405
    assert is_open(somebody)
    assert (
        Client().post(reverse("session_end", args=[theirs])).headers["Location"].startswith("/compte/login/")
    )


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
            "Version/18.5 Mobile/15E148 Safari/604.1",
            "Mobile Safari, iOS",
        ),
        ("une machine <b>", "une machine <b>"),
        ("", "navigateur inconnu"),
    ],
)
def test_a_browser_is_named_so_that_one_recognises_it(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


def test_the_last_mandate_withdrawn_ends_the_sessions_and_their_sockets(cast: Cast, live_url: str) -> None:
    first, second, other = logged_in(cast.rtac), logged_in(cast.rtac), logged_in(cast.bailleur_oh)
    with watching(live_url, first) as inbox, watching(live_url, second) as another:
        withdraw_mandate(cast.rtac.mandates.get(), actor=cast.admin)
        assert inbox.close_code() in {4401, 4403}
        assert another.close_code() in {4401, 4403}
    assert not is_open(first)
    assert not is_open(second)
    assert is_open(other)


def test_what_a_page_read_before_the_act_keeps_no_session_open(cast: Cast) -> None:
    browser = logged_in(cast.rtac)
    with reading():
        [held] = mandates_in_force(cast.rtac)
        withdraw_mandate(held, actor=cast.admin)
    assert not is_open(browser)


def test_who_keeps_another_office_stays(cast: Cast) -> None:
    spare = cast.organisation("org-rtac").offices.create(title="Suppléance", role="contributor")
    kept = cast.rtac.mandates.get()
    spare.mandates.create(person=cast.rtac, starts_on=kept.starts_on)
    browser = logged_in(cast.rtac)
    withdraw_mandate(kept, actor=cast.admin)
    assert is_open(browser)


@pytest.mark.parametrize("staff", [False, True])
def test_a_closed_account_is_out_whatever_it_was(cast: Cast, staff: bool) -> None:
    person = cast.admin if staff else cast.rtac
    browser = logged_in(person)
    deactivate(person, actor=None)
    assert not is_open(browser)


def test_the_platform_keeps_its_sessions_without_an_office(cast: Cast) -> None:
    office = cast.organisation("org-rtac").offices.create(title="Passage", role="contributor")
    mandate = office.mandates.create(person=cast.admin, starts_on=cast.rtac.mandates.get().starts_on)
    browser = logged_in(cast.admin)
    withdraw_mandate(mandate, actor=cast.admin)
    assert is_open(browser)
