"""Attacks on the links of mails: read in an address, or turned towards somebody else's host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.core import mail
from django.test import Client, RequestFactory, override_settings
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from stakeholders.models import User
from tests.cast import PASSWORD, Cast
from tests.invited import asked
from tests.stage import run_jobs
from tests.workflow.powers.test_invitations import Invited
from tests.workflow.sockets import logged_in

FORGED = "voleur.example"
CHOSEN = "une phrase entière et bien à moi"
# Every text parameter of an address, and why it is no secret; a guest's link is worth nothing
# without the code that its page mails, and no log names it (tests/attacks/test_log_secrets.py).
NO_SECRET = {
    "basket": "a list’s name",
    "page": "a page of information, or of an opening",
    "extension": "a kind of file: docx, xlsx, csv",
    "uidb36": "an account’s number",
    "key": "the word set-password",
    "app_label": "a part of the administration",
    "object_id": "a row’s number",
    "id": "a row’s number",
    "content_type_id": "a kind of rows",
    "url": "any unknown address of the administration",
    "service_code": "a signing service, as the settings name it",
    "mark": "printed on the contract, for whoever reads it: where a file is verified",
    "letter": "a file of a demonstration's own mails",
}
# The address of a private calendar holds its key: no calendar sends anything but an address. It reads
# deadlines, acts on nothing, is withdrawn by its owner, and no log names it (test_log_secrets.py).
HIDDEN = {"identifier", "feed_key"}


def patterns(entries: list[Any], before: str = "") -> Iterator[tuple[str, URLPattern]]:
    for entry in entries:
        route = before + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, route)
        else:
            yield route, entry


def test_no_address_has_a_parameter_that_gives_access() -> None:
    """A new text parameter has to say here what it is."""
    found: dict[str, set[str]] = {}
    for route, entry in patterns(get_resolver().url_patterns):
        named = re.findall(r"<(?:(\w+):)?(\w+)>", route.replace("?P<", "<"))
        for converter, name in named:
            if converter != "int":
                found.setdefault(name, set()).add(str(entry.name))
    assert set(found) <= set(NO_SECRET) | HIDDEN, found
    assert all(name.startswith("guest_") for name in found["identifier"])
    assert found["feed_key"] == {"calendar_feed"}
    for route, _entry in patterns(get_resolver().url_patterns):
        if "<key>" in route:
            assert route.endswith("(?P<key>set-password)/$")


def test_an_address_bar_shows_no_invitation_token(cast: Cast) -> None:
    invited = Invited(cast)
    address = invited.link.split("#")[0]
    assert address == reverse("invitation")
    browser = Client()
    page = browser.get(address).content.decode()
    assert "tout ce qui suit le signe #" in page, "without script, a person copies the code"
    opened = browser.post(address, {"code": f"  https://x.example{invited.link} "})
    assert opened.headers["Location"] == "/invitations/ouverte/"
    shown = browser.get(opened.headers["Location"])
    assert "vous invite à agir" in shown.content.decode()
    for answer in (opened, shown):
        assert invited.token not in answer.content.decode()
        assert invited.token not in str(answer.headers)
        assert "no-store" in answer.headers["Cache-Control"]
    assert invited.token not in str(dict(browser.session))
    assert Client().get(f"/invitations/{invited.token}/").status_code == 404


def test_an_invitation_opened_by_one_is_not_open_to_another(cast: Cast) -> None:
    invited = Invited(cast)
    invited.open(Client())
    assert Client().get("/invitations/ouverte/").headers["Location"] == reverse("invitation")


def test_who_logs_in_to_accept_finds_the_invitation_again(cast: Cast) -> None:
    invited = Invited(cast, cast.rtac.email)
    browser = Client()
    assert "/compte/login/?next=/invitations/ouverte/" in invited.open(browser)
    said = {"login": cast.rtac.email, "password": PASSWORD, "next": "/invitations/ouverte/"}
    assert browser.post(reverse("account_login"), said).headers["Location"] == "/invitations/ouverte/"
    assert browser.post("/invitations/ouverte/").headers["Location"] == reverse("inbox")
    assert invited.office.mandates.get().person == cast.rtac


def test_an_address_bar_shows_no_reset_key(cast: Cast) -> None:
    person = cast.rtac
    Client().post(reverse("account_reset_password"), {"email": person.email})
    [link] = re.findall(r"https?://\S+", str(mail.outbox[-1].body))[:1]
    address, key = link.removeprefix(settings.PUBLIC_URL).split("#")
    browser = Client()
    assert "#" in browser.get(address).content.decode()
    taken = browser.post(address, {"code": key}, follow=True)
    places = [place for place, _status in taken.redirect_chain]
    assert places == [f"/compte/password/reset/key/{user_pk_to_url_str(person)}-set-password/"]
    answer = browser.post(places[0], {"password1": CHOSEN, "password2": CHOSEN})
    assert answer.status_code == 302
    person.refresh_from_db()
    assert person.check_password(CHOSEN)
    again = Client().post(address, {"code": key}, follow=True)
    assert "Ce lien ne sert plus" in again.content.decode()
    secret = key.split("-", 1)[1]
    assert (
        Client().get(f"/compte/password/reset/key/{user_pk_to_url_str(person)}-{secret}/").status_code == 404
    )


def test_a_mistyped_reset_code_says_what_to_do(cast: Cast) -> None:
    for code, said in (("court", "copiez-le en entier"), ("x" * 43, "ne vient pas d’un lien")):
        answer = Client().post(reverse("account_reset_open"), {"code": code})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    forged = f"{user_pk_to_url_str(cast.rtac)}-{default_token_generator.make_token(cast.maire)}"
    answer = Client().post(reverse("account_reset_open"), {"code": forged}, follow=True)
    assert "Ce lien ne sert plus" in answer.content.decode()


@override_settings(ALLOWED_HOSTS=["*"])
def test_a_forged_host_is_in_no_mail(cast: Cast) -> None:
    """Also one that is allowed: an address of the machine, another name of the proxy."""
    forged: dict[str, Any] = {
        "HTTP_HOST": FORGED,
        "HTTP_X_FORWARDED_HOST": FORGED,
        "HTTP_ORIGIN": settings.PUBLIC_URL,
    }
    person = cast.rtac
    stranger = Client(headers={"Host": FORGED, "X-Forwarded-Host": FORGED})
    stranger.post(reverse("account_reset_password"), {"email": person.email}, **forged)
    stranger.post(reverse("account_reset_password"), {"email": "personne@ailleurs.example"}, **forged)
    stranger.post(reverse("account_request_login_code"), {"email": person.email}, **forged)
    member = logged_in(person)
    member.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": CHOSEN, "password2": CHOSEN},
        **forged,
    )
    sent = [f"{message.subject}\n{message.body}" for message in mail.outbox]
    assert len(sent) == 3, sent
    assert settings.PUBLIC_URL in sent[0]
    invited = Invited(cast)
    _contract, link = asked(cast)
    stranger.post(f"/avis-demandes/{link.identifier}/envoi-du-code/", **forged)
    run_jobs()
    sent = [f"{message.subject}\n{message.body}" for message in mail.outbox]
    for secret in (invited.token, link.identifier):
        assert any(secret in text for text in sent)
    for text in sent:
        assert FORGED not in text
        assert all(found.startswith(settings.PUBLIC_URL) for found in re.findall(r"https?://\S+", text))


@override_settings(ALLOWED_HOSTS=["*"])
@pytest.mark.parametrize("path", ["/", "/contrats/", "/compte/logout/", "/administration/", "/compte/email/"])
def test_a_forged_host_redirects_nobody_elsewhere(cast: Cast, path: str) -> None:
    answer = Client().get(path, HTTP_HOST=FORGED, HTTP_X_FORWARDED_HOST=FORGED)
    assert FORGED not in answer.headers.get("Location", "")


def test_a_forged_forwarded_host_is_not_believed() -> None:
    request = RequestFactory().get("/", HTTP_X_FORWARDED_HOST=FORGED)
    assert request.get_host() == "testserver"


@pytest.mark.django_db
def test_an_unknown_host_is_refused() -> None:
    assert Client().get("/compte/login/", HTTP_HOST=FORGED).status_code == 400
    assert User.objects.count() == 0
