"""A form sent after its session had ended, without a script: what was typed comes back to its author."""

from __future__ import annotations

import datetime as dt
import html
import re
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.filling import filled
from contracts.models import Volet
from stakeholders.models import User
from tests import plot
from tests.cast import PASSWORD, Cast, small_contract
from tests.owner import untied
from workflow.opinions.models import Opinion
from workflow.record import jobs, unsent
from workflow.record.models import UnsentForm

TEXT = "Porter à 38 agents,\ndont « 4 » la nuit & <b>le jour</b>."
FOUND = re.compile(r"Votre texte du \d+\s\w+ \d{4}, \d+\sh\s\d\d a été retrouvé")


def entered(desk: Client, person: User, there: str = "/") -> Any:
    """Log in by the form, as somebody without a script does."""
    given = {"login": person.email, "password": PASSWORD, "next": there}
    return desk.post(reverse("account_login"), given)


def left(desk: Client) -> None:
    """End the session, as a night does: its cookie stays, its row is gone."""
    Session.objects.all().delete()


def page_of(desk: Client, address: str) -> str:
    return desk.get(address).content.decode()


@pytest.fixture
def address(cast: Cast) -> str:
    contract = plot.opened(small_contract(cast))
    return reverse("volet_edit", args=[contract.pk, contract.volets.order_by("order")[0].pk])


@pytest.fixture
def desk(cast: Cast) -> Client:
    """A desk in which the commune's pilot has logged in."""
    client = Client()
    entered(client, cast.pilote_ville)
    page_of(client, "/")
    return client


def fields_of(desk: Client, address: str) -> dict[str, str]:
    """Return what the form of the page would send, rewritten."""
    page = BeautifulSoup(page_of(desk, address), "html.parser")
    form = page.select_one("form:has(textarea[name=text])")
    assert form is not None
    hidden = {str(field["name"]): str(field.get("value", "")) for field in form.select("input[type=hidden]")}
    hidden |= {
        str(chosen["name"]): str(chosen.select("option")[0]["value"]) for chosen in form.select("select")
    }
    return {**hidden, "title": "Un volet réécrit", "text": TEXT}


def sent_too_late(desk: Client, address: str) -> Any:
    given = fields_of(desk, address)
    left(desk)
    return desk.post(address, given)


def test_what_was_typed_comes_back_to_its_author_and_nothing_is_done(
    cast: Cast, desk: Client, address: str
) -> None:
    answer = sent_too_late(desk, address)
    assert answer.url == f"{reverse('account_login')}?next={address}"
    assert "connectez-vous, le formulaire vous sera rendu" in page_of(desk, answer.url)
    assert "38 agents" not in UnsentForm.objects.get().sealed
    assert entered(desk, cast.pilote_ville, address).url == address
    page = page_of(desk, address)
    assert FOUND.search(page)
    assert html.escape(TEXT).replace("&#x27;", "'") in page
    assert 'value="Un volet réécrit"' in page
    assert not Volet.objects.filter(title="Un volet réécrit").exists()
    assert FOUND.search(page_of(desk, address)), "a page opened twice gives it back twice"
    assert desk.post(address, fields_of(desk, address)).status_code == 302
    assert Volet.objects.filter(text=TEXT).exists()
    assert not UnsentForm.objects.exists()
    assert not FOUND.search(page_of(desk, address))


def test_nobody_else_at_the_same_machine_reads_it(cast: Cast, desk: Client, address: str) -> None:
    sent_too_late(desk, address)
    entered(desk, cast.pilote_prefecture)  # who may open the same form
    assert "38 agents" not in page_of(desk, address)
    number = UnsentForm.objects.get().pk
    desk.post(reverse("unsent_forget", args=[number]))
    desk.post(reverse("account_logout"))
    assert UnsentForm.objects.filter(pk=number).exists()
    entered(desk, cast.pilote_ville)
    assert "38 agents" in page_of(desk, address)


def test_the_author_s_other_machine_and_a_copy_of_the_cookie_under_another_name_read_nothing(
    cast: Cast, desk: Client, address: str
) -> None:
    sent_too_late(desk, address)
    elsewhere = Client()
    entered(elsewhere, cast.pilote_ville)
    assert "38 agents" not in page_of(elsewhere, address)
    thief = Client()
    thief.cookies[settings.UNSENT_COOKIE_NAME] = desk.cookies[settings.UNSENT_COOKIE_NAME].value
    entered(thief, cast.pilote_prefecture)
    assert "38 agents" not in page_of(thief, address)
    forged = Client()
    forged.cookies[settings.UNSENT_COOKIE_NAME] = "a:b:c"
    entered(forged, cast.pilote_ville)
    assert "38 agents" not in page_of(forged, address)


def test_it_is_erased_by_a_word_by_leaving_and_by_a_day(cast: Cast, desk: Client, address: str) -> None:
    sent_too_late(desk, address)
    entered(desk, cast.pilote_ville)
    number = UnsentForm.objects.get().pk
    assert desk.post(reverse("unsent_forget", args=[number])).headers["Location"] == address
    assert not UnsentForm.objects.exists()
    assert "38 agents" not in page_of(desk, address)
    sent_too_late(desk, address)
    entered(desk, cast.pilote_ville)
    desk.post(reverse("account_logout"))
    assert not UnsentForm.objects.exists()
    entered(desk, cast.pilote_ville)
    sent_too_late(desk, address)
    long_ago = timezone.now() - dt.timedelta(days=1)
    with untied(), connection.cursor() as cursor:
        cursor.execute("UPDATE workflow_unsentform SET at = %s", [long_ago])
    entered(desk, cast.pilote_ville)
    assert "38 agents" not in page_of(desk, address)
    jobs.forget_unsent_forms(0)
    assert not UnsentForm.objects.exists()


