"""A pilot opens a contract by five pages: each saved, each refusing what it must, none seen by others."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Part, Status
from stakeholders.kinds import Power
from stakeholders.permissions import organisations_holding
from tests import plot
from tests.cast import Cast
from tests.workflow.opening import road
from workflow.engine.models import Circuit
from workflow.engine.tasks import due_on
from workflow.opening import acts
from workflow.record.models import JournalEntry
from workflow.record.refusals import AlreadyDone, Locked


@pytest.fixture
def pilot(cast: Cast) -> Client:
    return road.browser(cast.pilote_ville)


def test_the_button_is_first_for_who_may_and_for_nobody_else(cast: Cast) -> None:
    new = reverse("opening_new")
    for person, may in ((cast.pilote_ville, True), (cast.pilote_prefecture, True), (cast.maire, False)):
        client = road.browser(person)
        for page in ("contract_list", "inbox"):
            assert (new in client.get(reverse(page)).content.decode()) is may, (person, page)
        assert client.get(new).status_code == (200 if may else 404)
        assert client.post(new, road.initiative()).status_code == (302 if may else 404)
        Contract.objects.filter(reference=road.initiative()["reference"]).update(reference=f"r{person.pk}")


def test_five_pages_then_the_circuit_starts_with_what_they_said(cast: Cast, pilot: Client) -> None:
    contract = road.prepared(cast, pilot)
    assert contract.status == Status.OPENING
    assert "Ouvrir le contrat" in pilot.get(road.address(contract)).content.decode()
    answer = pilot.post(road.address(contract))
    assert answer.headers["Location"] == reverse("contract", args=[contract.pk])
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert contract.communes == ["Clairval-sur-Orme"]
    assert [f["label"] for f in contract.frameworks] == ["Contrat de ville", "Convention de coordination"]
    assert contract.volets.count() == 6
    assert [(p.capacity, p.needs_council_resolution) for p in contract.signatories.all()] == [
        ("Préfète de l’Orme, au nom de l’État", False),
        ("Maire de Clairval-sur-Orme", True),
    ]
    seeing = {o.code for o in organisations_holding(Power.VIEW, contract)}
    assert seeing == set(road.SMALL)
    # the days are the contract's own, in working days
    task = plot.tasks(contract, "draft")[0]
    assert due_on(task) == contract.calendar.after(timezone.localdate(), 20)
    assert pilot.get(reverse("contract", args=[contract.pk])).status_code == 200
    verbs = set(JournalEntry.objects.filter(contract=contract).values_list("verb", flat=True))
    assert {"opening_begun", "circuit_started"} <= verbs


def test_it_is_resumed_by_a_colleague_and_seen_by_nobody_else(cast: Cast, pilot: Client) -> None:
    contract = road.begun(pilot)
    assert contract.reference in pilot.get(reverse("opening_new")).content.decode()
    for person in (cast.outsider, cast.pilote_prefecture, cast.maire, cast.bailleur_oh, cast.admin):
        other = road.browser(person)
        for page in ("", "initiative", "perimetre", "participants", "signataires", "calendrier"):
            assert other.get(road.address(contract, page)).status_code == 404, (person, page)
            assert other.post(road.address(contract, page)).status_code in (404, 403), (person, page)
        assert other.get(reverse("contract", args=[contract.pk])).status_code == 404
        assert contract.reference not in other.get(reverse("contract_list")).content.decode()
    assert pilot.get(reverse("contract", args=[contract.pk])).status_code == 404
    assert contract.reference not in pilot.get(reverse("contract_list")).content.decode()


def test_the_reference_and_the_title_are_proposed_where_they_are_left_empty(pilot: Client) -> None:
    year = timezone.localdate().year
    first = road.begun(pilot, reference="", title="")
    second = road.begun(pilot, reference="", title="", kind="coordination")
    third = road.begun(pilot, reference="", letter_text="autre")
    assert (first.reference, third.reference) == (f"CSI-{year}-001", f"CSI-{year}-002")
    assert second.reference == f"CC-{year}-001"
    assert second.title == "Convention de coordination, Clairval-sur-Orme"


def test_a_letter_is_a_pdf_and_comes_back(pilot: Client, cast: Cast) -> None:
    new = reverse("opening_new")
    fake = SimpleUploadedFile("lettre.pdf", b"PK not a pdf", "application/pdf")
    answer = pilot.post(new, road.initiative(letter=fake))
    assert answer.status_code == 422
    assert "PDF" in answer.content.decode()
    assert "Monsieur le préfet" in answer.content.decode(), "what was typed is kept"
    contract = road.begun(pilot, letter=SimpleUploadedFile("lettre.pdf", road.PDF, "application/pdf"))
    letter = pilot.get(reverse("opening_letter", args=[contract.pk]))
    assert letter.getvalue() == road.PDF
    assert "attachment" in letter.headers["Content-Disposition"]
    assert road.browser(cast.outsider).get(reverse("opening_letter", args=[contract.pk])).status_code == 404
    road.sent(pilot, contract, "initiative", road.initiative(do="stay"))  # without a file: the letter stays
    assert pilot.get(reverse("opening_letter", args=[contract.pk])).status_code == 200


@pytest.mark.parametrize(
    ("slug", "facts", "said"),
    [
        ("initiative", {"kind": ""}, "Choisissez la nature"),
        ("initiative", {"kind": "nothing"}, "nothing"),
        ("initiative", {"title": "a\u202eb"}, "inversion du sens"),
        ("initiative", {"letter_on": "0026-01-01"}, "pas plausible"),
        ("perimetre", {"communes": []}, "au moins une commune"),
        ("perimetre", {"period_end": "2027-02-15"}, "après son début"),
        ("perimetre", {"period_start": "1990-01-01"}, "trop ancien"),
        ("perimetre", {"territory": "\x00"}, "U+0000"),
        ("calendrier", {"days-draft": "0"}, "supérieure ou égale à 1"),
        ("calendrier", {"days-draft": "123456789012"}, "366"),
        ("calendrier", {"days-sign": "2,5"}, "nombre entier"),
        ("calendrier", {"zone": "GES"}, "GES"),
        ("calendrier", {"target_date": "31/13/2027"}, "date"),
    ],
)
def test_a_page_refuses_what_cannot_be_and_keeps_the_rest(
    cast: Cast, pilot: Client, slug: str, facts: dict[str, Any], said: str
) -> None:
    contract = road.begun(pilot)
    city = cast.organisation("org-ville")
    road.sent(pilot, contract, "perimetre", road.perimeter(city))
    good = {
        "initiative": road.initiative(),
        "perimetre": road.perimeter(city),
        "calendrier": road.calendar(),
    }[slug]
    before = Contract.objects.filter(pk=contract.pk).values().get()
    answer = pilot.post(road.address(contract, slug), {**good, **facts})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert Contract.objects.filter(pk=contract.pk).values().get() == before


def test_a_reference_that_is_taken_is_refused_and_said(cast: Cast, pilot: Client) -> None:
    answer = pilot.post(reverse("opening_new"), road.initiative(reference=cast.contract.reference))
    assert answer.status_code == 422
    assert "déjà celle d’un autre contrat" in answer.content.decode()
    contract = road.begun(pilot)
    answer = pilot.post(
        road.address(contract, "initiative"), road.initiative(reference=cast.contract.reference)
    )
    assert answer.status_code == 422


def test_a_part_that_an_organisation_cannot_have_is_refused(cast: Cast, pilot: Client) -> None:
    contract = road.begun(pilot)
    answer = pilot.post(road.address(contract, "participants"), road.parts(cast, {"org-oh": "state_pilot"}))
    assert answer.status_code == 422
    assert not contract.participations.filter(part=Part.STATE_PILOT).exists()


def test_nothing_is_opened_while_something_is_missing(cast: Cast, pilot: Client) -> None:
    contract = road.begun(pilot)
    page = pilot.get(road.address(contract)).content.decode()
    assert "Périmètre et durée" in page
    assert "Aucune organisation ne pilote le contrat pour l’État" in page
    assert "Ouvrir le contrat</button>" not in page
    answer = pilot.post(road.address(contract))
    assert answer.status_code == 422
    assert not Circuit.objects.filter(contract=contract).exists()


def test_who_comes_second_is_told_who_opened_it(cast: Cast, pilot: Client) -> None:
    contract = road.prepared(cast, pilot)
    acts.open_contract(cast.pilote_ville, contract.pk)
    with pytest.raises(AlreadyDone, match=str(cast.pilote_ville)):
        acts.open_contract(cast.pilote_ville, contract.pk)
    with pytest.raises(Locked):
        acts.save_places(cast.pilote_ville, contract.pk, {})
    assert Circuit.objects.filter(contract=contract).count() == 1
    assert pilot.get(road.address(contract, "calendrier")).status_code == 404
    late = pilot.post(road.address(contract, "calendrier"), road.calendar())
    assert late.status_code == 409
    assert "déjà ouvert" in late.content.decode()
    assert pilot.post(road.address(contract)).status_code == 409


def test_a_preparation_that_is_dropped_frees_its_reference(cast: Cast, pilot: Client) -> None:
    contract = road.begun(pilot)
    drop = reverse("opening_drop", args=[contract.pk])
    assert pilot.post(drop, {"reason": " "}).status_code == 422
    assert pilot.post(drop, {"reason": "La ville renonce."}).status_code == 302
    contract.refresh_from_db()
    assert contract.status == Status.ABANDONED
    assert contract.abandonment.reason == "La ville renonce."
    assert road.begun(pilot).pk != contract.pk
    assert pilot.get(road.address(contract)).status_code == 404


def test_the_order_is_changed_by_buttons_and_the_register_says_who_could_sign(
    cast: Cast, pilot: Client
) -> None:
    contract = road.begun(pilot)
    road.sent(pilot, contract, "perimetre", road.perimeter(cast.organisation("org-ville")))
    road.sent(pilot, contract, "participants", road.parts(cast, {**road.SMALL, "org-parquet": "reviewer"}))
    prefect, mayor = contract.signatories.all()
    page = pilot.get(road.address(contract, "signataires")).content.decode()
    assert "titulaire de la fonction" in page
    assert str(cast.prefete) in page
    road.sent(pilot, contract, "signataires", road.places(contract, do=f"down-{prefect.pk}"))
    assert [p.pk for p in contract.signatories.order_by("order")] == [mayor.pk, prefect.pk]
    road.sent(pilot, contract, "signataires", road.places(contract, do=f"down-{prefect.pk}"))
    assert [p.order for p in contract.signatories.order_by("order")] == [1, 2]
    office = cast.procureure.mandates.get().office
    road.sent(pilot, contract, "signataires", road.places(contract, do="add", office=office.pk))
    added = contract.signatories.get(office=office)
    assert added.order == 3
    stranger = cast.outsider.mandates.get().office
    answer = pilot.post(
        road.address(contract, "signataires"), road.places(contract, do="add", office=stranger.pk)
    )
    assert answer.status_code == 422, "an office of nobody who takes part"
    road.sent(pilot, contract, "signataires", road.places(contract, do=f"remove-{mayor.pk}"))
    assert [p.order for p in contract.signatories.order_by("order")] == [1, 2]
    assert "n’a pas de place parmi les signataires" in pilot.get(road.address(contract)).content.decode()


def test_the_calendar_says_whether_the_target_holds(cast: Cast, pilot: Client) -> None:
    contract = road.begun(pilot)
    road.sent(pilot, contract, "perimetre", road.perimeter(cast.organisation("org-ville")))
    road.sent(pilot, contract, "participants", road.parts(cast, road.SMALL))
    city = cast.organisation("org-ville").pk
    soon = timezone.localdate() + dt.timedelta(days=30)
    early = {"target_date": soon.isoformat(), f"session-{city}": soon.isoformat(), "do": "stay"}
    road.sent(pilot, contract, "calendrier", road.calendar(**early))
    page = pilot.get(road.address(contract, "calendrier")).content.decode()
    assert "ne tient pas" in page
    assert "trop proche" in page
    road.sent(pilot, contract, "calendrier", road.calendar(do="stay"))
    assert "tient\u00a0: les délais" in pilot.get(road.address(contract, "calendrier")).content.decode()


def test_a_missing_organisation_is_asked_of_the_platform_s_administrators(cast: Cast, pilot: Client) -> None:
    contract = road.begun(pilot)
    asked = {
        "do": "ask",
        "ask-name": "Habitat des Rives",
        "ask-kind": "social_landlord",
        "ask-contact_name": "Mme Lou Perrin",
        "ask-contact_email": "lou.perrin@rives.example",
    }
    answer = pilot.post(road.address(contract, "participants"), asked)
    assert "Habitat des Rives" in answer.content.decode()
    assert contract.organisations_asked.get().contact_email == "lou.perrin@rives.example"
    again = pilot.post(road.address(contract, "participants"), {**asked, "ask-kind": "association"})
    assert again.status_code == 422
    half = {**asked, "ask-name": "Autre", "ask-contact_email": ""}
    assert pilot.post(road.address(contract, "participants"), half).status_code == 422


def test_looking_for_an_organisation_loses_nothing(cast: Cast, pilot: Client) -> None:
    contract = road.begun(pilot)
    typed = road.perimeter(period_rule="Une règle à moi", q="Arles", do="search")
    page = pilot.post(road.address(contract, "perimetre"), typed).content.decode()
    assert "Une règle à moi" in page
    assert f'value="{cast.organisation("org-a-ville").pk}"' in page
    assert contract.participations.count() == 1
