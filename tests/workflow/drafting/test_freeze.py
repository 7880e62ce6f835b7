"""Before a version is frozen its page says all that freezing does; what is frozen is what it showed."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest
from django.test import Client
from django.urls import reverse

from contracts.canonical import content_of, digest
from contracts.differences import Shown, read_shown, shown
from contracts.models import Commitment, Contract, Participation, Signatory, Volet
from stakeholders.actions import withdraw_mandate
from stakeholders.wording import day
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.stage import run_jobs
from tests.workflow.drafting.test_independence import form_of
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.drafting import acts
from workflow.drafting.readiness import readiness
from workflow.engine.tasks import due_on
from workflow.record.refusals import Invalid


def at_freeze(cast: Cast) -> Contract:
    contract = plot.opened(small_contract(cast))
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    return contract


def address_of(contract: Contract) -> str:
    return reverse("task", args=[contract.pk, plot.task(contract, "freeze").pk])


def posted(client: Client, contract: Contract) -> dict[str, str]:
    """Return what the page's form sends when one clicks."""
    return {"label": "Première version", "shown": form_of(client, address_of(contract))["shown"]}


def test_one_click_freezes_what_was_shown(cast: Cast) -> None:
    contract = at_freeze(cast)
    pilot = logged_in(cast.pilote_ville)
    page = pilot.get(address_of(contract)).content.decode()
    assert "n’a pas encore rendu d’avis" in page
    assert "Ce qui change depuis" not in page, "there is no version to compare with"
    expected = digest(content_of(contract))
    answer = pilot.post(address_of(contract), posted(pilot, contract))
    assert answer.status_code == 302
    version = plot.version(contract)
    assert (version.content_sha256, version.label) == (expected, "Première version")


def test_a_draft_that_moved_is_shown_anew_with_what_changed(cast: Cast) -> None:
    contract = at_freeze(cast)
    pilot, address = logged_in(cast.pilote_ville), address_of(contract)
    sent = posted(pilot, contract)
    rows = list(Commitment.objects.filter(volet__contract=contract))
    Commitment.objects.filter(pk=rows[0].pk).update(due_date=dt.date(2030, 5, 4))
    rows[1].delete()
    contract.volets.filter(order=2).update(text="Un mot de plus.")
    answer = pilot.post(address, sent)
    said = answer.content.decode()
    assert answer.status_code == 409
    assert not contract.versions.exists(), "nothing is frozen"
    assert "rien n’a été figé" in said
    assert "1.1 Porter la police" in said
    assert "1.2 Sécuriser 38 halls (supprimé)" in said
    assert "Textes des volets" in said
    assert "3.1" not in said
    assert 'value="Première version"' in said, "nothing typed is lost"
    again = {**sent, "shown": answer.context["form"]["shown"].value()}
    assert pilot.post(address, again).status_code == 302
    assert plot.version(contract).content_sha256 == digest(content_of(contract))


@pytest.mark.parametrize("text", ["", "[", "7", "[1]", '["x", 3]', '["x", {"a": 1}]', "[" * 9000, "\\u0000"])
def test_a_form_that_says_nothing_of_what_was_shown_freezes_nothing(text: str) -> None:
    assert read_shown(text).digest in {"", "x"}


def test_what_was_shown_comes_back_as_it_was(players: Cast) -> None:
    content = content_of(small_contract(players))
    assert read_shown(shown(content).written()) == shown(content)
    assert shown(content).moved(content) == []
    assert len(Shown("", {}).moved(content)) > 3


@pytest.mark.race
def test_of_a_save_and_a_freeze_at_once_what_is_frozen_is_what_was_shown(cast: Cast) -> None:
    contract = at_freeze(cast)
    seen = shown(content_of(contract))
    waiting = plot.task(contract, "freeze")

    def save() -> None:
        with acts.changing_draft(cast.pilote_prefecture, contract.pk):
            Volet.objects.filter(contract=contract, order=1).update(text="Écrit au même instant.")

    at_once(partial(acts.freeze_version, cast.pilote_ville, waiting.pk, shown=seen), save)
    versions = list(contract.versions.all())
    text = contract.volets.get(order=1).text
    if versions:
        assert versions[0].content_sha256 == seen.digest
    else:
        assert text == "Écrit au même instant."


