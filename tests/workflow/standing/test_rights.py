"""Rights are asked again under the lock, at the moment of the act."""

from __future__ import annotations

import datetime as dt

import pytest
from django.http import Http404
from django.utils import timezone

from stakeholders.actions import deactivate, withdraw_mandate
from tests import plot
from tests.cast import Cast, small_contract
from workflow.drafting import acts as drafting_acts
from workflow.opinions import acts as opinions_acts
from workflow.record.refusals import NotAllowed
from workflow.tasks import access as tasks_access
from workflow.tasks import lists


def test_a_mandate_withdrawn_after_the_page_was_opened_refuses_the_act(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    withdraw_mandate(cast.bailleur_oh.mandates.get(), actor=cast.admin)
    with pytest.raises(NotAllowed):
        opinions_acts.give_opinion(
            cast.bailleur_oh,
            waiting.pk,
            value="favourable",
            reason="",
            version_sha256=plot.version(contract).content_sha256,
        )


def test_a_mandate_that_ended_yesterday_gives_no_right_today(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    waiting = plot.task(contract, "draft", cast.organisation("org-ville"))
    cast.pilote_ville.mandates.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
    with pytest.raises(NotAllowed):
        drafting_acts.submit_draft(cast.pilote_ville, waiting.pk)


def test_a_closed_account_gives_no_right(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    waiting = plot.task(contract, "draft", cast.organisation("org-ville"))
    deactivate(cast.pilote_ville, actor=cast.admin)
    with pytest.raises(NotAllowed):
        drafting_acts.submit_draft(cast.pilote_ville, waiting.pk)


def test_one_landlord_never_meets_the_task_of_another(cast: Cast) -> None:
    contract = plot.opened(cast.contract)
    plot.draft_and_freeze(contract)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    with pytest.raises(Http404):
        tasks_access.task_for(cast.bailleur_cl, contract.pk, waiting.pk)
    with pytest.raises(NotAllowed):
        opinions_acts.give_opinion(
            cast.bailleur_cl,
            waiting.pk,
            value="favourable",
            reason="",
            version_sha256=plot.version(contract).content_sha256,
        )


def test_a_task_is_only_found_in_the_contract_that_the_address_names(cast: Cast) -> None:
    one = plot.opened(small_contract(cast))
    other = plot.opened(small_contract(cast, "CSI-00-2026-901"))
    waiting = plot.task(one, "draft", cast.organisation("org-ville"))
    assert tasks_access.task_for(cast.pilote_ville, one.pk, waiting.pk).is_open
    with pytest.raises(Http404):
        tasks_access.task_for(cast.pilote_ville, other.pk, waiting.pk)


@pytest.mark.parametrize("player", ["outsider", "admin"])
def test_neither_the_outsider_nor_the_administrator_sees_a_contract(cast: Cast, player: str) -> None:
    contract = plot.opened(cast.contract)
    person = getattr(cast, player)
    assert not tasks_access.contracts_of(person).exists()
    with pytest.raises(Http404):
        tasks_access.contract_for(person, contract.pk)
    assert lists.tasks_of(person) == []


def test_each_sees_in_the_inbox_what_they_may_do_and_nothing_else(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    assert [t.flow_task.name for t in lists.tasks_of(cast.prefete)] == ["sign"]
    assert [t.flow_task.name for t in lists.tasks_of(cast.greffe)] == ["council_resolution"]
    for other in (cast.maire, cast.pilote_ville, cast.bailleur_oh, cast.outsider):
        assert [t for t in lists.tasks_of(other) if t.process.circuit.contract_id == contract.pk] == []
