"""Whoever signs next is told, before anything is asked of them, and what it waits for."""

from __future__ import annotations

from django.urls import reverse

from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.workflow.sockets import logged_in


def told(person: User) -> list[tuple[int, str]]:
    return [(one.contract.pk, one.why) for one in logged_in(person).get(reverse("inbox")).context["soon"]]


def test_the_mayor_is_told_what_his_signature_waits_for(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    ((key, why),) = told(cast.maire)
    assert key == contract.pk
    assert "délibération" in why
    assert told(cast.prefete) == [], "hers is asked: it is in her basket"
    assert told(cast.pilote_ville) == told(cast.outsider) == []
    plot.record_resolution(contract)
    assert "pas encore votre tour" in told(cast.maire)[0][1]
    plot.sign_next(contract)
    assert told(cast.maire) == told(cast.prefete) == []
    page = logged_in(cast.maire).get(reverse("inbox"))
    assert page.context["current"] == "a-signer"