def test_an_opinion_comes_back_with_its_choice_and_is_not_given(cast: Cast) -> None:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    address = reverse("task", args=[contract.pk, task.pk])
    desk = Client()
    entered(desk, cast.bailleur_oh)
    page_of(desk, address)
    left(desk)
    desk.post(address, {"value": "favourable_with_reservations", "reason": TEXT, "version_sha256": "0" * 64})
    entered(desk, cast.bailleur_oh)
    page = page_of(desk, address)
    assert FOUND.search(page)
    chosen = re.findall(r'<input [^>]*name="value"[^>]* checked[^>]*>', page)
    assert len(chosen) == 1
    assert 'value="favourable_with_reservations"' in chosen[0]
    assert f'value="{plot.version(contract).content_sha256}"' in page, "what is hidden is the page's own"
    assert not Opinion.objects.exists()


def test_where_the_form_is_no_more_the_words_are_shown_to_be_copied(
    cast: Cast, desk: Client, address: str
) -> None:
    sent_too_late(desk, address)
    Volet.objects.filter(title__gt="").update(title="Ailleurs")
    row = UnsentForm.objects.get()
    UnsentForm.objects.all().delete()
    UnsentForm.objects.create(
        owner=row.owner, path="/contrats/999/", page="/contrats/999/", sealed=row.sealed
    )
    entered(desk, cast.pilote_ville)
    page = page_of(desk, "/contrats/999/")  # 404
    assert "Son formulaire n’est plus ouvert" in page
    assert html.escape(TEXT) in page


def test_no_secret_nor_button_alone_is_kept_and_there_is_a_limit(
    cast: Cast, desk: Client, address: str
) -> None:
    given = {**fields_of(desk, address), "password": "phrase secrète", "code": "123456"}
    left(desk)
    for place in range(unsent.EACH + 2):
        desk.post(f"{address}?de={place}", given)
    assert UnsentForm.objects.count() == 1, "one a form"
    author = unsent.author_in(desk.cookies[settings.UNSENT_COOKIE_NAME].value)
    assert author is not None
    found = unsent.opened(author, UnsentForm.objects.get().pk)
    assert found is not None
    assert found[1].keys() == given.keys() - {"password", "code", "csrfmiddlewaretoken"}
    for place in range(unsent.EACH + 2):
        unsent.keep(author, path=f"/{place}/", page="/", fields={"text": ["un texte"]})
    assert UnsentForm.objects.count() == unsent.EACH
    assert not unsent.keep(author, path="/", page="/", fields={"text": ["a" * unsent.LONGEST]})
    UnsentForm.objects.all().delete()
    desk.post(address, {"seen": given["seen"]})
    assert not UnsentForm.objects.exists()
    Client().post(address, given)  # whoever never logged in there leaves nothing
    assert not UnsentForm.objects.exists()


def test_a_form_is_filled_as_a_browser_would() -> None:
    page = (
        '<form method="post" action="/a/"><input type="hidden" name="csrfmiddlewaretoken" value="x">'
        '<input name="nom" value="&quot;avant&quot;" data-x="value=\'y\'"><textarea name="t">\nvieux'
        "</textarea>"
        "<input type=checkbox name=c value=1 checked><input type=checkbox name=c value=2>"
        '<select name="s"><option value="1" selected>un<option value="2">deux</select>'
        '<input type="hidden" name="seen" value="ancien"><input type="hidden" name="n" value="à nous">'
        '<input type="password" name="password" value=""></form>'
    )
    fields = {"nom": ['<b>"'], "t": ["\n<script>"], "c": ["2"], "s": ["2"], "seen": ["vu"]}
    shown = filled(f"é\u2028\r\n{page}", "/b/", "/a/", fields, "!")
    assert shown is not None
    assert shown.startswith("é\u2028\r\n!<form")
    assert 'name="nom" data-x="value=&#x27;y&#x27;" value="&lt;b&gt;&quot;"' in shown
    assert '<textarea name="t">\n\n&lt;script&gt;</textarea>' in shown
    assert (
        '<input type="checkbox" name="c" value="1"><input type="checkbox" name="c" value="2" checked>'
        in shown
    )
    assert '<option value="1">un<option value="2" selected>deux' in shown
    assert 'name="seen" value="vu"' in shown
    assert 'value="à nous"' in shown
    assert filled(page, "/b/", "/autre/", fields, "!") is None
    assert filled(page, "/b/", "/a/", {"inconnu": ["x"]}, "!") is None


def test_a_form_of_an_older_log_in_shows_what_it_held_to_the_page_that_sent_it(
    cast: Cast, address: str
) -> None:
    """Logged in again in another tab, the first tab's form is refused: its text is not lost with it."""
    desk = Client(enforce_csrf_checks=True)
    desk.force_login(cast.pilote_ville, backend=settings.AUTHENTICATION_BACKENDS[0])
    page_of(desk, address)
    given = {"text": TEXT, "csrfmiddlewaretoken": "a" * 32}
    told = desk.post(address, given, headers={"Origin": settings.PUBLIC_URL, "Host": "127.0.0.1:8000"})
    assert told.status_code == 403
    assert html.escape(TEXT) in told.content.decode()
    other = desk.post(address, given, headers={"Origin": "https://ailleurs.example"})
    assert "38 agents" not in other.content.decode()
