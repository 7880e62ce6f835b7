"""A pilot takes a version back: from every stage before the last signature, and never after."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Contract, Status
from signatures import blobs
from signatures.jobs import MAX_ATTEMPTS
from signatures.models import Envelope, SignatureRequest
from tests import plot
from tests.cast import Cast, small_contract
from tests.pki import ServedPki
from tests.snapshots import again
from tests.stage import run_jobs
from tests.workflow.outages import forged_text, hopeless_jobs, not_printed
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.drafting import acts as drafting_acts
from workflow.engine import tasks as engine_tasks
from workflow.opinions import acts as opinions_acts
from workflow.procedures import recall as procedures_recall
from workflow.procedures.models import Recall
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import Invalid, Locked, NotAllowed
from workflow.signing import acts as signing_acts

Scene = Callable[[Cast, ServedPki], Contract]


def in_review(cast: Cast, _pki: ServedPki) -> Contract:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    plot.opine(contract, plot.tasks(contract, "review")[0])
    return contract


def in_approval(cast: Cast, _pki: ServedPki) -> Contract:
    contract = plot.opened(small_contract(cast))
    version = plot.draft_and_freeze(contract)
    plot.review_all(contract)
    first = plot.tasks(contract, "approve")[0]
    opinions_acts.approve(
        plot.entitled(first), first.pk, approved=True, reason="", pdf_sha256=version.pdf_sha256
    )
    return contract


def not_printable(cast: Cast, _pki: ServedPki) -> Contract:
    contract = not_printed(plot.opened(small_contract(cast)))
    failed = plot.task(contract, "render")
    assert (failed.status, "TypeError" in failed.data["error"]) == ("ERROR", True)
    return contract


def final_text_differs(cast: Cast, pki: ServedPki) -> Contract:
    contract = in_approval(cast, pki)
    last = plot.task(contract, "approve")
    pdf = plot.version(contract).pdf_sha256
    opinions_acts.approve(plot.entitled(last), last.pk, approved=True, reason="", pdf_sha256=pdf)
    with forged_text(contract, preamble="Un texte que personne n’a approuvé."):
        run_jobs()
    assert plot.task(contract, "final_text").status == "ERROR"
    return contract


def awaiting_the_prefect(cast: Cast, _pki: ServedPki) -> Contract:
    return plot.at_signing(cast)


def awaiting_the_council(cast: Cast, _pki: ServedPki) -> Contract:
    contract = plot.at_signing(cast)
    plot.sign_next(contract)
    return contract


def awaiting_the_mayor(cast: Cast, pki: ServedPki) -> Contract:
    contract = awaiting_the_council(cast, pki)
    plot.record_resolution(contract)
    return contract


def no_timestamp(cast: Cast, pki: ServedPki) -> Contract:
    contract = awaiting_the_mayor(cast, pki)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.maire, waiting.pk, **plot.confirm(cast.maire, contract))
    with pki.interrupted("/tsa"), hopeless_jobs(MAX_ATTEMPTS):
        run_jobs()
    assert plot.task(contract, "make_signature").status == "ERROR"
    return contract


def prepared_file_lost(cast: Cast, pki: ServedPki) -> Contract:
    """The key has served, and the disk gave up the file that its value was made for."""
    contract = awaiting_the_mayor(cast, pki)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.maire, waiting.pk, **plot.confirm(cast.maire, contract))
    with pki.interrupted("/tsa"):
        run_jobs()
    request = SignatureRequest.objects.get(state="signed")
    blobs._path(request.prepared_sha256).unlink()
    with hopeless_jobs(0):
        run_jobs()  # the time-stamp is back
    with hopeless_jobs(MAX_ATTEMPTS):
        run_jobs()
    request.refresh_from_db()
    assert (request.state, request.resume_state, request.permanent) == ("failed", "stamped", False)
    assert plot.task(contract, "make_signature").status == "ERROR"
    return contract


SCENES: list[Scene] = [
    not_printable,
    in_review,
    in_approval,
    final_text_differs,
    awaiting_the_prefect,
    awaiting_the_council,
    awaiting_the_mayor,
    no_timestamp,
    prepared_file_lost,
]


@pytest.mark.parametrize("scene", SCENES)
def test_the_contract_returns_to_drafting_and_can_be_signed_again(
    cast: Cast, pki: ServedPki, scene: Scene
) -> None:
    contract = scene(cast, pki)
    version = plot.version(contract)
    procedures_recall.recall_version(cast.pilote_ville, contract.pk, reason="Un chiffre est faux.")
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert [task.flow_task.name for task in engine_tasks.open_tasks(contract)] == ["draft", "draft"]
    recall = Recall.objects.get(version=version)
    assert (recall.author, recall.reason) == (cast.pilote_ville, "Un chiffre est faux.")
    assert JournalEntry.objects.filter(contract=contract, verb="version_recalled").count() == 1
    assert set(Envelope.objects.values_list("state", flat=True)) <= {Envelope.State.VOID}
    run_jobs()  # what was still queued for the old version disturbs nothing
    assert len(plot.tasks(contract, "draft")) == 2

    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    plot.approve_all(contract)
    plot.sign_next(contract)
    if plot.tasks(contract, "council_resolution"):
        plot.record_resolution(contract)
    plot.sign_next(contract)
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    assert journal.first_break() is None


def test_only_a_pilot_and_only_with_a_reason(cast: Cast, pki: ServedPki) -> None:
    contract = awaiting_the_mayor(cast, pki)
    for other in (cast.maire, cast.prefete, cast.bailleur_oh, cast.greffe, cast.outsider, cast.admin):
        with pytest.raises(NotAllowed):
            procedures_recall.recall_version(other, contract.pk, reason="Non.")
    with pytest.raises(Invalid):
        procedures_recall.recall_version(cast.pilote_ville, contract.pk, reason=" ")
    assert plot.envelope(contract).state == Envelope.State.OPEN


def test_nothing_is_taken_back_while_drafting_working_or_after_the_last_signature(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    recall = partial(procedures_recall.recall_version, cast.pilote_ville, contract.pk, reason="Trop tard.")
    with pytest.raises(Locked) as refused:
        recall()
    assert "en rédaction" in refused.value.message
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    freeze = plot.task(contract, "freeze")
    drafting_acts.freeze_version(plot.entitled(freeze), freeze.pk)
    with pytest.raises(Locked) as refused:
        recall()
    assert "en cours" in refused.value.message
    run_jobs()
    plot.review_all(contract)
    plot.approve_all(contract)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    plot.sign_next(contract)
    run_jobs()
    with pytest.raises(Locked) as refused:
        recall()
    assert "Tous ont signé" in refused.value.message


def test_the_page_warns_of_the_signatures_that_will_be_without_effect(
    cast: Cast, pki: ServedPki, client: Client
) -> None:
    contract = awaiting_the_mayor(cast, pki)
    client.force_login(cast.pilote_prefecture)
    page = reverse("version_recall", args=[contract.pk])
    assert page in client.get(reverse("contract", args=[contract.pk])).content.decode()
    shown = client.get(page).content.decode()
    assert contract.signatories.get(order=1).capacity in shown
    answer = client.post(page, {"reason": "Une annexe manque."})
    assert answer.status_code == 302
    assert client.get(page).status_code == 409
    assert page not in client.get(reverse("contract", args=[contract.pk])).content.decode()


def test_a_file_lost_for_good_after_the_key_served_is_said_with_the_way_out(
    cast: Cast, pki: ServedPki, client: Client
) -> None:
    contract = prepared_file_lost(cast, pki)
    page = reverse("version_recall", args=[contract.pk])
    for person in (cast.pilote_ville, cast.maire):
        client.force_login(person)
        shown = client.get(reverse("contract", args=[contract.pk])).content.decode()
        assert "Un document nécessaire à la signature ne peut être relu." in shown
        assert "un pilote peut retirer la version" in shown
        assert (page in shown) is (person == cast.pilote_ville)
    client.force_login(cast.pilote_ville)
    shown = client.get(page).content.decode()
    for signatory in contract.signatories.all():
        assert signatory.capacity in shown, "the mayor's key has served too"


@pytest.mark.race
def test_a_recall_and_a_signature_at_once_leave_one_way_forward(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    sign: Callable[[], Any] = partial(
        signing_acts.sign, cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract)
    )
    recall = partial(procedures_recall.recall_version, cast.pilote_ville, contract.pk, reason="Une erreur.")
    for _turn in again(TIMES):
        ended = at_once(sign, recall)
        # the council's task is open all along, so the recall always finds a way
        assert ended[1] == "done", ended
        assert ended[0] != "Locked", "the confirmation is still good: the two acts did meet"
        contract.refresh_from_db()
        assert contract.status == Status.DRAFTING
        assert len(plot.tasks(contract, "draft")) == 2
        assert plot.envelope(contract).state == Envelope.State.VOID
        run_jobs()
        assert set(SignatureRequest.objects.values_list("state", flat=True)) <= {"abandoned"}
        assert journal.first_break() is None
