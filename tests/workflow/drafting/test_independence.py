"""The prosecutor is independent of the prefect; legality, the clerk and the authors stand apart."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Commitment
from stakeholders.actions import appoint
from stakeholders.models import Office, Role, User
from tests import plot
from tests.cast import Cast, small_contract
from tests.stage import run_jobs
from workflow.council import acts as council_acts
from workflow.drafting import access as drafting_access
from workflow.drafting import acts as drafting_acts
from workflow.opinions import acts as opinions_acts
from workflow.opinions import rules as opinions_rules
from workflow.procedures import recall
from workflow.record.refusals import NotAllowed
from workflow.standing.standings import standing_to_act
from workflow.tasks import lists, transfers


@pytest.fixture
def justice(cast: Cast) -> Commitment:
    """A commitment that the prosecution leads, in Clairval's draft."""
    plot.opened(cast.contract)
    return Commitment.objects.filter(
        volet__contract=cast.contract, lead=cast.organisation("org-parquet")
    ).order_by("pk")[0]


def form_of(client: Client, address: str) -> dict[str, Any]:
    """Return what the page's form would send unchanged."""
    form = client.get(address).context["form"]
    data: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        data[bound.html_name] = "" if value is None else value
    return data


def address_of(name: str, row: Commitment) -> str:
    return reverse(name, args=[row.volet.contract_id, row.pk])


def test_the_prefecture_cannot_edit_move_or_delete_what_the_prosecutor_leads(
    cast: Cast, justice: Commitment, client: Client
) -> None:
    client.force_login(cast.pilote_prefecture)
    data = form_of(client, address_of("commitment_edit", justice)) | {"title": "Réécrit par la préfecture"}
    answer = client.post(address_of("commitment_edit", justice), data)
    assert answer.status_code == 403
    assert "autorité indépendante du préfet" in answer.content.decode()
    for name in ("commitment_delete", "commitment_move"):
        assert client.post(address_of(name, justice), {"direction": "up"}).status_code == 403
    justice.refresh_from_db()
    assert justice.title != "Réécrit par la préfecture"
    page = client.get(reverse("draft_editor", args=[cast.contract.pk])).content.decode()
    assert f'{address_of("commitment_edit", justice)}"' not in page
    assert "Autorité indépendante du préfet" in page


def test_what_the_prosecutor_contributes_to_is_not_deleted_with_its_chapter(
    cast: Cast, justice: Commitment, client: Client
) -> None:
    parquet = cast.organisation("org-parquet")
    shared = Commitment.objects.filter(volet__contract=cast.contract, contributors=parquet).exclude(
        lead=parquet
    )[0]
    volet = shared.volet
    volet.commitments.filter(lead=parquet).delete()
    client.force_login(cast.pilote_prefecture)
    answer = client.post(reverse("volet_delete", args=[cast.contract.pk, volet.pk]))
    assert answer.status_code == 403
    assert volet.commitments.filter(pk=shared.pk).exists()
    page = client.get(reverse("draft_editor", args=[cast.contract.pk])).content.decode()
    assert f"Autorité indépendante du préfet\N{NO-BREAK SPACE}: {parquet.short_name}" in page
    assert f"préfet\N{NO-BREAK SPACE}: {shared.lead.short_name}" not in page
    address = reverse("volet_delete", args=[cast.contract.pk, volet.pk])
    assert address not in page, "no button that would be refused"
    client.force_login(cast.pilote_ville)
    assert address in client.get(reverse("draft_editor", args=[cast.contract.pk])).content.decode()
    assert client.post(address).status_code == 302


def test_the_prefecture_cannot_assign_anything_to_the_prosecutor(
    cast: Cast, justice: Commitment, client: Client
) -> None:
    own = Commitment.objects.filter(volet__contract=cast.contract, lead=cast.organisation("org-pref"))[0]
    client.force_login(cast.pilote_prefecture)
    for change in (
        {"lead": cast.organisation("org-parquet").pk, "owner": ""},
        {"contributors": [cast.organisation("org-parquet").pk]},
    ):
        data = form_of(client, address_of("commitment_edit", own)) | change
        answer = client.post(address_of("commitment_edit", own), data)
        assert answer.status_code == 403, change
    own.refresh_from_db()
    assert own.lead == cast.organisation("org-pref")
    assert cast.organisation("org-parquet") not in own.contributors.all()


def test_the_prosecutor_edits_what_the_prosecution_leads_and_nothing_else(
    cast: Cast, justice: Commitment, client: Client
) -> None:
    client.force_login(cast.procureure)
    data = form_of(client, address_of("commitment_edit", justice)) | {"title": "Écrit par le parquet"}
    assert client.post(address_of("commitment_edit", justice), data).status_code == 302
    justice.refresh_from_db()
    assert justice.title == "Écrit par le parquet"
    other = Commitment.objects.filter(volet__contract=cast.contract).exclude(
        lead=cast.organisation("org-parquet")
    )[0]
    data = form_of(client, address_of("commitment_edit", other)) | {"title": "Écrit par le parquet"}
    assert client.post(address_of("commitment_edit", other), data).status_code == 403
    for name in ("contract_edit", "volet_add"):
        page = reverse(name, args=[cast.contract.pk])
        assert client.post(page, form_of(client, page) | {"title": "Autre"}).status_code in {403, 422}
    cast.contract.refresh_from_db()
    assert cast.contract.title != "Autre"
    for person in (cast.bailleur_oh, cast.ddpn, cast.outsider):
        client.force_login(person)
        assert client.get(address_of("commitment_edit", justice)).status_code == 404


