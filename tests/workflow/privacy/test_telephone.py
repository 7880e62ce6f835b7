"""Somebody's telephone: given by themselves, told to those whom they ask for an opinion, taken back."""

from __future__ import annotations

import json

from django.test import Client
from django.urls import reverse

from tests import plot
from tests.cast import Cast
from tests.workflow.sockets import logged_in

NUMBER = "02 33 00 00 00"


def test_it_is_kept_told_to_those_who_are_asked_exported_and_taken_back(cast: Cast) -> None:
    contract = plot.at_review(cast)
    asker, address = plot.version(contract).frozen_by, reverse("personal_data")
    mine = logged_in(asker)
    waiting = plot.tasks(contract, "review")[0]
    reader, page = logged_in(plot.entitled(waiting)), reverse("task", args=[contract.pk, waiting.pk])
    assert "tel:" not in reader.get(page).content.decode()
    wrong = mine.post(address, {"telephone": "poste 12"})
    assert wrong.status_code == 422 and "poste 12" in wrong.content.decode()
    assert mine.post(address, {"telephone": "0233000000"}).status_code == 302
    assert NUMBER in mine.get(address).content.decode()
    assert f'<a href="tel:0233000000">{NUMBER}</a>' in reader.get(page).content.decode()
    assert json.loads(mine.get(reverse("account_data")).content)["account"]["telephone"] == NUMBER
    assert NUMBER not in logged_in(cast.outsider).get(address).content.decode()
    mine.post(address, {"telephone": ""})
    assert "tel:" not in reader.get(page).content.decode()


def test_nobody_gives_one_without_an_account(client: Client, cast: Cast) -> None:
    answer = client.post(reverse("personal_data"), {"telephone": NUMBER})
    assert answer.status_code == 302 and reverse("account_login") in answer["Location"]
    cast.pilote_ville.refresh_from_db()
    assert cast.pilote_ville.telephone == ""
