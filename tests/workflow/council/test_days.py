"""The days of a council's resolution: in the order of the law, plausible, not older than the contract."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from contracts.forms import ContractForm
from tests import plot
from tests.cast import Cast
from tests.workflow.sockets import logged_in
from workflow.council.models import CouncilResolution
from workflow.council.rules import why_not_days
from workflow.record.refusals import Invalid

TODAY = dt.date(2026, 11, 20)
GOOD = {
    "session_on": dt.date(2026, 11, 2),
    "published_on": dt.date(2026, 11, 4),
    "transmitted_on": dt.date(2026, 11, 4),
    "received_on": dt.date(2026, 11, 5),
}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({}, "", ""),
        ({"received_on": TODAY}, "", ""),
        ({"received_on": dt.date(26, 11, 5)}, "received_on", "L’année 26 n’est pas plausible"),
        ({"received_on": TODAY + dt.timedelta(days=1)}, "received_on", "futur"),
        ({"session_on": dt.date(2026, 11, 5)}, "published_on", "séance"),
        ({"published_on": dt.date(2026, 11, 1)}, "published_on", "séance"),
        ({"transmitted_on": dt.date(2026, 11, 1)}, "transmitted_on", "séance"),
        ({"received_on": dt.date(2026, 11, 3)}, "received_on", "transmission"),
        ({"session_on": dt.date(2015, 11, 3)}, "session_on", "trop ancien"),
    ],
)
def test_each_day_in_its_place(changes: dict[str, dt.date], field: str, words: str) -> None:
    refusal = why_not_days({**GOOD, **changes}, opened_in=2026, today=TODAY)
    assert (refusal[0] if refusal else "") == field
    assert words in (refusal[1] if refusal else "")


def test_a_resolution_of_the_year_26_does_not_open_the_mayor_s_signature(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    with pytest.raises(Invalid, match="L’année 26 n’est pas plausible"):
        plot.record_resolution(contract, **dict.fromkeys(GOOD, dt.date(26, 4, 1)))
    task = plot.task(contract, "council_resolution")
    today = timezone.localdate().isoformat()
    typed: dict[str, Any] = {"outcome": "adopted", "number": "1", "votes_for": "9", "votes_against": "0"}
    typed |= {"abstentions": "0", "not_voting": "0", "session_on": "0026-04-01", "published_on": today}
    typed |= {"transmitted_on": today, "received_on": today}
    address = reverse("task", args=[contract.pk, task.pk])
    answer = logged_in(cast.greffe).post(address, typed)
    assert answer.status_code == 422
    assert "L’année 26 n’est pas plausible" in answer.content.decode()
    assert 'value="0026-04-01"' in answer.content.decode(), "what was typed stays"
    late = logged_in(cast.greffe).post(address, {**typed, "session_on": today, "received_on": "2026-01-02"})
    assert late.status_code == 422
    assert "received_on" in late.context["form"].errors
    assert not CouncilResolution.objects.exists()


def test_a_contract_has_no_day_older_than_it_can_cite(cast: Cast) -> None:
    contract = plot.at_review(cast)
    seen = ContractForm(instance=contract).initial["seen"]
    typed = {"seen": seen, "document_date": "2010-01-02", "period_start": "0026-01-01"}
    form = ContractForm(typed, instance=contract)
    assert "trop ancien" in str(form.errors["document_date"])
    assert "26 n’est pas plausible" in str(form.errors["period_start"]).replace("&#x27;", "’")
