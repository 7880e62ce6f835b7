"""The register's pages: enter an act with its PDF, read who can sign when, be warned, end it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.authority import Basis, decide, question_about
from stakeholders.models import AuthorityKind, Mandate, SigningAuthority, User
from stakeholders.wording import in_sentence
from tests.cast import Cast
from tests.granted import confirmed, sent
from tests.owner import as_owner
from tests.signatures import documents
from tests.workflow.sockets import logged_in
from workflow.organisations import timeline
from workflow.record.models import JournalEntry

DAY = dt.timedelta(days=1)
PDF = documents.build()


def mandate(person: User) -> Mandate:
    return person.mandates.select_related("office__organisation").get()


@pytest.fixture
def cabinet(cast: Cast, client: Client) -> Client:
    client.force_login(cast.dircab)
    return client


def facts(cast: Cast, **changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "kind": "substitution",
        "office": mandate(cast.prefete).office_id,
        "grantor": mandate(cast.prefete).pk,
        "delegate": mandate(cast.secretaire_generale).pk,
        "act": "Arrêté n° 7",
        "starts_on": today.isoformat(),
        "ends_on": (today + 6 * DAY).isoformat(),
        "covers_contract_signature": "on",
        **changes,
    }


def add(cast: Cast, client: Client, **changes: Any) -> Any:
    joined = {"document": SimpleUploadedFile("arrete.pdf", PDF, "application/pdf"), **changes}
    return client.post(
        reverse("authority_add", args=[cast.organisation("org-pref").pk]), facts(cast, **joined)
    )


def test_the_title_of_a_page_says_whose_register_it_is(cast: Cast, cabinet: Client) -> None:
    organisation = cast.organisation("org-pref")
    for name, words in (("register", "Qui peut signer"), ("absences", "Absences")):
        page = cabinet.get(reverse(name, args=[organisation.pk])).content.decode()
        assert f"<title>{words}, {organisation.short_name} — Contreseing</title>" in page


def test_offices_after_a_name_are_lower_case_and_lists_say_what_to_choose(
    cast: Cast, cabinet: Client
) -> None:
    organisation = cast.organisation("org-pref").pk
    office = cast.prefete.mandates.get().office.title
    said = f"{cast.prefete}, {in_sentence(office)}"
    for name in ("register", "authority_add", "absence_add"):
        page = cabinet.get(reverse(name, args=[organisation])).content.decode()
        assert f"{cast.prefete}, {office}" not in page, name
        assert "---------" not in page, name
    page = cabinet.get(reverse("authority_add", args=[organisation])).content.decode()
    assert said in page
    assert "À compter du" in page
    invite = reverse("invitation_add", args=[cast.organisation("org-ville").pk])
    page = logged_in(cast.dgs).get(invite).content.decode()
    assert "Choisissez une fonction" in page
    assert '<option value="Mme">Madame</option>' in page


def test_an_act_is_entered_with_its_pdf_journaled_and_downloaded(cast: Cast, cabinet: Client) -> None:
    answer = add(cast, cabinet, document=SimpleUploadedFile("arrete.pdf", PDF, "application/pdf"))
    assert answer.status_code == 302, answer.context["form"].errors
    grant = sent(cabinet, answer.headers["Location"])
    assert cabinet.get(reverse("grant_document", args=[grant.pk])).content == PDF
    assert not SigningAuthority.objects.filter(act="Arrêté n° 7").exists()
    confirmed(grant, cast.prefete)
    row = SigningAuthority.objects.get(act="Arrêté n° 7")
    assert row.recorded_by == cast.dircab
    entry = JournalEntry.objects.get(verb="authority_recorded")
    assert (entry.actor, entry.payload["document_sha256"]) == (cast.dircab, row.document_sha256)
    read = cabinet.get(reverse("authority_document", args=[row.office.organisation_id, row.pk]))
    assert read.content == PDF
    assert read.headers["Content-Disposition"].startswith("attachment")
    page = cabinet.get(reverse("register", args=[row.office.organisation_id])).content.decode()
    assert "Arrêté n° 7" in page
    assert "prend fin le" in page, "it ends within thirty days"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": "interim"}, "Un intérim n’est donné par personne"),
        ({"grantor": ""}, "dit qui l’a donnée"),
        ({"kind": "representation_only"}, "n’emporte jamais la signature"),
        ({"ends_on": "2020-01-01"}, "La fin précède le début"),
        ({"act": ""}, "Ce champ est obligatoire"),
        ({"document": SimpleUploadedFile("a.pdf", b"MZ\x90", "application/pdf")}, "pas un PDF"),
    ],
)
def test_a_wrong_act_is_refused_with_a_sentence_and_nothing_is_lost(
    cast: Cast, cabinet: Client, changes: dict[str, Any], why: str
) -> None:
    before = SigningAuthority.objects.count()
    answer = add(cast, cabinet, **{"scope": "Tout le département", **changes})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert why in page
    assert "Tout le département" in page
    assert SigningAuthority.objects.count() == before


def test_an_act_cannot_be_given_by_who_does_not_hold_the_office_nor_to_oneself(
    cast: Cast, cabinet: Client
) -> None:
    for changes, why in (
        ({"grantor": mandate(cast.dircab).pk}, "ne tient pas la fonction"),
        ({"delegate": mandate(cast.prefete).pk}, "à soi-même"),
    ):
        answer = add(cast, cabinet, **changes)
        assert answer.status_code == 422
        assert why in answer.content.decode()


def test_the_database_keeps_the_same_rules(cast: Cast) -> None:
    base = {
        "office": mandate(cast.prefete).office,
        "delegate": mandate(cast.secretaire_generale),
        "starts_on": timezone.localdate(),
    }
    for wrong in (
        {"kind": AuthorityKind.OFFICE_HOLDER, "grantor": mandate(cast.prefete), "act": "x"},
        {"kind": AuthorityKind.INTERIM, "grantor": mandate(cast.prefete), "act": "x"},
        {"kind": AuthorityKind.SUBSTITUTION, "act": "x"},
        {
            "kind": AuthorityKind.REPRESENTATION_ONLY,
            "grantor": mandate(cast.prefete),
            "act": "x",
            "covers_contract_signature": True,
        },
        {"kind": AuthorityKind.SUBSTITUTION, "grantor": mandate(cast.prefete), "act": ""},
        {
            "kind": AuthorityKind.SUBSTITUTION,
            "grantor": mandate(cast.prefete),
            "act": "x",
            "ends_on": timezone.localdate() - DAY,
        },
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SigningAuthority.objects.create(**{**base, **wrong})


def test_an_act_is_ended_once_and_stays_in_the_register(cast: Cast, cabinet: Client) -> None:
    row = SigningAuthority.objects.get(delegate__person=cast.dircab)
    address = reverse("authority_end", args=[row.office.organisation_id, row.pk])
    assert "ne pourra plus signer" in cabinet.get(address).content.decode()
    cabinet.post(address)
    cabinet.post(address)
    row.refresh_from_db()
    assert row.withdrawn_at is not None
    assert JournalEntry.objects.filter(verb="authority_ended").count() == 1
    page = cabinet.get(reverse("register", args=[row.office.organisation_id])).content.decode()
    assert row.act in page
    assert "retiré" in page


def test_the_timeline_says_who_could_sign_when(cast: Cast) -> None:
    spans = timeline.timeline(cast.organisation("org-pref"))
    shown = [(span.person, span.basis, span.is_now) for span in spans]
    assert (str(cast.prefete), "Titulaire de la fonction", True) in shown
    assert (str(cast.dircab), "Délégation de signature", True) in shown
    assert (str(cast.secretaire_generale), "Suppléance", False) in shown, "in February"
    assert str(cast.secretaire_generale) not in [p for p, basis, _n in shown if basis.startswith("Délég")]


def test_the_timeline_and_the_state_say_what_the_signature_would(cast: Cast) -> None:
    """Every act of the register, every day of the two years shown: shown if, and only if, it lets sign."""
    prefete, dircab, sg = mandate(cast.prefete), mandate(cast.dircab), mandate(cast.secretaire_generale)
    today, office = timezone.localdate(), prefete.office
    common = {"office": office, "covers_contract_signature": True, "starts_on": today - 90 * DAY}
    given = {"grantor": prefete, "published_in": "RAA"}
    delegation = {**common, **given, "kind": AuthorityKind.DELEGATION_OF_SIGNATURE}
    with as_owner():
        SigningAuthority.objects.filter(office=office).delete()
    SigningAuthority.objects.bulk_create(
        [
            SigningAuthority(
                **delegation, act="publiée tard", delegate=dircab, published_on=today - 30 * DAY
            ),
            SigningAuthority(**{**delegation, "published_in": ""}, act="non publiée", delegate=dircab),
            SigningAuthority(
                **{**common, "starts_on": today - 10 * DAY},
                kind=AuthorityKind.INTERIM,
                act="intérim",
                delegate=sg,
            ),
            SigningAuthority(
                **common,
                kind=AuthorityKind.SUBSTITUTION,
                act="suppléance",
                delegate=sg,
                grantor=prefete,
                ends_on=today + 40 * DAY,
            ),
        ]
    )
    Mandate.objects.filter(pk=prefete.pk).update(ends_on=today + 20 * DAY)
    Mandate.objects.filter(pk=sg.pk).update(ends_on=today + 200 * DAY)
    spans = timeline.timeline(cast.organisation("org-pref"))
    assert {entry.row.act: entry.word for entry in timeline.entries(cast.organisation("org-pref"))} == {
        "publiée tard": "en vigueur",
        "non publiée": "non publié",
        "intérim": "sans effet\N{NO-BREAK SPACE}: la fonction a un titulaire",
        "suppléance": "en vigueur",
    }
    mandates = list(Mandate.objects.select_related("person", "office__organisation"))
    acts = list(SigningAuthority.objects.select_related("office", "grantor", "delegate__person"))
    for person in (cast.prefete, cast.dircab, cast.secretaire_generale):
        for number in range(-364, 364):
            day = today + number * DAY
            basis = decide(
                question_about(person, office, contract_kind="", communes=[], on=day),
                mandates=[m for m in mandates if office == m.office or person == m.person],
                authorities=[act for act in acts if act.delegate.person == person],
            )
            shown = any(
                span.starts_on <= day and (span.ends_on is None or day <= span.ends_on)
                for span in spans
                if span.person == str(person)
            )
            assert shown == isinstance(basis, Basis), (person, day, basis)


def test_what_was_withdrawn_stays_in_the_past_of_the_timeline(cast: Cast, cabinet: Client) -> None:
    row, town = SigningAuthority.objects.get(delegate__person=cast.dircab), cast.organisation("org-pref")
    cabinet.post(reverse("authority_end", args=[row.office.organisation_id, row.pk]))
    (span,) = [span for span in timeline.timeline(town) if span.person == str(cast.dircab)]
    assert (span.is_now, span.ends_on) == (False, timezone.localdate() - DAY)


def test_an_interim_ends_when_its_holder_is_appointed(cast: Cast) -> None:
    sg, office = mandate(cast.secretaire_generale), mandate(cast.prefete).office
    today, prefecture = timezone.localdate(), cast.organisation("org-pref")
    Mandate.objects.filter(office=office).update(ends_on=today - 30 * DAY)
    SigningAuthority.objects.create(
        office=office,
        kind=AuthorityKind.INTERIM,
        act="intérim",
        delegate=sg,
        starts_on=today - 29 * DAY,
        covers_contract_signature=True,
    )
    appointed = Mandate(person=cast.secretaire_generale, office=office, starts_on=today - 5 * DAY)
    Mandate.objects.bulk_create([appointed])
    shown = [s for s in timeline.timeline(prefecture) if s.person == str(cast.secretaire_generale)]
    spans = [(s.basis, s.starts_on, s.ends_on) for s in shown if s.basis != "Suppléance"]
    assert ("Intérim", today - 29 * DAY, today - 6 * DAY) in spans
    assert ("Titulaire de la fonction", today - 5 * DAY, None) in spans
    words = {entry.row.act: entry.word for entry in timeline.entries(prefecture)}
    assert words["intérim"].startswith("sans effet")
