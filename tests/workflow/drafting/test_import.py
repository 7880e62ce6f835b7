"""A pilot imports a first draft: a preview line by line, corrected, then added to what is there."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from contracts.models import Commitment, Contract
from stakeholders.kinds import Power
from stakeholders.permissions import grant
from tests import plot
from tests.cast import Cast, small_contract
from tests.contracts.documents import docx, p, tbl
from workflow.drafting.models import DraftImport
from workflow.record.models import Event, JournalEntry

DOCUMENT = docx(
    p("Contrat de sécurité intégrée", "Titre"),
    p("Volet 1 – La sécurité intérieure", "Titre1"),
    p("Le diagnostic montre une hausse des vols."),
    tbl(
        ["Engagement", "Pilote", "Partenaires", "Indicateur", "Cible", "Échéance", "Budget"],
        ["Former les agents", "Ville", "RTAC ; Croix-Rouge", "Agents formés", "34", "01/09/2028", "15 k€"],
        ["Éclairer les abords", "Syndicat d’énergie", "", "", "", "fin 2028", ""],
    ),
    p("Volet 2 – Tranquillité dans les parcs", "Titre1"),
    p("2.1 Ouvrir les parcs plus tard"),
)


@pytest.fixture
def contract(players: Cast) -> Contract:
    return plot.opened(small_contract(players))


def address(contract: Contract, page: int = 1) -> str:
    return reverse("draft_import_lines", args=[contract.pk, page])


def send(client: Client, contract: Contract, content: bytes = DOCUMENT, name: str = "projet.docx") -> Any:
    file = SimpleUploadedFile(name, content)
    return client.post(reverse("draft_import", args=[contract.pk]), {"file": file})


def form_of(client: Client, contract: Contract, page: Any = 1, **changes: str) -> dict[str, str]:
    """Return what the page would send unchanged, but for the changes (« l3__lead_key »)."""
    context = client.get(address(contract, page)).context
    found = {bound.html_name: bound.value() for bound in context["whole"]}  # its « seen » too
    for form in context["forms"]:
        for bound in form:
            value = bound.value()
            found[bound.html_name] = bound.field.widget.format_value(value) if value else ""
            if isinstance(found[bound.html_name], list):
                found[bound.html_name] = found[bound.html_name][0]
    return {**found, **{name.replace("__", "-"): value for name, value in changes.items()}}


def taken(client: Client, contract: Contract, **changes: str) -> Any:
    return client.post(address(contract), form_of(client, contract, **changes) | {"then": "take"})


def said(answer: Any) -> str:
    return re.sub(r"[ \n]+", " ", answer.content.decode())


def texts(contract: Contract) -> list[str]:
    return [f"{c.number} {c.title}" for c in Commitment.objects.filter(volet__contract=contract)]


def test_a_document_is_previewed_then_added_after_what_is_there(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    before = texts(contract)
    answer = send(client, contract)
    assert (answer.status_code, answer["Location"]) == (302, address(contract))
    page = said(client.get(address(contract)))
    assert "Rien n’est encore écrit. Volets : 2. Engagements : 3." in page
    assert "Pilote selon le document : « Syndicat d’énergie »" in page
    assert texts(contract) == before, "nothing is written before it is confirmed"
    city = players.organisation("org-ville")
    answer = taken(client, contract, default_lead=str(city.pk))
    assert answer.status_code == 302, said(answer)
    assert texts(contract) == [
        *before[:2],
        "1.3 Former les agents",
        "1.4 Éclairer les abords",
        *before[2:],
        "3.1 Ouvrir les parcs plus tard",
    ]
    security, _transport, parks = contract.volets.all()
    assert (security.title, security.text) == (
        "Sécurité intérieure",
        "Le diagnostic montre une hausse des vols.",
    )
    assert (parks.title, parks.template) == ("Tranquillité dans les parcs", "other")
    first, second = security.commitments.filter(order__gt=2)
    assert (first.lead, first.party, first.target, first.budget_eur) == (
        city,
        "city",
        Decimal(34),
        Decimal(15_000),
    )
    assert first.due_date == dt.date(2028, 9, 1)
    assert [body.short_name for body in first.contributors.all()] == [
        players.organisation("org-rtac").short_name
    ]
    assert first.description == "Contributeurs : Croix-Rouge"
    assert second.description == "Échéance : fin 2028\nPilote : Syndicat d’énergie"
    assert not DraftImport.objects.exists(), "nothing is kept of what was taken"


def test_it_is_journaled_once_and_told(players: Cast, contract: Contract, client: Client) -> None:
    client.force_login(players.pilote_ville)
    send(client, contract)
    form = form_of(client, contract, default_lead=str(players.organisation("org-ville").pk))
    token = {"csrfmiddlewaretoken": "a" * 32, "then": "take"}
    answers = [client.post(address(contract), form | token) for _time in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    entry = JournalEntry.objects.get(contract=contract, verb="draft_imported")
    assert (entry.payload["volets"], entry.payload["commitments"]) == (1, 3)
    assert len(entry.payload["sha256"]) == 64
    assert Event.objects.filter(contract=contract, kind="draft_imported").count() == 1
    assert Commitment.objects.filter(volet__contract=contract).count() == 6


def test_each_line_is_corrected_changed_or_left(players: Cast, contract: Contract, client: Client) -> None:
    client.force_login(players.pilote_ville)
    send(client, contract)
    lines = client.get(address(contract)).context["held"].lines
    assert [line.kind for line in lines] == [
        *("left", "volet", "text", "commitment", "commitment", "volet", "commitment")
    ]
    landlord = players.organisation("org-oh")
    answer = client.post(
        address(contract),
        form_of(
            client,
            contract,
            l2__kind="left",
            l3__title="Former tous les agents",
            l4__kind="text",
            l5__volet=str(contract.volets.get(order=2).pk),
            l6__lead_key=str(landlord.pk),
        )
        | {"then": "save"},
    )
    assert answer.status_code == 302
    again = client.get(address(contract)).context["held"].lines
    assert [line.kind for line in again][2:5] == ["left", "commitment", "text"]
    assert again[4].text.startswith("Éclairer les abords\nÉchéance : fin 2028\nPilote : Syndicat")
    assert taken(client, contract).status_code == 302
    security, transport = contract.volets.all()
    assert security.text == again[4].text, "what was left is not there"
    assert texts(contract)[2] == "1.3 Former tous les agents"
    assert transport.commitments.get(title="Ouvrir les parcs plus tard").lead == landlord


def test_what_is_wrong_is_named_with_its_line_and_nothing_is_written(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    send(client, contract)
    before = texts(contract)
    answer = taken(client, contract)
    page = said(answer)
    assert answer.status_code == 422
    assert "Rien n’est importé. À corriger :" in page
    assert page.count("choisissez l’organisation responsable") == 2
    assert "#ligne-5" in page
    wrong = client.post(
        address(contract), form_of(client, contract, l3__due_date="demain") | {"then": "take"}
    )
    assert wrong.status_code == 422
    assert "demain" in said(wrong), "what was typed stays"
    assert "Cette page n’est pas enregistrée" in said(wrong)
    empty = taken(client, contract, l3__indicator="", default_lead=str(players.organisation("org-oh").pk))
    assert "nommez l’indicateur" in said(empty)
    assert texts(contract) == before
    kinds = {f"l{place}__kind": "left" for place in range(7)}
    assert "il n’y a rien à importer" in said(taken(client, contract, **kinds))


def test_a_commitment_without_a_volet_is_refused_until_there_is_one(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    send(client, contract, docx(tbl(["Action", "Pilote"], ["Former", "Ville"])))
    page = said(client.get(address(contract)))
    assert "le document ne nomme pas de volet" in page
    assert "donnez un titre à ce volet" in said(taken(client, contract))
    assert "aucun volet avant cette ligne" in said(taken(client, contract, l0__kind="left"))


def test_the_prefecture_gives_nothing_to_the_prosecution(
    players: Cast, contract: Contract, client: Client
) -> None:
    justice = players.organisation("org-parquet")
    contract.participations.create(organisation=justice, part="reviewer")
    grant(Power.VIEW, justice, contract)
    file = docx(p("Volet 1 – Justice", "Titre1"), tbl(["Action", "Pilote"], ["Aider", "Parquet"]))
    client.force_login(players.pilote_prefecture)
    send(client, contract, file)
    assert "est indépendante du préfet" in said(taken(client, contract))
    assert str(justice.pk) not in dict(
        client.get(address(contract)).context["forms"][1].fields["lead_key"].choices
    )
    client.force_login(players.pilote_ville)
    send(client, contract, file)
    assert taken(client, contract).status_code == 302
    row = Commitment.objects.get(volet__contract=contract, title="Aider")
    assert (row.lead, row.party) == (justice, "judicial")


def test_an_import_is_its_authors_alone_and_is_dropped(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    send(client, contract)
    assert "Le reprendre" in said(client.get(reverse("draft_import", args=[contract.pk])))
    row = DraftImport.objects.get()
    assert "Former" not in row.sealed
    other = Client()
    other.force_login(players.pilote_prefecture)
    assert other.get(address(contract))["Location"] == reverse("draft_editor", args=[contract.pk])
    assert other.post(address(contract), {"then": "take"}).status_code == 302
    assert DraftImport.objects.count() == 1
    assert client.post(address(contract), {"then": "drop"}).status_code == 302
    assert not DraftImport.objects.exists()


def test_two_tabs_do_not_overwrite_each_other_unseen(
    players: Cast, contract: Contract, client: Client
) -> None:
    client.force_login(players.pilote_ville)
    send(client, contract)
    first = form_of(client, contract, l3__title="Du premier onglet")
    second = form_of(client, contract, l3__title="Du second onglet")
    assert client.post(address(contract), first | {"then": "save"}).status_code == 302
    refused = client.post(address(contract), second | {"then": "take"})
    assert refused.status_code == 409
    assert "Du second onglet" in said(refused)
    again = second | {"seen": refused.context["whole"]["seen"].value(), "then": "save"}
    assert client.post(address(contract), again).status_code == 302, "sent again, it is what is wanted"
    assert client.get(address(contract)).context["held"].lines[3].title == "Du second onglet"
    send(client, contract, docx(p("Volet 1 – Parcs", "Titre1"), p("1.1 Ouvrir"), p("1.2 Fermer")))
    replaced = client.post(address(contract), again)
    assert replaced.status_code == 302
    assert "Un autre document a pris la place" in said(client.get(replaced["Location"]))


@pytest.mark.parametrize("who", ["bailleur_oh", "outsider", "prefete", "dgs", "admin"])
def test_who_is_no_pilot_finds_no_page(players: Cast, contract: Contract, client: Client, who: str) -> None:
    client.force_login(getattr(players, who))
    assert client.get(reverse("draft_import", args=[contract.pk])).status_code == 404
    assert send(client, contract).status_code == 404
    assert client.get(address(contract)).status_code == 404
    assert "Importer un premier texte" not in said(client.get(reverse("draft_editor", args=[contract.pk])))


def test_a_text_frozen_meanwhile_takes_nothing_and_keeps_the_corrections(cast: Cast, client: Client) -> None:
    contract = plot.opened(small_contract(cast))
    client.force_login(cast.pilote_ville)
    send(client, contract)
    form = form_of(client, contract, default_lead=str(cast.organisation("org-ville").pk))
    plot.draft_and_freeze(contract)
    before = texts(contract)
    answer = client.post(address(contract), form | {"l3-title": "Corrigé", "then": "take"})
    assert answer.status_code == 409
    assert "Corrigé" in said(answer)
    assert texts(contract) == before
    assert DraftImport.objects.count() == 1
    assert send(client, contract).status_code == 302, "to the editor, which says why"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"%PDF-1.7", "Ce fichier est un PDF"), (b"", "Ce fichier est vide"), (b"PK\x03\x04", "est abîmé")],
)
def test_a_document_that_is_not_read_is_refused_with_what_to_do(
    players: Cast, contract: Contract, client: Client, content: bytes, sentence: str
) -> None:
    client.force_login(players.pilote_ville)
    answer = send(client, contract, content)
    assert answer.status_code == 422
    assert sentence in said(answer)
    assert client.post(reverse("draft_import", args=[contract.pk]), {}).status_code == 422
    assert not DraftImport.objects.exists()


def test_a_long_document_is_corrected_page_by_page(players: Cast, contract: Contract, client: Client) -> None:
    client.force_login(players.pilote_ville)
    send(
        client,
        contract,
        docx(p("Volet 1 – Parcs", "Titre1"), *[p(f"1.{n} Mesure {n}") for n in range(1, 41)]),
    )
    form = form_of(client, contract, default_lead=str(players.organisation("org-ville").pk))
    answer = client.post(address(contract), form | {"l1-title": "Première", "then": "2"})
    assert answer["Location"] == address(contract, 2)
    form = form_of(client, contract, 2, l40__title="Dernière")
    assert client.post(address(contract, 2), form | {"then": "take"}).status_code == 302
    added = [one.title for one in contract.volets.last().commitments.all()]  # type: ignore[union-attr]
    assert (len(added), added[0], added[-1]) == (40, "Première", "Dernière")
    assert client.get(address(contract, 99)).status_code == 302
