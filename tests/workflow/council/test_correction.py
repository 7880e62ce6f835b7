"""A vote typed wrongly is corrected by another act, with its reason, while nothing follows from it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from contracts.models import Contract, Status
from tests import plot
from tests.cast import Cast
from tests.workflow.council.test_stages import TODAY, UNKNOWN, VOTED, mayor_may_sign, stages, verbs
from tests.workflow.sockets import logged_in
from workflow.council import acts, rules
from workflow.council.models import CouncilResolution
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import Invalid, Locked, NotAllowed

WHY = "Voix pour et contre inversées."


def voted(cast: Cast) -> Contract:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract, **UNKNOWN)
    return contract


def correct(contract: Contract, why: str = WHY, corrects: str = "", **changes: Any) -> CouncilResolution:
    waiting = plot.task(contract, "council_resolution")
    known = rules.awaiting_its_stages(plot.version(contract), None)
    assert known is not None
    return acts.correct_resolution(
        plot.entitled(waiting),
        waiting.pk,
        corrects=corrects or known.state,
        facts=plot.resolution(**{**UNKNOWN, **changes}),
        why=why,
    )


def test_both_entries_stay_and_the_last_one_counts(cast: Cast) -> None:
    contract = voted(cast)
    first = CouncilResolution.objects.get()
    found = correct(contract, votes_for=first.votes_for + 1)
    first.refresh_from_db()
    assert (found.corrects, first.corrected_at) == (first, found.at)
    assert rules.resolution_on(plot.version(contract), None) == found
    assert verbs(contract) == ["resolution_voted", "resolution_corrected"]
    told = JournalEntry.objects.get(verb="resolution_corrected")
    assert (told.actor, told.payload["why"]) == (cast.greffe, WHY)
    assert told.payload["changed"] == {"votes_for": [first.votes_for, found.votes_for]}
    again = correct(contract, votes_for=first.votes_for + 2)
    assert again.corrects == found
    stages(contract, published_on=TODAY, transmitted_on=TODAY, received_on=TODAY)
    again.refresh_from_db()
    assert again.enforceable_on == TODAY
    assert mayor_may_sign(contract)
    assert journal.first_break() is None


def test_a_day_typed_wrongly_is_corrected_too(cast: Cast) -> None:
    contract = voted(cast)
    stages(contract, published_on=VOTED)
    assert correct(contract, published_on=TODAY).published_on == TODAY


def test_an_adoption_that_was_a_rejection_sends_the_text_back(cast: Cast) -> None:
    contract = voted(cast)
    correct(contract, outcome="rejected", votes_for=3, votes_against=20, reason="Trop cher.")
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert verbs(contract) == ["resolution_voted", "resolution_corrected", "resolution_rejected"]


def test_an_adoption_that_was_an_adjournment_leaves_the_vote_to_come(cast: Cast) -> None:
    contract = voted(cast)
    correct(contract, outcome="adjourned", number="", votes_for=0, votes_against=0, abstentions=0)
    assert rules.resolution_on(plot.version(contract), None) is None
    plot.record_resolution(contract)
    assert mayor_may_sign(contract)


def test_nothing_is_corrected_without_a_reason_a_change_or_the_right(cast: Cast) -> None:
    contract = voted(cast)
    waiting = plot.task(contract, "council_resolution")
    with pytest.raises(Invalid, match="faux"):
        correct(contract, why="  ", votes_for=22)
    with pytest.raises(Invalid, match="Rien n’est changé"):
        correct(contract)
    with pytest.raises(Invalid):
        correct(contract, votes_for=0)
    for other in (cast.maire, cast.prefete, cast.pilote_ville, cast.outsider):
        with pytest.raises(NotAllowed):
            acts.correct_resolution(other, waiting.pk, corrects="1-3", facts=plot.resolution(), why=WHY)
    assert CouncilResolution.objects.get().corrected_at is None
    assert verbs(contract) == ["resolution_voted"]


def test_what_was_read_must_be_what_is_corrected_and_nothing_once_it_is_enforceable(cast: Cast) -> None:
    contract = voted(cast)
    shown = CouncilResolution.objects.get().state
    stages(contract, published_on=TODAY)  # a colleague, meanwhile
    with pytest.raises(Locked, match="entre-temps"):
        correct(contract, corrects=shown, votes_for=22)
    waiting = plot.task(contract, "council_resolution")
    state = CouncilResolution.objects.get().state
    stages(contract, transmitted_on=TODAY, received_on=TODAY)
    with pytest.raises(Exception, match=r".*") as refused:
        acts.correct_resolution(cast.greffe, waiting.pk, corrects=state, facts=plot.resolution(), why=WHY)
    assert refused.type.__name__ in {"AlreadyDone", "Locked"}
    assert CouncilResolution.objects.count() == 1


def test_the_database_lets_no_corrected_row_be_changed_again(cast: Cast) -> None:
    contract = voted(cast)
    correct(contract, votes_for=22)
    for change in ({"published_on": TODAY}, {"corrected_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CouncilResolution.objects.exclude(corrected_at=None).update(**change)


def test_the_page_gives_all_that_is_recorded_to_correct(cast: Cast) -> None:
    contract = voted(cast)
    waiting = plot.task(contract, "council_resolution")
    address = reverse("task", args=[contract.pk, waiting.pk])
    clerk = logged_in(cast.greffe)
    assert f"{address}?corriger" in clerk.get(address).content.decode()
    known = CouncilResolution.objects.get()
    page = clerk.get(f"{address}?corriger").content.decode()
    for words in (f'value="{known.number}"', f'value="{known.state}"', "Motif de la correction"):
        assert words in page
    given = {name: value for name, value in plot.resolution().items() if name not in UNKNOWN}
    given |= {"votes_for": 22, "corrects": known.state}
    assert clerk.post(address, given).status_code == 422, "why?"
    answer = clerk.post(address, {**given, "why_corrected": WHY}, follow=True).content.decode()
    assert "La correction est enregistrée." in answer
    assert WHY in answer
    assert "pour : 22" in answer.replace("\u00a0", " ")
    stale = clerk.post(address, {**given, "votes_for": 21, "why_corrected": WHY})
    assert stale.status_code == 409
