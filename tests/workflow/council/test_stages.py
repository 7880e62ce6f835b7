"""A resolution recorded as it comes: the vote, then each stage, and the mayor's gate that follows."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Status
from tests import plot
from tests.cast import Cast
from tests.workflow.sockets import logged_in
from workflow.board.steps import steps
from workflow.council import acts, rules
from workflow.council.models import STAGES, CouncilResolution
from workflow.record.models import JournalEntry
from workflow.record.refusals import AlreadyDone, Invalid, Locked
from workflow.signing import acts as signing_acts
from workflow.signing import rules as signing_rules

UNKNOWN: dict[str, Any] = dict.fromkeys(STAGES)
TODAY = timezone.localdate()
VOTED = TODAY - dt.timedelta(days=4)


def stages(contract: Contract, **days: dt.date) -> CouncilResolution:
    """The clerk adds days to the resolution of the contract's last version."""
    waiting = plot.task(contract, "council_resolution")
    return acts.record_stages(plot.entitled(waiting), waiting.pk, stages=days)


def verbs(contract: Contract) -> list[str]:
    found = JournalEntry.objects.filter(contract=contract, verb__startswith="resolution_")
    return list(found.order_by("number").values_list("verb", flat=True))


def mayor_may_sign(contract: Contract) -> bool:
    mayor = contract.signatories.get(needs_council_resolution=True)
    return "délibération" not in signing_rules.why_not_sign(mayor, plot.version(contract))


def test_each_stage_is_kept_when_it_is_known_and_the_last_one_opens_the_gate(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.sign_next(contract)
    plot.record_resolution(contract, **UNKNOWN)
    assert not mayor_may_sign(contract)
    assert "sa publication" in next(step.detail for step in steps(contract) if step.code == "council")
    for name in STAGES:
        assert not plot.tasks(contract, "sign")
        stages(contract, **{name: TODAY})
    assert mayor_may_sign(contract)
    assert plot.entitled(plot.task(contract, "sign")) == cast.maire
    assert not plot.tasks(contract, "council_resolution")
    assert verbs(contract) == [
        "resolution_voted",
        "resolution_published",
        "resolution_transmitted",
        "resolution_received",
        "resolution_adopted",
    ]
    entry = JournalEntry.objects.get(contract=contract, verb="resolution_published")
    assert (entry.actor, entry.payload["published_on"]) == (cast.greffe, TODAY.isoformat())


def test_the_prefecture_may_receive_before_the_publication(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract, **UNKNOWN)
    found = stages(contract, transmitted_on=VOTED, received_on=VOTED)
    assert found.missing == ["published_on"]
    assert not mayor_may_sign(contract)
    assert stages(contract, published_on=TODAY).enforceable_on == TODAY


@pytest.mark.parametrize(
    ("days", "field", "words"),
    [
        ({}, "published_on", "au moins une date"),
        ({"published_on": VOTED - dt.timedelta(days=1)}, "published_on", "séance"),
        ({"received_on": TODAY}, "transmitted_on", "transmission"),
        ({"transmitted_on": TODAY, "received_on": VOTED}, "received_on", "transmission"),
        ({"transmitted_on": TODAY + dt.timedelta(days=1)}, "transmitted_on", "futur"),
    ],
)
def test_a_stage_that_cannot_be_is_refused_and_nothing_is_kept(
    cast: Cast, days: dict[str, dt.date], field: str, words: str
) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract, **UNKNOWN)
    with pytest.raises(Invalid, match=words) as refused:
        stages(contract, **days)
    assert refused.value.field == field
    assert CouncilResolution.objects.get().missing == list(STAGES)
    assert verbs(contract) == ["resolution_voted"]


def test_a_known_stage_is_never_changed_by_an_act_nor_by_the_pages_role(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract, **UNKNOWN | {"published_on": VOTED})
    with pytest.raises(Invalid, match="déjà enregistrée"):
        stages(contract, published_on=TODAY, transmitted_on=TODAY)
    with pytest.raises(IntegrityError, match="ne se modifie pas"), transaction.atomic():
        CouncilResolution.objects.update(published_on=TODAY)
    assert CouncilResolution.objects.get().published_on == VOTED


