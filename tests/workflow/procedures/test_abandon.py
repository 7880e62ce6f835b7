"""A pilot gives a contract up: from every stage before the last signature, and never after."""

from __future__ import annotations

from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Contract, Status
from signatures.models import Envelope, SignatureRequest
from tests import plot
from tests.cast import Cast, small_contract
from tests.snapshots import again
from tests.stage import run_jobs
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.engine import tasks as engine_tasks
from workflow.procedures import abandon as procedures_abandon
from workflow.procedures.models import Abandonment
from workflow.record import journal
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import AlreadyDone, Invalid, Locked, NotAllowed
from workflow.signing import acts as signing_acts


def drafting(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


def in_review(cast: Cast) -> Contract:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    return contract


def awaiting_the_prefect(cast: Cast) -> Contract:
    return plot.at_signing(cast)


def awaiting_the_mayor(cast: Cast) -> Contract:
    contract = plot.at_signing(cast)
    plot.sign_next(contract)
    return contract


@pytest.mark.parametrize("scene", [drafting, in_review, awaiting_the_prefect, awaiting_the_mayor])
def test_nothing_is_asked_any_more_and_nothing_disappears(cast: Cast, client: Client, scene: object) -> None:
    contract = scene(cast)  # type: ignore[operator]
    before = JournalEntry.objects.filter(contract=contract).count()
    client.force_login(cast.pilote_prefecture)
    page = reverse("contract_abandon", args=[contract.pk])
    assert page in client.get(reverse("contract", args=[contract.pk])).content.decode()
    assert client.get(page).status_code == 200
    assert client.post(page, {"reason": " "}).status_code == 422
    assert client.post(page, {"reason": "Le maire se retire."}).status_code == 302
    contract.refresh_from_db()
    assert contract.status == Status.ABANDONED
    assert engine_tasks.open_tasks(contract) == []
    run_jobs()  # what was queued disturbs nothing
    contract.refresh_from_db()
    assert contract.status == Status.ABANDONED
    assert set(Envelope.objects.values_list("state", flat=True)) <= {Envelope.State.VOID}
    assert JournalEntry.objects.filter(contract=contract).count() > before
    assert Event.objects.filter(contract=contract, kind="contract_abandoned").count() == 1
    for person in (cast.bailleur_oh, cast.maire, cast.pilote_ville):
        client.force_login(person)
        shown = client.get(reverse("contract", args=[contract.pk])).content.decode()
        assert "Le maire se retire." in shown
        assert client.get(reverse("inbox")).status_code == 200
        assert page not in shown
    client.force_login(cast.pilote_ville)
    assert client.get(page).status_code == 409
    assert journal.first_break() is None


def test_only_a_pilot_and_only_with_a_reason_and_once(cast: Cast) -> None:
    contract = drafting(cast)
    for other in (cast.maire, cast.prefete, cast.bailleur_oh, cast.greffe, cast.outsider, cast.admin):
        with pytest.raises(NotAllowed):
            procedures_abandon.abandon(other, contract.pk, reason="Non.")
    with pytest.raises(Invalid):
        procedures_abandon.abandon(cast.pilote_ville, contract.pk, reason="\n")
    procedures_abandon.abandon(cast.pilote_ville, contract.pk, reason="Oui.")
    with pytest.raises(AlreadyDone):
        procedures_abandon.abandon(cast.pilote_prefecture, contract.pk, reason="Oui aussi.")


def test_a_contract_that_all_have_signed_is_not_given_up(cast: Cast) -> None:
    contract = awaiting_the_mayor(cast)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    with pytest.raises(Locked, match="Tous ont signé"):
        procedures_abandon.abandon(cast.pilote_ville, contract.pk, reason="Trop tard.")
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    with pytest.raises(Locked):
        procedures_abandon.abandon(cast.pilote_ville, contract.pk, reason="Trop tard.")


@pytest.mark.race
def test_an_abandonment_and_a_signature_at_once_leave_one_end(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    sign = partial(signing_acts.sign, cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    give_up = partial(procedures_abandon.abandon, cast.pilote_ville, contract.pk, reason="Une erreur.")
    for _turn in again(TIMES):
        ended = at_once(sign, give_up)
        assert ended[1] == "done", ended
        run_jobs()
        contract.refresh_from_db()
        assert contract.status == Status.ABANDONED
        assert engine_tasks.open_tasks(contract) == []
        assert plot.envelope(contract).state == Envelope.State.VOID
        assert set(SignatureRequest.objects.values_list("state", flat=True)) <= {"abandoned"}
        assert journal.first_break() is None


@pytest.mark.race
def test_two_pilots_who_give_up_at_once_do_it_once(cast: Cast) -> None:
    contract = drafting(cast)
    acts = [
        partial(procedures_abandon.abandon, who, contract.pk, reason="Fin.")
        for who in (cast.pilote_ville, cast.pilote_prefecture)
    ]
    for _turn in again(TIMES):
        assert sorted(at_once(*acts)) == ["AlreadyDone", "done"]
        assert Abandonment.objects.filter(contract=contract).count() == 1
