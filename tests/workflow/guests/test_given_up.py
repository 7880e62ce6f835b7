"""The link of a contract that was given up: worth no code, opens no account, gives no mandate."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from stakeholders.models import Mandate, User
from tests.cast import Cast
from tests.invited import LINA, a_minute_later, code_for, kept_asked, named
from workflow.guests import acts as guests_acts
from workflow.procedures import abandon
from workflow.record.refusals import Locked


def test_nobody_enters_a_contract_that_was_given_up(cast: Cast, client: Client) -> None:
    contract, link = kept_asked(cast)
    code = code_for(link)
    abandon.abandon(cast.pilote_ville, contract.pk, reason="Le maire se retire.")
    with pytest.raises(Locked):
        guests_acts.enter(link.identifier, code)
    assert not User.objects.filter(email=LINA).exists()
    assert not Mandate.objects.filter(limited_type__isnull=False).exists()
    a_minute_later(link)
    with pytest.raises(Locked):
        guests_acts.ask_code(link.identifier)
    page = client.get(reverse("guest_link", args=[link.identifier])).content.decode()
    assert "Ce contrat est abandonné" in page
    assert "Ce n’est pas moi" not in page


def test_nobody_is_named_for_a_contract_that_was_given_up(cast: Cast) -> None:
    contract, _link = kept_asked(cast)
    abandon.abandon(cast.pilote_ville, contract.pk, reason="Le maire se retire.")
    with pytest.raises(Locked, match="terminé"):
        named(cast, contract, email="paul.rey@orme-habitat.example", first_name="Paul", last_name="Rey")
