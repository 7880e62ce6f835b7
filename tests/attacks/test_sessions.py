"""Somebody who holds another's cookie, or their abandoned page, and wants it to go on opening doors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse

from stakeholders.models import User
from stakeholders.sessions import SEEN, SINCE
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast
from tests.codes import in_time
from tests.stage import run_jobs
from tests.workflow.sockets import watching
from workflow.record.models import JournalEntry

CHOSEN = "trois petits chats de gouttière"


def log_in(person: User) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(person.pk)
    return client


def is_open(client: Client) -> bool:
    return client.get(reverse("inbox")).status_code == 200


def says_again(browser: Client) -> None:
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def changes_password(browser: Client) -> None:
    facts = {"oldpassword": PASSWORD, "password1": CHOSEN, "password2": CHOSEN}
    assert browser.post(reverse("account_change_password"), facts).status_code == 302


def adds_an_application(browser: Client) -> None:
    says_again(browser)
    secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    in_time(
        secret,
        lambda code: browser.post(reverse("mfa_activate_totp"), {"code": code}),
        accepted=lambda given: given.status_code == 302,
    )


def takes_the_application_away(browser: Client) -> None:
    says_again(browser)
    assert browser.post(reverse("mfa_deactivate_totp")).status_code == 302


def renews_recovery_codes(browser: Client) -> None:
    says_again(browser)
    assert browser.post(reverse("mfa_generate_recovery_codes")).status_code == 302


@pytest.mark.parametrize(
    ("change", "verb"),
    [
        (changes_password, "password_changed"),
        (adds_an_application, "factor_added"),
        (takes_the_application_away, "factor_removed"),
        (renews_recovery_codes, "recovery_codes_renewed"),
    ],
)
def test_a_thief_is_out_as_soon_as_a_credential_changes(
    cast: Cast, live_url: str, change: Callable[[Client], None], verb: str
) -> None:
    thief, mine = log_in(cast.rtac), log_in(cast.rtac)
    if verb in {"factor_removed", "recovery_codes_renewed"}:
        TOTP.activate(cast.rtac, str(generate_totp_secret()))
    with watching(live_url, thief) as theirs, watching(live_url, mine) as own:
        change(mine)
        assert theirs.close_code() == 4401
        assert [told["kind"] for told in own.hear_all()] == [], "one's own pages stay"
    assert not is_open(thief)
    assert is_open(mine)
    entry = JournalEntry.objects.get(verb=verb)
    assert (entry.actor, entry.payload["person"]) == (cast.rtac, cast.rtac.pk)


def test_a_thief_is_out_once_the_password_is_reset_from_the_mailbox(cast: Cast, live_url: str) -> None:
    thief, forgetful = log_in(cast.rtac), Client()
    forgetful.post(reverse("account_reset_password"), {"email": cast.rtac.email})
    run_jobs()
    [letter] = [str(m.body) for m in mail.outbox if m.to == [cast.rtac.email]]
    link = next(word for word in letter.split() if "/compte/" in word and "#" in word)
    page = forgetful.post(reverse("account_reset_open"), {"code": link}, follow=True)
    with watching(live_url, thief) as theirs:
        forgetful.post(page.redirect_chain[-1][0], {"password1": CHOSEN, "password2": CHOSEN})
        assert theirs.close_code() == 4401
    assert not is_open(thief)
    assert JournalEntry.objects.filter(verb="password_reset", payload__person=cast.rtac.pk).exists()


def test_a_cookie_taken_before_the_owner_said_again_who_they_are_is_dead(cast: Cast, live_url: str) -> None:
    mine, thief = log_in(cast.rtac), Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = mine.cookies[settings.SESSION_COOKIE_NAME].value
    assert is_open(thief)
    with watching(live_url, mine) as own:
        says_again(mine)
        assert not is_open(thief)
        assert is_open(mine)
        mine.post(reverse("account_logout"))
        assert own.close_code() == 4401, "a page opened under the former identifier ends with the session"


def test_logging_in_gives_another_identifier(cast: Cast) -> None:
    browser = Client()
    browser.post(reverse("account_login"), {"login": cast.rtac.email, "password": "faux"})
    session = browser.session
    session["planted"] = True
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    browser.post(reverse("account_login"), {"login": cast.rtac.email, "password": PASSWORD})
    assert browser.session.session_key != session.session_key


def let_pass(browser: Client, what: str, seconds: float) -> None:
    """Have it be so many seconds since the session was opened, or used."""
    session = browser.session
    session[what] -= seconds
    session.save()


def test_an_abandoned_session_opens_nothing_though_its_page_keeps_asking(cast: Cast) -> None:
    browser = log_in(cast.rtac)
    let_pass(browser, SEEN, settings.SESSION_IDLE - 100)
    counters = reverse("basket_counters")
    assert browser.get(counters, headers={"HX-Request": "true"}).status_code == 200
    let_pass(browser, SEEN, 200)
    assert browser.get(counters, headers={"HX-Request": "true"}).status_code == 401
    assert not is_open(browser)


def test_a_session_in_use_goes_on(cast: Cast) -> None:
    browser = log_in(cast.rtac)
    for _hour in range(3):
        let_pass(browser, SEEN, settings.SESSION_IDLE - 100)
        assert is_open(browser)


def test_no_session_lasts_beyond_twelve_hours(cast: Cast) -> None:
    browser = log_in(cast.rtac)
    let_pass(browser, SINCE, 12 * 3600 - 100)
    assert is_open(browser)
    let_pass(browser, SINCE, 200)
    assert not is_open(browser)


def test_an_administrator_s_abandoned_session_ends_sooner(cast: Cast) -> None:
    browser = with_second_factor(cast.admin)
    let_pass(browser, SEEN, settings.SESSION_IDLE_STAFF + 1)
    assert browser.get(reverse("admin:index")).status_code == 302
    assert "_auth_user_id" not in browser.session


def test_the_page_of_an_abandoned_session_hears_nothing_more(cast: Cast, live_url: str) -> None:
    browser = log_in(cast.rtac)
    let_pass(browser, SEEN, settings.SESSION_IDLE - 2)
    with watching(live_url, browser) as page:
        assert page.close_code() == 4401


def test_the_page_of_a_session_in_use_goes_on_listening(cast: Cast, live_url: str) -> None:
    browser = log_in(cast.rtac)
    let_pass(browser, SEEN, settings.SESSION_IDLE - 2)
    with watching(live_url, browser) as page:
        assert is_open(browser)  # its owner does something
        says_again(browser)  # and gets another identifier
        assert page.hear_all(wait=3) == []


PRINT = """
import json, django
django.setup()
from django.conf import settings as s
print(json.dumps({n: getattr(s, n) for n in dir(s) if n.split("_")[1:2] == ["COOKIE"]}, default=str))
"""


def cookies(tmp_path: Path, url: str) -> dict[str, Any]:
    environment = {
        **os.environ,
        "PUBLIC_URL": url,
        "STATE_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    environment |= {
        "DEMONSTRATION": "0",
        "SECRET_KEY": "x" * 60,
        "DATABASE_URL": "postgres:///x",
    }
    said = subprocess.run(
        [sys.executable, "-c", PRINT], env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return found


def test_no_neighbour_of_the_domain_plants_a_cookie(tmp_path: Path) -> None:
    found = cookies(tmp_path, "https://contrats.example")
    for kind in ("SESSION", "CSRF", "LANGUAGE"):
        assert found[f"{kind}_COOKIE_NAME"].startswith("__Host-"), kind
        assert found[f"{kind}_COOKIE_SECURE"] is True, kind
        assert found[f"{kind}_COOKIE_PATH"] == "/", kind
        assert found[f"{kind}_COOKIE_DOMAIN"] is None, kind


def test_a_plain_demonstration_keeps_plain_names(tmp_path: Path) -> None:
    found = cookies(tmp_path, "http://127.0.0.1:8000")
    assert found["SESSION_COOKIE_NAME"] == "contreseing"
    assert found["CSRF_COOKIE_NAME"] == "csrftoken"
