"""Lists of tasks and the rules say the same of everybody who acts in somebody else's place."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone
from viewflow.workflow.models import Task

from contracts.models import Contract
from stakeholders.actions import declare_absence, record_authority
from stakeholders.kinds import Power
from stakeholders.models import Absence, AuthorityKind, Mandate, SigningAuthority, User
from tests import plot
from tests.cast import Cast, small_contract
from workflow.standing.standings import Standings, confirmed_standing, standing_to_act
from workflow.tasks import lists, transfers


def mandate(person: User) -> Mandate:
    return person.mandates.select_related("office__organisation").get()


@pytest.fixture
def scenes(cast: Cast) -> list[Contract]:
    """Clairval in review, a small contract to sign, one for another perimeter, and somebody in each place."""
    plot.opened(cast.contract)
    plot.draft_and_freeze(cast.contract)
    signing = plot.to_signing(small_contract(cast, "PLACE-SIGN"))
    elsewhere = small_contract(cast, "PLACE-FAR")
    Contract.objects.filter(pk=elsewhere.pk).update(communes=["Clairval-sur-Orme", "Ombreval-les-Bois"])
    elsewhere.refresh_from_db()
    plot.to_signing(elsewhere)
    today = timezone.localdate()
    away = {"starts_on": today, "ends_on": today}
    for person, substitute, power in (
        (cast.ddpn, cast.commissaire, Power.REVIEW),
        (cast.prefete, cast.pilote_prefecture, Power.APPROVE),
    ):
        absence = Absence(
            mandate=mandate(person), substitute=mandate(substitute), powers=[power.value], **away
        )
        declare_absence(absence, actor=person)
    for delegate, scope in (
        (cast.secretaire_generale, {"communes": ["Clairval-sur-Orme"]}),
        (cast.pilote_prefecture, {"contract_kinds": ["amendment"]}),
    ):
        facts: dict[str, Any] = {
            "kind": AuthorityKind.SUBSTITUTION,
            "office": mandate(cast.prefete).office,
            "grantor": mandate(cast.prefete),
            "delegate": mandate(delegate),
            "act": f"Arrêté pour {delegate}",
            "covers_contract_signature": True,
            **away,
            **scope,
        }
        record_authority(SigningAuthority(**facts), actor=cast.dircab)
    review = plot.task(cast.contract, "review", cast.organisation("org-dsden"))
    conseiller = cast.people["p14"]
    transfers.transfer_task(
        cast.dasen, review.pk, receiver=mandate(conseiller), reason="Il connaît le dossier."
    )
    return [cast.contract, signing, elsewhere]


def test_the_lists_hold_what_the_rules_give_in_its_own_basket(cast: Cast, scenes: list[Contract]) -> None:
    tasks = list(Task.objects.filter(flow_task_type="HUMAN", finished=None).order_by("pk"))
    met: set[str] = set()
    for person in User.objects.order_by("pk"):
        held = Standings(person)
        standings = {task.pk: confirmed_standing(held, task) for task in tasks}
        own = {pk for pk, standing in standings.items() if standing and not standing.is_delegated}
        rest = {pk for pk, standing in standings.items() if standing and standing.is_delegated}
        assert {t.pk for t in lists.task_listing(person, delegated=False).page(size=500).rows} == own, person
        assert {t.pk for t in lists.task_listing(person, delegated=True).page(size=500).rows} == rest, person
        assert lists.task_listing(person).count() == len(own | rest), person
        assert {t.pk for t in lists.tasks_of(person)} == own | rest
        if rest:
            met.add(person.last_name)
    in_place = (cast.commissaire, cast.secretaire_generale, cast.dircab, cast.people["p14"])
    assert {person.last_name for person in in_place} <= met


def test_an_act_limited_to_a_commune_or_to_a_kind_lists_no_other_contract(
    cast: Cast, scenes: list[Contract]
) -> None:
    _clairval, signing, elsewhere = scenes
    here, far = plot.task(signing, "sign"), plot.task(elsewhere, "sign")
    listed = {task.pk for task in lists.tasks_of(cast.secretaire_generale)}
    assert here.pk in listed
    assert far.pk not in listed
    assert standing_to_act(cast.secretaire_generale, far) is None
    assert not [t for t in lists.tasks_of(cast.pilote_prefecture) if t.flow_task.name == "sign"]
    assert {here.pk, far.pk} <= {task.pk for task in lists.tasks_of(cast.dircab)}