def test_the_city_still_writes_the_whole_draft(cast: Cast, justice: Commitment, client: Client) -> None:
    client.force_login(cast.pilote_ville)
    data = form_of(client, address_of("commitment_edit", justice)) | {"title": "Proposé par la ville"}
    assert client.post(address_of("commitment_edit", justice), data).status_code == 302


def test_nobody_of_the_prefecture_is_given_the_prosecutors_tasks(cast: Cast) -> None:
    plot.opened(cast.contract)
    plot.draft_and_freeze(cast.contract)
    review = plot.task(cast.contract, "review", cast.organisation("org-parquet"))
    for person in (cast.prefete, cast.dircab, cast.secretaire_generale, cast.pilote_prefecture):
        assert standing_to_act(person, review) is None
        receiver = person.mandates.get()
        with pytest.raises(NotAllowed):
            transfers.transfer_task(person, review.pk, receiver=receiver, reason="Je m’en charge.")
    assert standing_to_act(cast.vice_procureur, review)


def test_the_control_of_legality_is_incompatible_with_the_rest(cast: Cast) -> None:
    pilots_office = cast.pilote_prefecture.mandates.get().office
    with pytest.raises(ValidationError) as refused:
        appoint(
            cast.legalite,
            Office.objects.create(
                organisation=pilots_office.organisation, title="Second pilote", role=Role.PILOT
            ),
            starts_on=timezone.localdate(),
            actor=cast.admin,
        )
    assert "contrôle de légalité" in str(refused.value).lower()
    control = Office.objects.create(
        organisation=pilots_office.organisation, title="Légalité bis", role=Role.LEGALITY
    )
    for person in (cast.pilote_prefecture, cast.prefete):
        with pytest.raises(ValidationError):
            appoint(person, control, starts_on=timezone.localdate(), actor=cast.admin)
    newcomer = User.objects.create_user("legalite2@pref-orme.example")
    assert appoint(newcomer, control, starts_on=timezone.localdate(), actor=cast.admin)
    contract = plot.opened(small_contract(cast))
    assert drafting_access.right_for(cast.legalite, contract) is None
    assert not lists.tasks_of(cast.legalite)


def test_only_the_clerk_records_the_resolution(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "council_resolution")
    for person in (cast.maire, cast.dgs, cast.pilote_ville, cast.adjointe, cast.prefete, cast.legalite):
        with pytest.raises(NotAllowed):
            council_acts.record_resolution(person, waiting.pk, facts=plot.resolution())
    council_acts.record_resolution(cast.greffe, waiting.pk, facts=plot.resolution())


def test_nobody_approves_the_version_that_they_wrote(cast: Cast, client: Client) -> None:
    """The pilot of the city also holds the validation: somebody else must approve."""
    town = cast.organisation("org-ville")
    validation = Office.objects.create(organisation=town, title="Validation bis", role=Role.VALIDATOR)
    appoint(
        cast.pilote_ville, validation, starts_on=timezone.localdate() - dt.timedelta(days=1), actor=cast.admin
    )
    contract = plot.opened(small_contract(cast))
    for waiting in plot.tasks(contract, "draft"):
        user = cast.pilote_ville if waiting.owner_permission_obj == town else plot.entitled(waiting)
        drafting_acts.submit_draft(user, waiting.pk)
    freeze = plot.task(contract, "freeze")
    drafting_acts.freeze_version(cast.pilote_ville, freeze.pk)
    run_jobs()
    plot.review_all(contract)
    approval = plot.task(contract, "approve", town)
    pdf = plot.version(contract).pdf_sha256
    with pytest.raises(NotAllowed) as refused:
        opinions_acts.approve(cast.pilote_ville, approval.pk, approved=True, reason="", pdf_sha256=pdf)
    client.force_login(cast.pilote_ville)
    page = client.get(reverse("task", args=[contract.pk, approval.pk])).content.decode()
    assert "une autre personne de votre organisation doit l’approuver" in page
    assert "Enregistrer ma décision" not in page
    assert "rédigé, modifié ou figé" in refused.value.message
    opinions_acts.approve(cast.dgs, approval.pk, approved=True, reason="", pdf_sha256=pdf)


def test_who_changed_the_draft_wrote_it_even_if_a_colleague_said_it_was_ready(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    town = cast.organisation("org-ville")
    colleague = User.objects.create_user("colleague@clairval.example", last_name="Collègue")
    office = Office.objects.create(organisation=town, title="Second pilote", role=Role.PILOT)
    appoint(colleague, office, starts_on=timezone.localdate(), actor=cast.admin)
    with drafting_acts.changing_draft(colleague, contract.pk):
        contract.volets.update(text="Écrit par le second pilote.")
    first = plot.draft_and_freeze(contract)
    assert first.frozen_by != colleague
    assert opinions_rules.why_not_approve(colleague, first)
    assert not opinions_rules.why_not_approve(cast.dgs, first)
    recall.recall_version(cast.pilote_ville, contract.pk, reason="Une faute.")
    second = plot.draft_and_freeze(contract)
    assert not opinions_rules.why_not_approve(colleague, second), "they changed nothing of this one"


def test_the_contract_says_to_whom_it_concerns_why_they_have_no_button(cast: Cast, client: Client) -> None:
    contract = plot.at_signing(cast)
    apart, clerk_alone = "Le contrôle de légalité se tient à part", "Seul le service des assemblées"
    for reader, told in (
        (cast.legalite, {apart}),
        (cast.dgs, {clerk_alone}),
        (cast.greffe, set()),
        (cast.prefete, set()),
        (cast.bailleur_oh, set()),
    ):
        client.force_login(reader)
        page = client.get(reverse("contract", args=[contract.pk])).content.decode()
        assert {sentence for sentence in (apart, clerk_alone) if sentence in page} == told, reader
