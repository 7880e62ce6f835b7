"""Signing in the place of an office: asked when shown, when asked for, and before the key is used."""

from __future__ import annotations

import copy
import datetime as dt
import subprocess
import threading
from functools import partial
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Status
from signatures import blobs, signals
from signatures.models import SignatureRequest
from stakeholders.actions import end_authority, record_authority, withdraw_mandate
from stakeholders.models import AuthorityKind, Mandate, SigningAuthority, User
from stakeholders.permissions import audience
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.snapshots import again
from tests.stage import run_jobs, run_jobs_here
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.inbox import baskets
from workflow.record import journal
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import ActRefused, NotAllowed
from workflow.signing import acts as signing_acts
from workflow.standing import handover
from workflow.standing import jobs as standing_jobs
from workflow.standing.models import DailyPass
from workflow.standing.standings import standing_to_act
from workflow.tasks import access as tasks_access

State = SignatureRequest.State
DAY = dt.timedelta(days=1)


def mandate(person: User) -> Mandate:
    return person.mandates.select_related("office__organisation").get()


def substitution(cast: Cast, delegate: User | None = None, **changes: object) -> SigningAuthority:
    """The prefect is away: the secretary general signs by suppléance, from yesterday to tomorrow."""
    day = timezone.localdate()
    facts = {
        "kind": AuthorityKind.SUBSTITUTION,
        "office": mandate(cast.prefete).office,
        "grantor": mandate(cast.prefete),
        "delegate": mandate(delegate or cast.secretaire_generale),
        "act": "Arrêté n° 00-2026-11-01-00001 (suppléance)",
        "starts_on": day - DAY,
        "ends_on": day + DAY,
        "covers_contract_signature": True,
        **changes,
    }
    return record_authority(SigningAuthority(**facts), actor=cast.dircab)


def can_sign(user: User, contract: Contract) -> bool:
    return standing_to_act(user, plot.task(contract, "sign")) is not None


def sign_as(user: User, contract: Contract) -> None:
    signing_acts.sign(user, plot.task(contract, "sign").pk, **plot.confirm(user, contract))


def test_clairvals_delegations_say_who_may_sign_today(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    assert can_sign(cast.prefete, contract)
    assert can_sign(cast.dircab, contract), "his delegation covers contracts"
    assert not can_sign(cast.secretaire_generale, contract), "hers excludes them; her suppléance is to come"
    for other in (cast.pilote_prefecture, cast.maire, cast.adjointe, cast.outsider, cast.admin):
        assert not can_sign(other, contract)


def test_the_general_delegation_is_refused_with_its_reason_and_the_page_says_it(
    cast: Cast, client: Client
) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    with pytest.raises(NotAllowed) as refused:
        sign_as(cast.secretaire_generale, contract)
    assert "ne prend effet que le" in refused.value.message or "ne couvre pas" in refused.value.message
    with pytest.raises(PermissionDenied):
        tasks_access.task_for(cast.secretaire_generale, contract.pk, waiting.pk)
    with pytest.raises(Http404):
        tasks_access.task_for(cast.pilote_prefecture, contract.pk, waiting.pk)
    client.force_login(cast.secretaire_generale)
    page = client.get(reverse("task", args=[contract.pk, waiting.pk]))
    assert page.status_code == 403
    assert refused.value.message in page.content.decode().replace("&#x27;", "'")
    shown = client.get(reverse("contract", args=[contract.pk])).content.decode()
    assert "vous ne pouvez pas signer aujourd’hui" in shown


def test_the_substitute_signs_and_the_stamp_and_the_journal_say_by_what(cast: Cast, tmp_path: Path) -> None:
    contract = plot.at_signing(cast)
    act = substitution(cast)
    found = baskets.Baskets(cast.secretaire_generale)
    assert [task.flow_task.name for task in found["delegues"].listing.page().rows] == ["sign"]
    assert not found["a-signer"].listing.page().rows
    sign_as(cast.secretaire_generale, contract)
    run_jobs()
    request = SignatureRequest.objects.get(state=State.DONE)
    assert request.user == cast.secretaire_generale
    formula = "Pour la préfète de l’Orme absente, la sous-préfète, secrétaire générale de la préfecture"
    entry = JournalEntry.objects.get(contract=contract, verb="signature_requested")
    assert entry.quality.startswith(formula)
    assert "par suppléance" in entry.quality
    assert entry.quality.endswith(f"({act.act})")
    assert (entry.payload["basis"], entry.payload["authority"]) == ("substitution", act.pk)
    assert "45" in entry.payload["source"]
    made = JournalEntry.objects.get(contract=contract, verb="signature_made")
    assert (made.quality, made.payload["authority"]) == (entry.quality, act.pk)
    file = tmp_path / "signed.pdf"
    file.write_bytes(blobs.get(request.final_sha256))
    # the stamp is an annotation: read the page as it is drawn
    drawn = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True).stdout
    words = " ".join(drawn.split())
    for said in ("Pour la préfète de l’Orme absente", "par suppléance", "00-2026-11-01-00001", "Aurélie"):
        assert said in words, words[-1500:]
    plot.record_resolution(contract)
    plot.sign_next(contract)
    run_jobs()
    mayors = SignatureRequest.objects.order_by("pk").last()
    assert mayors is not None
    assert any(
        line.startswith("Délibération du conseil n°\u00a02026-11-014 du ") for line in mayors.stamp_lines
    )
    assert not any("Délibération" in line for line in request.stamp_lines), "the prefect needs none"
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    assert journal.first_break() is None


