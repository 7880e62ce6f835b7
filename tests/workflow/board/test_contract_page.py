"""What the page of a contract says at each moment: what is missing, what may be read, what is over."""

from __future__ import annotations

from django.urls import reverse
from django.utils import timezone

from contracts.models import Part, Participation
from stakeholders.kinds import Power
from stakeholders.permissions import grant
from stakeholders.wording import day
from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import kept_asked
from tests.owner import as_owner
from tests.stage import run_jobs
from tests.workflow.live_parts import live_parts
from tests.workflow.sockets import logged_in
from workflow.board.circuit import circuit
from workflow.board.lanes import lanes, missing_opinions, never_asked
from workflow.drafting import acts as drafting_acts
from workflow.guests import acts as guests_acts


def test_what_is_awaited_comes_first_and_what_is_missing_is_counted(cast: Cast) -> None:
    contract = plot.at_review(cast)
    assert missing_opinions(contract) == 2
    landlord = plot.task(contract, "review", cast.organisation("org-oh"))
    plot.opine(contract, landlord)
    assert missing_opinions(contract) == 1
    found = lanes(contract)
    assert [lane.look for lane in found] == ["now", "done", "done", "done"]
    today = day(timezone.now())
    said = next(lane for lane in found if lane.organisation_id == landlord.seed.pk)
    assert said.detail == f"sur la version 1, le {today}"
    assert "1 avis manquant</b>" in live_parts(logged_in(cast.pilote_ville), contract)["acteurs"]


def test_a_pilot_who_has_finished_is_said_so_with_the_day(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    waiting = plot.task(contract, "draft", cast.organisation("org-pref"))
    drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    lane = next(row for row in lanes(contract) if row.organisation_id == cast.organisation("org-pref").pk)
    assert (lane.look, lane.word, lane.detail) == ("done", "rédaction terminée", f"le {day(timezone.now())}")


def test_who_leads_a_commitment_and_is_asked_nothing_is_named(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    assert never_asked(contract) == []
    associate = cast.organisation("org-cl")
    Participation.objects.create(contract=contract, organisation=associate, part=Part.OBSERVER)
    grant(Power.VIEW, associate, contract)
    commitment = contract.volets.all()[0].commitments.all()[0]
    commitment.lead = associate
    commitment.save()
    assert never_asked(contract) == [(associate, [commitment.number])]
    page = logged_in(cast.pilote_ville).get(reverse("contract", args=[contract.pk])).content.decode()
    assert "sans qu’aucun avis leur soit demandé" in page
    with as_owner():
        Participation.objects.filter(contract=contract, organisation=associate).delete()
    assert never_asked(contract) == [(associate, [commitment.number])], "nor one that takes no part at all"


def test_the_version_is_read_as_soon_as_it_is_printed(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    reader = logged_in(cast.pilote_ville)
    version = reverse("version", args=[contract.pk, 1])
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    drafting_acts.freeze_version(cast.pilote_ville, plot.task(contract, "freeze").pk)
    for part in ("entete", "resume"):
        assert version not in live_parts(reader, contract)[part], "not printed yet"
    run_jobs()
    for part in ("entete", "resume"):
        assert version in live_parts(reader, contract)[part]
    assert "Lire la version 1 (PDF)" in live_parts(reader, contract)["entete"]


def test_a_signed_contract_raises_no_alarm_and_offers_nothing_stale(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    guests_acts.report(link.identifier, reason="Ce n’est pas mon service.")
    reader = logged_in(cast.pilote_ville)
    contacts, editor = reverse("contacts", args=[contract.pk]), reverse("draft_editor", args=[contract.pk])
    before = live_parts(reader, contract)["entete"]
    for shown in ("ne la concerne pas", contacts, editor):
        assert shown in before
    plot.review_all(contract)
    plot.approve_all(contract)
    plot.sign_next(contract)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    after = live_parts(reader, contract)["entete"]
    for gone in ("ne la concerne pas", contacts, editor):
        assert gone not in after
    assert reverse("result", args=[contract.pk]) in after


def test_the_circuit_is_a_list_too(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.opine(contract, plot.tasks(contract, "review")[0])
    looks = {stop.code: (stop.look, stop.label) for stop in circuit(contract)}
    assert looks["draft"] == ("done", "2 sur 2")
    assert looks["review"] == ("now", "1 sur 2")
    assert looks["seal"] == ("wait", "")
    assert list(looks)[:3] == ["draft", "freeze", "render"]
    page = logged_in(cast.pilote_ville).get(reverse("contract", args=[contract.pk])).content.decode()
    assert reverse("contract_bpmn", args=[contract.pk]) in page
    assert 'data-row="stop-review"' in page, "without any script"
