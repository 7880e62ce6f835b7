"""Who may sign what, when; the council's gate; refusals."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Status
from signatures.models import Confirmation, Envelope
from tests import plot
from tests.cast import PASSWORD, Cast
from tests.owner import as_owner
from tests.stage import run_jobs
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import AlreadyDone, Invalid, Locked, NotAllowed
from workflow.signing import acts as signing_acts
from workflow.signing import rules as signing_rules
from workflow.signing.models import Refusal


def test_the_prefect_signs_before_the_council_and_the_mayor_only_after(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    assert plot.entitled(plot.task(contract, "sign")) == cast.prefete
    plot.sign_next(contract)
    assert not plot.tasks(contract, "sign")
    mayor = contract.signatories.get(order=2)
    assert "délibération" in signing_rules.why_not_sign(mayor, plot.version(contract))
    plot.record_resolution(contract)
    assert plot.entitled(plot.task(contract, "sign")) == cast.maire


def test_the_council_may_come_first(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    plot.sign_next(contract)
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"transmitted_on": None}, "transmission"),
        ({"published_on": timezone.localdate() - dt.timedelta(days=30)}, "séance"),
        ({"session_on": timezone.localdate() + dt.timedelta(days=1)}, "futur"),
        ({"votes_for": 3, "votes_against": 30}, "voix"),
    ],
)
def test_a_resolution_that_cannot_be_is_refused(cast: Cast, changes: dict[str, Any], why: str) -> None:
    contract = plot.at_signing(cast)
    with pytest.raises(Invalid) as refused:
        plot.record_resolution(contract, **changes)
    assert why in refused.value.message
    assert plot.task(contract, "council_resolution")


def test_a_council_that_refuses_sends_the_contract_back(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    envelope = plot.envelope(contract)
    plot.sign_next(contract)
    with pytest.raises(Invalid):
        plot.record_resolution(contract, **plot.REJECTED)
    plot.record_resolution(contract, **plot.REJECTED, reason="Le budget n’est pas voté.")
    contract.refresh_from_db()
    envelope.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert envelope.state == Envelope.State.VOID
    assert not plot.tasks(contract, "sign")


@pytest.mark.parametrize("signed_before", [0, 1])
def test_a_refusal_is_told_to_all_and_the_contract_returns_to_drafting(
    cast: Cast, signed_before: int
) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    for _turn in range(signed_before):
        plot.sign_next(contract)
    waiting = plot.task(contract, "sign")
    user = plot.entitled(waiting)
    with pytest.raises(Invalid):
        signing_acts.refuse_signature(user, waiting.pk, reason=" ")
    old = plot.envelope(contract)
    signing_acts.refuse_signature(user, waiting.pk, reason="Le volet justice n’est pas celui convenu.")
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert Refusal.objects.get(version=plot.version(contract)).author == user
    assert JournalEntry.objects.filter(contract=contract, verb="signature_refused", actor=user).exists()
    assert Event.objects.filter(contract=contract, kind="signature_refused").exists()
    plot.draft_and_freeze(contract)
    plot.approve_all(contract)
    new = plot.envelope(contract)
    old.refresh_from_db()
    assert (old.state, new.state) == (Envelope.State.VOID, Envelope.State.OPEN)
    # the council spoke of this very text, so its resolution still holds
    assert not plot.tasks(contract, "council_resolution")
    plot.sign_next(contract)
    plot.sign_next(contract)
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED


def test_a_resolution_on_another_text_does_not_hold(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    waiting = plot.task(contract, "sign")
    signing_acts.refuse_signature(cast.prefete, waiting.pk, reason="Une date est fausse.")
    contract.preamble = "Un autre préambule."
    contract.save(update_fields=["preamble"])
    plot.draft_and_freeze(contract)
    plot.approve_all(contract)
    assert plot.task(contract, "council_resolution")


def test_nobody_signs_in_the_place_of_another(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    facts = plot.confirm(cast.prefete, contract)
    for other in (cast.maire, cast.dgs, cast.pilote_prefecture, cast.outsider, cast.admin):
        with pytest.raises(NotAllowed):
            signing_acts.sign(other, waiting.pk, **facts)


def test_a_confirmation_is_bound_to_the_document_the_person_and_two_minutes(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    facts = plot.confirm(cast.prefete, contract)
    with pytest.raises(Locked):
        signing_acts.sign(cast.prefete, waiting.pk, **{**facts, "document_sha256": "0" * 64})
    with pytest.raises(Locked):
        signing_acts.sign(cast.prefete, waiting.pk, **{**facts, "confirmation": "inventée"})
    with as_owner():
        Confirmation.objects.update(
            created_at=timezone.now() - dt.timedelta(minutes=5),
            expires_at=timezone.now() - dt.timedelta(minutes=3),
        )
    with pytest.raises(Locked):
        signing_acts.sign(cast.prefete, waiting.pk, **facts)
    signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    with pytest.raises(AlreadyDone):
        signing_acts.sign(cast.prefete, waiting.pk, **facts)
    assert PASSWORD not in str(list(JournalEntry.objects.values_list("payload", flat=True)))


def test_a_quick_signatory_may_still_load_what_they_sign_and_nobody_else_may(
    cast: Cast, client: Client
) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    address = reverse("task_document", args=[contract.pk, waiting.pk])
    client.force_login(cast.prefete)
    read = client.get(address).content
    plot.sign_next(contract)
    assert client.get(address).content == read, "what was read, not what was made of it since"
    client.force_login(cast.maire)
    assert client.get(address).status_code == 404


def test_a_signatory_who_did_not_sign_by_a_task_finds_no_document_there_any_more(
    cast: Cast, client: Client
) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    signing_acts.refuse_signature(cast.prefete, waiting.pk, reason="Une annexe manque.")
    client.force_login(cast.prefete)
    assert client.get(reverse("task_document", args=[contract.pk, waiting.pk])).status_code == 404
