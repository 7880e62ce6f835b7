"""The page that takes a version back takes back the version that it showed, and no newer one."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from contracts.models import Status
from tests import plot
from tests.cast import Cast
from workflow.procedures import recall

HIDDEN = r'<input type="hidden" name="(?!csrf)([^"]+)" value="([^"]*)"'


def test_a_page_opened_on_a_version_does_not_take_the_next_one_back(cast: Cast, client: Client) -> None:
    contract = plot.at_review(cast)
    client.force_login(cast.pilote_prefecture)
    address = reverse("version_recall", args=[contract.pk])
    page = client.get(address)
    assert page.status_code == 200
    sent = dict(re.findall(HIDDEN, page.content.decode()))
    recall.recall_version(cast.pilote_ville, contract.pk, reason="Une coquille.")
    plot.draft_and_freeze(contract)
    assert plot.version(contract).number == 2
    answer = client.post(address, {**sent, "reason": "La coquille de la page 3."})
    contract.refresh_from_db()
    assert not plot.version(contract).recalls.exists(), answer.status_code
    assert contract.status == Status.IN_REVIEW
