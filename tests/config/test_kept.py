"""A page that fails says what became of what was done: kept, not kept, or only read."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account import views as account_views
from bs4 import BeautifulSoup
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from config import errors
from tests import plot
from tests.cast import PASSWORD, Cast
from workflow.opinions import acts, views
from workflow.opinions.models import Opinion

NOTHING, KEPT, READ = "Rien n’a été enregistré", "Votre action est enregistrée", "est gardé"


def said(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


@pytest.fixture
def asked(cast: Cast, client: Client) -> tuple[Client, str, dict[str, str]]:
    """A landlord at the page where their opinion is asked."""
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    client.force_login(cast.bailleur_oh)
    client.raise_request_exception = False
    sha256 = plot.version(contract).content_sha256
    given = {"value": "favourable", "reason": "", "version_sha256": sha256}
    return client, reverse("task", args=[contract.pk, task.pk]), given


class Broken(Exception):
    """What no page foresees."""


def breaking(*_arguments: Any, **_options: Any) -> HttpResponse:
    raise Broken


def test_an_act_that_was_accepted_is_not_denied(
    asked: tuple[Client, str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address, given = asked
    monkeypatch.setattr(views, "done", breaking)  # the act is over, only the page fails
    answer = client.post(address, given)
    assert answer.status_code == 500
    assert Opinion.objects.count() == 1
    assert KEPT in said(answer)
    assert NOTHING not in said(answer)


def test_an_act_that_was_not_is_said_not_to_be(
    asked: tuple[Client, str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address, given = asked
    monkeypatch.setattr(acts, "give_opinion", rolled_back(acts.give_opinion))
    answer = client.post(address, {**given, "reason": "Un motif écrit pendant que le disque est plein."})
    assert answer.status_code == 500
    assert Opinion.objects.count() == 0
    assert NOTHING in said(answer)
    page = BeautifulSoup(answer.content, "html.parser")
    again = page.select_one("form[method=post]:has(input[name=reason])")
    assert again is not None, "what was typed is given back, to be sent once more"
    monkeypatch.undo()
    fields = {str(field["name"]): str(field["value"]) for field in again.select("input")}
    assert client.post(str(again["action"]), fields).status_code == 302
    assert Opinion.objects.get().reason.startswith("Un motif écrit")


def test_no_secret_is_given_back_nor_half_a_form(
    cast: Cast, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    monkeypatch.setattr(account_views.LoginView, "form_valid", breaking)
    answer = client.post(reverse("account_login"), {"login": cast.maire.email, "password": PASSWORD})
    assert answer.status_code == 500
    assert PASSWORD not in said(answer)
    assert cast.maire.email not in answer.content.decode()


@pytest.mark.parametrize(("kept", "sentence"), [("kept", KEPT), ("reading", READ), ("nothing", NOTHING)])
def test_a_busy_server_says_the_same(kept: str, sentence: str) -> None:
    answer = said(errors.busy(kept=kept))
    assert sentence in answer
    assert sum(other in answer for other in (KEPT, READ, NOTHING)) == 1


def rolled_back(act: Callable[..., Any]) -> Callable[..., Any]:
    """Return the act, failing at the end of its transaction."""

    def broken(*arguments: Any, **options: Any) -> None:
        with transaction.atomic():
            act(*arguments, **options)
            raise Broken

    return broken


def test_a_page_that_only_reads_denies_nothing(
    asked: tuple[Client, str, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, address, _given = asked

    def page(_request: HttpRequest, *_arguments: Any, **_options: Any) -> HttpResponse:
        raise Broken

    monkeypatch.setattr(views, "page", page)
    answer = client.get(address)
    assert answer.status_code == 500
    assert READ in said(answer)
    assert NOTHING not in said(answer)