def framework_of(contract: Contract) -> str:
    return reverse("contract_framework", args=[contract.pk])


def test_each_thing_that_lacks_leads_to_its_field(cast: Cast) -> None:
    contract = at_freeze(cast)
    rows = list(Commitment.objects.filter(volet__contract=contract))
    Commitment.objects.filter(pk=rows[0].pk).update(
        due_date=None, indicator="", lead=cast.organisation("org-rail")
    )
    empty = Volet.objects.create(contract=contract, title="Rien encore", order=3)
    page = logged_in(cast.pilote_ville).get(address_of(contract)).content.decode()
    edit = reverse("commitment_edit", args=[contract.pk, rows[0].pk])
    for field in ("due_date", "indicator", "owner", "lead"):
        assert f'href="{edit}#id_{field}"' in page, field
        assert f'id="id_{field}"' in logged_in(cast.pilote_ville).get(edit).content.decode(), field
    assert f"#volet-{empty.pk}" in page
    assert "ne sera pas consultée" in page
    assert f'{framework_of(contract)}#participants"' in page
    assert "data-blocking" not in page


def test_a_place_that_nobody_can_fill_is_pointed_out(cast: Cast) -> None:
    contract = at_freeze(cast)
    place = contract.signatories.get(order=2)
    assert not [p for p in readiness(contract, content_of(contract)).warnings if place.capacity in p.sentence]
    withdraw_mandate(cast.maire.mandates.get(), actor=None)
    contract = Contract.objects.get(pk=contract.pk)
    (said,) = [p for p in readiness(contract, content_of(contract)).warnings if place.capacity in p.sentence]
    assert "Personne ne pourrait signer" in said.sentence
    assert [link for _name, link in said.links] == [framework_of(contract) + "#signataires"]


def test_a_text_without_a_commitment_or_a_party_is_not_frozen(cast: Cast) -> None:
    contract = at_freeze(cast)
    waiting = plot.task(contract, "freeze")
    with as_owner():
        Signatory.objects.filter(contract=contract, order=1).delete()
        Commitment.objects.filter(volet__contract=contract).delete()
    page = logged_in(cast.pilote_ville).get(address_of(contract)).content.decode()
    assert "data-blocking" in page
    assert "aucun engagement" in page
    assert "la partie de l’État" in page.replace("\u00a0", " ")
    assert f'{framework_of(contract)}#signataires"' in page
    assert 'id="signataires"' in logged_in(cast.pilote_ville).get(framework_of(contract)).content.decode()
    assert 'name="shown"' not in page, "there is nothing to click"
    with pytest.raises(Invalid, match="aucun engagement"):
        acts.freeze_version(cast.pilote_ville, waiting.pk)


def test_the_second_version_says_what_changes_and_whom_it_spares(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, landlord, "changes_requested", "Trop court.")
    plot.opine(contract, operator)
    Commitment.objects.filter(volet__contract=contract, volet__order=1, order=2).update(
        title="Sécuriser 40 halls"
    )
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    page = logged_in(cast.pilote_ville).get(address_of(contract)).content.decode()
    assert "<del>" in page and "Sécuriser 40 halls</ins>" in page
    assert "modifications demandées" in page
    assert "Une organisation n’est pas consultée à nouveau" in page
    assert Participation.objects.filter(contract=contract).count() == 4


def test_the_term_is_that_of_the_contract_s_own_calendar(cast: Cast) -> None:
    contract = at_freeze(cast)
    Contract.objects.filter(pk=contract.pk).update(days={"review": 3})
    contract.refresh_from_db()
    pilot, address = logged_in(cast.pilote_ville), address_of(contract)
    said = pilot.get(address).content.decode()
    assert pilot.post(address, posted(pilot, contract)).status_code == 302
    run_jobs()
    due = due_on(plot.tasks(contract, "review")[0])
    assert due is not None
    assert day(due) in said