@pytest.mark.parametrize("days", [(-3, -1), (1, 3)])
def test_the_substitution_is_accepted_between_its_dates_only(cast: Cast, days: tuple[int, int]) -> None:
    contract = plot.at_signing(cast)
    today = timezone.localdate()
    substitution(cast, starts_on=today + days[0] * DAY, ends_on=today + days[1] * DAY)
    assert not can_sign(cast.secretaire_generale, contract)
    with pytest.raises(NotAllowed):
        sign_as(cast.secretaire_generale, contract)
    assert not SignatureRequest.objects.exists()


def test_an_authority_that_ended_after_the_demand_leaves_the_key_unused(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    act = substitution(cast)
    sign_as(cast.secretaire_generale, contract)
    end_authority(act, actor=cast.dircab)
    run_jobs()
    request = SignatureRequest.objects.get()
    assert (request.state, request.error_code, bytes(request.raw_signature)) == (
        State.ABANDONED,
        "not_entitled",
        b"",
    )
    assert can_sign(cast.prefete, contract), "the place is open again, to the holder"
    assert not can_sign(cast.secretaire_generale, contract)
    lost = JournalEntry.objects.filter(contract=contract, verb="signature_failed").get()
    assert "retiré" in lost.payload["message"]
    plot.sign_next(contract)
    assert SignatureRequest.objects.filter(state=State.DONE).count() == 1


def test_the_key_serves_on_the_basis_that_the_stamp_prints_and_on_no_other(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    act = substitution(cast, cast.dircab)  # newer than his delegation: it is what the stamp says
    sign_as(cast.dircab, contract)
    assert any("suppléance" in line for line in SignatureRequest.objects.get().stamp_lines)
    end_authority(act, actor=cast.dircab)
    run_jobs()
    request = SignatureRequest.objects.get()
    assert (request.state, request.error_code) == (State.ABANDONED, "not_entitled")
    assert "ne vaut plus" in request.error_text
    assert can_sign(cast.dircab, contract), "by his delegation, which the next stamp will say"
    sign_as(cast.dircab, contract)
    run_jobs()
    signed = SignatureRequest.objects.get(state=State.DONE)
    assert any("par délégation" in line for line in signed.stamp_lines)


def test_a_delegation_lapses_with_the_prefect_even_while_the_signature_waits(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    sign_as(cast.dircab, contract)
    withdraw_mandate(mandate(cast.prefete), actor=cast.admin)
    run_jobs()
    assert SignatureRequest.objects.get().error_code == "not_entitled"
    assert not can_sign(cast.dircab, contract)
    acting = record_authority(
        SigningAuthority(
            kind=AuthorityKind.INTERIM,
            office=cast.contract.signatories.get(order=1).office,
            delegate=mandate(cast.secretaire_generale),
            act="Décret n° 2004-374, article 45",
            starts_on=timezone.localdate(),
            covers_contract_signature=True,
        ),
        actor=cast.dircab,
    )
    assert can_sign(cast.secretaire_generale, contract), acting


def test_an_authority_that_expires_takes_the_task_away_and_says_so_to_both(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    act = substitution(cast)
    run_jobs()
    waiting = plot.task(contract, "sign")
    assert standing_to_act(cast.secretaire_generale, waiting)
    # midnight passes: the act's last day was yesterday
    today = timezone.localdate()
    SigningAuthority.objects.filter(pk=act.pk).update(ends_on=today - DAY)
    with as_owner():
        DailyPass.objects.all().delete()
    DailyPass.objects.create(day=today - DAY)
    with as_owner():
        Event.objects.all().delete()
    with transaction.atomic():
        standing_jobs.defer_follow(handover.open_day(today))
    run_jobs()
    entry = JournalEntry.objects.get(contract=contract, verb="standing_lost")
    assert entry.payload["person"] == str(cast.secretaire_generale)
    assert "a pris fin" in entry.payload["why"]
    readers = {cast.secretaire_generale.pk, cast.prefete.pk}
    told = Event.objects.get(kind="standing_lost")
    assert told.contract == contract
    assert readers <= audience(contract)
    assert not can_sign(cast.secretaire_generale, contract)
    with transaction.atomic():
        assert handover.open_day(today) == set(), "a day is opened once"


@pytest.mark.race
def test_an_authority_ended_while_the_signature_is_asked_for_leaves_one_truth(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    act = substitution(cast)
    waiting = plot.task(contract, "sign")
    who = cast.secretaire_generale
    sign = partial(signing_acts.sign, who, waiting.pk, **plot.confirm(who, contract))
    for _turn in again(TIMES):
        ended = at_once(sign, partial(end_authority, copy.copy(act), actor=cast.dircab))
        assert ended[1] == "done"
        assert ended[0] != "Locked", "the confirmation is still good: the two acts did meet"
        run_jobs_here()
        states = set(
            SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).values_list(
                "state", flat=True
            )
        )
        assert states <= {State.ABANDONED}, "ended before the worker came: the key was never used"
        assert standing_to_act(cast.prefete, plot.task(contract, "sign"))
        assert journal.first_break() is None


@pytest.mark.race
def test_an_authority_ended_while_the_worker_signs_leaves_one_truth(cast: Cast) -> None:
    """They meet at the key: it has served, and the signature stands; or it has not, and never will."""
    prepared = threading.Event()

    def watch(request: SignatureRequest, **_kwargs: object) -> None:
        if request.state == State.PREPARED:
            prepared.set()

    def end() -> None:
        assert prepared.wait(60)
        end_authority(copy.copy(act), actor=cast.dircab)

    signals.signature_progressed.connect(watch)
    contract = plot.at_signing(cast)
    act = substitution(cast)
    sign_as(cast.secretaire_generale, contract)
    for _turn in again(TIMES):
        prepared.clear()
        assert at_once(run_jobs, end) == ["done", "done"]
        run_jobs_here()
        request = SignatureRequest.objects.get(slot__envelope=plot.envelope(contract))
        verbs = set(JournalEntry.objects.filter(contract=contract).values_list("verb", flat=True))
        if request.state == State.DONE:
            assert "signature_made" in verbs
            assert not plot.tasks(contract, "sign") or not can_sign(cast.prefete, contract)
        else:
            assert (request.state, bytes(request.raw_signature)) == (State.ABANDONED, b"")
            assert "signature_made" not in verbs
            assert can_sign(cast.prefete, contract), "the place is open again"
        assert journal.first_break() is None


@pytest.mark.race
def test_two_substitutes_at_once_make_one_signature(cast: Cast) -> None:
    substitution(cast)
    contract = plot.to_signing(small_contract(cast))
    waiting = plot.task(contract, "sign")
    both = [
        partial(signing_acts.sign, who, waiting.pk, **plot.confirm(who, contract))
        for who in (cast.secretaire_generale, cast.dircab)
    ]
    for _turn in again(TIMES):
        ended = at_once(*both)
        assert sorted(outcome == "done" for outcome in ended) == [False, True], ended
        assert SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).count() == 1


def test_refusing_takes_the_same_authority(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    with pytest.raises(ActRefused):
        signing_acts.refuse_signature(cast.secretaire_generale, waiting.pk, reason="Non.")
    substitution(cast)
    refusal = signing_acts.refuse_signature(cast.secretaire_generale, waiting.pk, reason="Une annexe manque.")
    assert "par suppléance" in refusal.quality
