"""A contract of two communes: two pilots, two mayors, two councils, each gate with its own resolution."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from contracts.models import Contract, Part, Status
from stakeholders.models import Organisation, Role
from stakeholders.permissions import establish_organisation
from tests import plot
from tests.cast import Cast
from tests.stage import certify_signatories, run_jobs
from tests.workflow.opening import road
from workflow.board.steps import steps
from workflow.council import acts as council_acts
from workflow.council.models import CouncilResolution
from workflow.council.rules import councils_of
from workflow.opening import acts
from workflow.record import journal
from workflow.signing import acts as signing_acts
from workflow.signing.models import SigningAct
from workflow.standing import parties


def second_commune(cast: Cast) -> Organisation:
    """A neighbour with its mayor, its pilot, its clerk: people of the cast who hold an office there too."""
    organisation = establish_organisation(
        code="org-bourg",
        name="Commune de Bourg-sur-Orme",
        short_name="Bourg-sur-Orme",
        kind="municipality",
        territory="Bourg-sur-Orme",
    )
    for title, role, person in (
        ("Maire de Bourg-sur-Orme", Role.HEAD, cast.outsider),
        ("Directrice", Role.PILOT, cast.commissaire),
        ("Directeur général", Role.VALIDATOR, cast.adjointe),
        ("Secrétariat", Role.CLERK, cast.vice_procureur),
    ):
        office = organisation.offices.create(title=title, role=role)
        office.mandates.create(person=person, starts_on="2026-01-01")
    return organisation


def resolution(number: str) -> dict[str, Any]:
    today = timezone.localdate()
    days = dict.fromkeys(("session_on", "published_on", "transmitted_on", "received_on"), today)
    return {"number": number, "outcome": "adopted", "votes_for": 20, **days}


def approval_of(contract: Contract) -> tuple[str, str]:
    """Where the approval stands on the timeline, read anew."""
    [found] = [step for step in steps(Contract.objects.get(pk=contract.pk)) if step.code == "approve"]
    return found.look, found.detail


@pytest.fixture
def opened(cast: Cast) -> Contract:
    second_commune(cast)
    contract = road.prepared(cast, road.browser(cast.pilote_ville))
    bourg = Organisation.objects.get(code="org-bourg")
    both = [cast.organisation("org-ville"), bourg]
    acts.save_perimeter(
        cast.pilote_ville,
        contract.pk,
        communes=both,
        groups=[],
        territory="Orme",
        period_start=contract.period_start,
        period_end=contract.period_end,
    )
    acts.add_place(cast.pilote_ville, contract.pk, bourg.offices.get(role=Role.HEAD))
    last = contract.signatories.order_by("-order")[0]
    acts.save_places(
        cast.pilote_ville,
        contract.pk,
        {last.pk: {"needs_council_resolution": True, "council_id": bourg.pk}},
    )
    acts.open_contract(cast.pilote_ville, contract.pk)
    road.committed(contract, bourg)
    certify_signatories(contract)
    return contract


def test_each_mayor_waits_for_their_own_council(cast: Cast, opened: Contract) -> None:
    contract = Contract.objects.get(pk=opened.pk)
    city, bourg = cast.organisation("org-ville"), Organisation.objects.get(code="org-bourg")
    assert contract.communes == ["Clairval-sur-Orme", "Bourg-sur-Orme"]
    assert parties.pilots(contract) == [cast.organisation("org-pref"), city, bourg]
    assert parties.pilot(contract, Part.CITY_PILOT) == city
    assert councils_of(contract) == [city, bourg]
    assert len(plot.tasks(contract, "draft")) == 3
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    assert len(plot.tasks(contract, "approve")) == 3
    assert approval_of(contract) == ("now", "0 sur 3")
    plot.approve_all(contract)
    assert approval_of(contract)[0] == "done", "all three"
    assert len(plot.tasks(contract, "council_resolution")) == 2

    plot.sign_next(contract)  # the prefect
    run_jobs()
    assert plot.tasks(contract, "sign") == []
    second = plot.task(contract, "council_resolution", bourg)
    council_acts.record_resolution(plot.entitled(second), second.pk, facts=resolution("B-1"))
    assert plot.tasks(contract, "sign") == [], "the other commune's council authorises nothing here"
    first = plot.task(contract, "council_resolution", city)
    council_acts.record_resolution(plot.entitled(first), first.pk, facts=resolution("C-1"))
    assert {r.organisation for r in CouncilResolution.objects.filter(version__contract=contract)} == {
        city,
        bourg,
    }
    for mayor in (cast.maire, cast.outsider):
        waiting = plot.task(contract, "sign")
        assert plot.entitled(waiting) == mayor
        signing_acts.sign(mayor, waiting.pk, **plot.confirm(mayor, contract))
        run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    assert journal.first_break() is None


def test_a_commune_whose_council_says_no_sends_the_text_back_for_all(cast: Cast, opened: Contract) -> None:
    contract = Contract.objects.get(pk=opened.pk)
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    plot.approve_all(contract)
    second = plot.task(contract, "council_resolution", Organisation.objects.get(code="org-bourg"))
    facts = {
        "number": "B-2",
        "outcome": "rejected",
        "votes_for": 1,
        "votes_against": 9,
        "session_on": timezone.localdate(),
        "reason": "Trop cher.",
    }
    council_acts.record_resolution(plot.entitled(second), second.pk, facts=facts)
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert len(plot.tasks(contract, "draft")) == 3
    assert plot.tasks(contract, "council_resolution") == []


def test_each_stamp_cites_the_resolution_of_its_own_council(cast: Cast, opened: Contract) -> None:
    contract = Contract.objects.get(pk=opened.pk)
    city, bourg = cast.organisation("org-ville"), Organisation.objects.get(code="org-bourg")
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    plot.approve_all(contract)
    for council, number in ((bourg, "B-1"), (city, "C-1")):
        waiting = plot.task(contract, "council_resolution", council)
        council_acts.record_resolution(plot.entitled(waiting), waiting.pk, facts=resolution(number))
    plot.sign_next(contract)  # the prefect
    stamps = {}
    for mayor in (cast.maire, cast.outsider):
        waiting = plot.task(contract, "sign")
        signing_acts.sign(mayor, waiting.pk, **plot.confirm(mayor, contract))
        act = SigningAct.objects.get(task=waiting)
        stamps[mayor.pk] = " ".join(act.request.stamp_lines)
        run_jobs()
    assert "C-1" in stamps[cast.maire.pk]
    assert "B-1" in stamps[cast.outsider.pk], stamps
    assert "C-1" not in stamps[cast.outsider.pk], "the other commune's council authorises nothing here"