def test_there_is_no_stage_before_the_vote_and_no_second_vote(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    with pytest.raises(Locked, match="vote"):
        stages(contract, published_on=TODAY)
    plot.record_resolution(contract, **UNKNOWN)
    with pytest.raises(AlreadyDone):
        plot.record_resolution(contract)
    assert CouncilResolution.objects.count() == 1


def test_a_vote_waits_for_its_stages_through_another_round_on_the_same_text(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract, **UNKNOWN)
    waiting = plot.task(contract, "sign")
    signing_acts.refuse_signature(cast.prefete, waiting.pk, reason="Une signature est à reprendre.")
    plot.draft_and_freeze(contract)
    plot.approve_all(contract)
    stages(contract, published_on=TODAY, transmitted_on=TODAY, received_on=TODAY)
    plot.sign_next(contract)
    assert plot.entitled(plot.task(contract, "sign")) == cast.maire


@pytest.mark.parametrize("outcome", ["amended", "rejected"])
def test_what_the_council_did_not_vote_goes_back_to_drafting(cast: Cast, outcome: str) -> None:
    contract = plot.at_signing(cast)
    facts = (plot.REJECTED if outcome == "rejected" else UNKNOWN) | {"outcome": outcome}
    with pytest.raises(Invalid, match="conseil"):
        plot.record_resolution(contract, **facts)
    plot.record_resolution(contract, **facts, reason="Ajouter une clause de revoyure.")
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert not mayor_may_sign(contract)
    assert verbs(contract) == [f"resolution_{outcome}"]
    contract.preamble = "Avec une clause de revoyure."
    contract.save(update_fields=["preamble"])
    plot.draft_and_freeze(contract)
    plot.approve_all(contract)
    plot.record_resolution(contract)
    assert rules.resolution_on(plot.version(contract), None).is_enforceable  # type: ignore[union-attr]


def test_an_adjournment_is_kept_and_the_council_votes_at_another_session(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    put_off = UNKNOWN | {"outcome": "adjourned", "number": "", "votes_for": 0, "votes_against": 0}
    for days in (9, 7):
        plot.record_resolution(contract, **put_off | {"session_on": TODAY - dt.timedelta(days=days)})
    assert not mayor_may_sign(contract)
    assert "ajournée" in next(step.detail for step in steps(contract) if step.code == "council")
    plot.record_resolution(contract)
    assert mayor_may_sign(contract)
    assert verbs(contract) == ["resolution_adjourned", "resolution_adjourned", "resolution_adopted"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"votes_for": 10, "votes_against": 10}, ""),  # whoever presides has the casting vote
        ({"votes_for": 0, "votes_against": 0}, "votes_for"),
        ({"votes_for": 10, "votes_against": 11}, "votes_for"),
        ({**plot.REJECTED, "votes_for": 11, "votes_against": 10}, "votes_against"),
        ({**plot.REJECTED, "votes_for": 10, "votes_against": 10}, ""),
    ],
)
def test_the_voices_agree_with_the_outcome(changes: dict[str, Any], field: str) -> None:
    refusal = rules.why_not_voices(CouncilResolution(**plot.resolution(**changes)))
    assert (refusal[0] if refusal else "") == field


# --- by the page ---------------------------------------------------------------------------


def typed(**changes: str) -> dict[str, str]:
    """What a clerk types the evening of the vote."""
    return {
        "outcome": "adopted",
        "number": "2026-11-014",
        "session_on": VOTED.isoformat(),
        "votes_for": "26",
        "votes_against": "5",
        "abstentions": "3",
        "not_voting": "1",
        **changes,
    }


def sent(browser: Client, contract: Contract, facts: dict[str, str]) -> Any:
    task = plot.task(contract, "council_resolution")
    return browser.post(reverse("task", args=[contract.pk, task.pk]), facts, follow=True)


def test_two_clerks_enter_two_stages_from_pages_opened_at_once(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    browser = logged_in(cast.greffe)
    said = sent(browser, contract, typed()).content.decode()
    assert "le maire ne peut pas signer" in said.lower()
    assert "sa publication, sa transmission à la préfecture et sa réception" in said
    sent(browser, contract, {"published_on": TODAY.isoformat()})
    sent(browser, contract, {"transmitted_on": TODAY.isoformat(), "published_on": ""})
    late = sent(browser, contract, {"published_on": VOTED.isoformat()})
    assert late.status_code == 422
    assert "déjà enregistrée" in late.content.decode()
    assert sent(browser, contract, typed()).status_code == 409, "a colleague's vote is not voted again"
    assert (
        "peut signer à son tour"
        in sent(browser, contract, {"received_on": TODAY.isoformat()}).content.decode()
    )
    found = CouncilResolution.objects.get()
    assert (found.published_on, found.not_voting) == (TODAY, 1)


def test_the_page_asks_for_what_a_vote_owes(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    browser = logged_in(cast.greffe)
    task = plot.task(contract, "council_resolution")
    blank = browser.get(reverse("task", args=[contract.pk, task.pk]))
    assert "checked" not in blank.content.decode(), "no outcome is chosen for the clerk"
    assert not CouncilResolution.objects.exists()
    for facts, field in (
        (typed(outcome="rejected"), "reason"),
        (typed(outcome="amended"), "reason"),
        (typed(number=""), "number"),
        (typed(votes_for=""), "votes_for"),
    ):
        answer = sent(browser, contract, facts)
        assert answer.status_code == 422
        assert field in answer.context["form"].errors
    adjourned = typed(outcome="adjourned", number="", votes_for="")
    assert "ajournement est enregistré" in sent(browser, contract, adjourned).content.decode()
    task = plot.task(contract, "council_resolution")
    assert (
        "Texte ajourné à la séance du"
        in browser.get(reverse("task", args=[contract.pk, task.pk])).content.decode()
    )
