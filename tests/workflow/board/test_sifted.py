"""What is kept of a long list: contracts by where they stand and who is awaited, commitments, actors."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone
from viewflow.workflow.models import Task

from contracts.models import Commitment, Contract, Status
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.workflow.live_parts import live_parts
from tests.workflow.sockets import logged_in


def found(person: User, **asked: str) -> list[Contract]:
    page = logged_in(person).get(reverse("contract_list"), asked)
    assert page.status_code == 200
    return list(page.context["page"].rows)


def test_contracts_are_kept_by_where_they_stand_and_who_is_awaited(cast: Cast) -> None:
    contract = plot.at_review(cast)
    pilot, reviewer = cast.pilote_ville, cast.bailleur_oh
    assert found(pilot, etat="in_review") == [contract]
    assert contract in found(pilot, etat="en-cours") and contract not in found(pilot, etat="drafting")
    assert found(pilot, etat="termines") == found(pilot, etat="signed") == []
    assert found(reviewer, attente="moi") == [contract]
    assert contract not in found(pilot, attente="moi"), "nothing of the pilot's is awaited"
    assert found(pilot, attente="retard") == found(reviewer, attente="mon-retard") == []
    late = (timezone.localdate() - dt.timedelta(days=1)).isoformat()
    for waiting in plot.tasks(contract, "review"):
        Task.objects.filter(pk=waiting.pk).update(data={**waiting.data, "due_on": late})
    assert found(pilot, attente="retard", etat="in_review") == found(reviewer, attente="mon-retard")
    assert found(pilot, attente="retard") == [contract]
    assert found(cast.outsider, attente="retard") == found(cast.outsider, etat="en-cours") == []
    assert contract in found(pilot, etat="'; --", attente="\x00"), "what means nothing keeps nothing out"


def test_the_pages_of_a_sifted_list_keep_what_was_chosen(cast: Cast) -> None:
    contract = plot.at_review(cast)
    page = logged_in(cast.pilote_ville).get(
        reverse("contract_list"), {"etat": "en-cours", "q": contract.reference, "attente": "retard"}
    )
    assert page.context["kept"] == "etat=en-cours&attente=retard"
    assert "Aucun contrat ne répond à ces choix." in page.content.decode()
    assert str(Status.IN_REVIEW.label) in page.content.decode()


def test_commitments_are_kept_by_who_leads_and_by_their_day(cast: Cast) -> None:
    contract = plot.at_review(cast)
    first, *others = Commitment.objects.filter(volet__contract=contract).order_by("volet__order", "order")
    with as_owner():
        Commitment.objects.filter(pk=first.pk).update(due_date=timezone.localdate() - dt.timedelta(days=1))
    leader = logged_in(User.objects.filter(mandates__office__organisation=first.lead)[0])
    address = reverse("contract", args=[contract.pk])

    def shown(**asked: str) -> set[int]:
        page = leader.get(address, asked).content.decode()
        return {row.pk for row in [first, *others] if f'id="engagement-{row.pk}"' in page}

    everything = {row.pk for row in [first, *others]}
    ours = {row.pk for row in [first, *others] if row.lead_id == first.lead_id}
    assert shown() == shown(responsable="x", echeance="jamais") == everything
    assert shown(responsable="nous") == shown(responsable=str(first.lead_id)) == ours != everything
    assert shown(echeance="passee") == {first.pk}
    assert shown(responsable=str(10**17)) == set()
    assert "0 engagement sur" in leader.get(address, {"responsable": "1" * 18}).content.decode()
    assert logged_in(cast.outsider).get(address, {"responsable": "nous"}).status_code == 404


def test_each_actor_s_row_says_its_state_for_the_choice_above_it(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.opine(contract, plot.tasks(contract, "review")[0], "unfavourable", "Non.")
    part = live_parts(logged_in(cast.pilote_ville), contract)["acteurs"]
    assert part.count('data-look="now"') == 1
    assert part.count('data-look="stop"') == 1
    assert "Aucun acteur dans cet état." in part
