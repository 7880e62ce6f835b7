"""The one-time code of an empty installation: printed by the console, used once, worth nothing afterwards."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from stakeholders import first_code
from stakeholders.first_code import TRIES, FirstCode
from stakeholders.models import User
from tests.cast import Cast
from tests.workflow.procedures.test_races import at_once
from workflow.platform import first
from workflow.record.models import JournalEntry
from workflow.record.refusals import Locked

CODE, ACCOUNT = "/premiere-installation/", "/premiere-installation/compte/"
CHOSEN = "trois petits chats de gouttière"
WHO = {
    "email": "Claire.Premiere@plateforme.example",
    "civility": "Mme",
    "first_name": "Claire",
    "last_name": "Première",
    "password1": CHOSEN,
    "password2": CHOSEN,
}

pytestmark = pytest.mark.django_db


def printed(*arguments: str) -> str:
    said = io.StringIO()
    call_command("first_code", *arguments, stdout=said)
    return said.getvalue()


def draw() -> str:
    [code] = re.findall(r"(?:[0-9A-Z]{5}-){3}[0-9A-Z]{5}", printed())
    return str(code)


def typed(browser: Client, code: str) -> Any:
    return browser.post(CODE, {"code": code})


def test_the_code_makes_the_administrator_and_dies(client: Client) -> None:
    code = draw()
    assert code not in str(FirstCode.objects.values()), "it is kept hashed"
    assert client.get("/", follow=True).redirect_chain[-1][0] == CODE, "the first page asks for it"
    answer = typed(client, code.lower().replace("-", " "))
    assert answer.headers["Location"] == ACCOUNT
    answer = client.post(ACCOUNT, WHO)
    assert answer.headers["Location"] == "/compte/login/?next=%2Fplateforme%2F"
    person = User.objects.get(email="claire.premiere@plateforme.example")
    assert (person.is_superuser, person.is_staff, person.check_password(CHOSEN)) == (True, True, True)
    verbs = list(JournalEntry.objects.order_by("number").values_list("verb", "actor"))
    assert verbs == [("first_code_drawn", None), ("platform_founded", person.pk)]
    used = FirstCode.objects.get()
    assert (used.used_by, used.lives) == (person, False)
    for address in (CODE, ACCOUNT):
        for browser in (client, Client()):
            assert browser.get(address).status_code == 404, "the page is gone"
            assert browser.post(address, {"code": code, **WHO}).status_code == 404
    assert client.get("/compte/login/").status_code == 200
    client.post("/compte/login/", {"login": person.email, "password": CHOSEN})
    assert client.get("/plateforme/").headers["Location"] == reverse("mfa_index"), (
        "a second factor comes first"
    )


def test_nobody_makes_an_account_without_the_code(client: Client) -> None:
    assert client.post(ACCOUNT, WHO).headers["Location"] == CODE
    draw()
    assert client.post(ACCOUNT, WHO).headers["Location"] == CODE
    answer = typed(client, "AAAAA-AAAAA-AAAAA-AAAAA")
    assert answer.status_code == 422
    assert "Ce n’est pas le code" in answer.content.decode()
    assert client.post(ACCOUNT, WHO).headers["Location"] == CODE
    assert not User.objects.exists()


def test_tries_are_counted_and_the_tenth_ends_the_code(client: Client) -> None:
    code = draw()
    for _time in range(TRIES):
        typed(client, "faux")
    answer = typed(client, code)
    assert answer.status_code == 422
    assert "first_code" in answer.content.decode()
    assert typed(client, draw()).status_code == 302


def test_a_code_printed_again_replaces_the_one_before(client: Client) -> None:
    before = draw()
    typed(client, before)
    after = draw()
    assert client.get(ACCOUNT).headers["Location"] == CODE, (
        "whoever opened the page with the first starts again"
    )
    assert typed(client, before).status_code == 422
    assert typed(client, after).status_code == 302


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"password1": "court", "password2": "court"}, "12"),
        ({"password2": "autre chose encore"}, "diffèrent"),
        ({"password1": "claire première", "password2": "claire première"}, "mot de passe"),
        ({"email": "pas une adresse"}, "adresse"),
        ({"first_name": "www.x.example"}, "Un nom ne contient"),
    ],
)
def test_what_cannot_be_is_said_and_the_code_still_serves(
    client: Client, facts: dict[str, str], said: str
) -> None:
    typed(client, draw())
    answer = client.post(ACCOUNT, {**WHO, **facts})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert "Première" in page
    assert not User.objects.exists()
    assert client.post(ACCOUNT, WHO).status_code == 302


def test_an_installation_that_has_an_administrator_never_shows_the_page(
    players: Cast, client: Client
) -> None:
    for address in (CODE, ACCOUNT):
        assert client.get(address).status_code == 404
    with pytest.raises(CommandError, match="déjà un administrateur"):
        draw()
    assert printed("--if-awaited") == ""
    assert first_code.try_code("x") is None


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_who_have_the_code_one_administers() -> None:
    code = first_code.try_code(first.draw())
    assert code is not None

    def founds(email: str) -> Any:
        facts = {"civility": "", "first_name": "P", "last_name": "N", "password": CHOSEN}
        return lambda: first.found(code, email=email, **facts)

    ended = at_once(founds("une@x.example"), founds("autre@x.example"))
    assert sorted(ended) == ["Locked", "done"]
    assert User.objects.count() == 1
    with pytest.raises(Locked):
        first.draw()
