"""A file of organisations, offices and people: shown first, then taken; harmless the second time."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from stakeholders.invitations import Invitation
from stakeholders.models import Grant, GrantState, Mandate, Office, Organisation, User
from tests import mailbox
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.workflow.platform.test_tables import HEAD, TAIL, cell, ods, row, sheet
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.platform import columns, import_acts
from workflow.platform.tables import read
from workflow.record.models import JournalEntry
from workflow.record.refusals import NotAllowed

HEADINGS = [heading for heading, *_rest in columns.COLUMNS]
TOWN = {"organisation": "Commune de Valbrune", "territoire": "Valbrune"}
WHOLE = {**TOWN, "nature": "Commune", "nom court": "Valbrune", "siret": "73282932000074", "communes": "61001"}
AGENT = {
    **WHOLE,
    "fonction": "Chargée de mission",
    "rôle": "Contribution",
    "prénom": "Nadia",
    "nom": "Nouvelle",
    "courriel": "nadia@valbrune.example",
}


@pytest.fixture
def staff(players: Cast) -> Client:
    return with_second_factor(players.admin)


def file_of(*lines: dict[str, str]) -> bytes:
    out = io.StringIO()
    written = csv.DictWriter(out, HEADINGS, delimiter=";", restval="")
    written.writeheader()
    written.writerows(lines)
    return out.getvalue().encode("utf-8-sig")


def shown(staff: Client, content: bytes) -> Any:
    return staff.post(reverse("platform_import"), {"file": SimpleUploadedFile("a.csv", content)})


def taken(staff: Client, content: bytes) -> Any:
    """Send a file and confirm its preview, as the page's button does."""
    preview = shown(staff, content)
    assert preview.status_code == 200, preview.content.decode()
    return staff.post(reverse("platform_import_confirm"), {"held": preview.context["held"]}, follow=True)


def test_the_template_is_imported_as_it_is(staff: Client) -> None:
    content = staff.get(reverse("platform_import_template")).content
    before = JournalEntry.objects.count()
    assert "rien n’est encore écrit" in " ".join(shown(staff, content).content.decode().lower().split())
    assert not Organisation.objects.filter(name="Commune de Valbrune").exists()
    assert JournalEntry.objects.count() == before, "nothing is written until it is confirmed"
    taken(staff, content)
    made = Organisation.objects.get(name="Commune de Valbrune")
    assert sorted(made.offices.values_list("title", "administers")) == [
        ("Administration du service", True),
        ("Maire de Valbrune", False),
    ]
    asked = Grant.objects.get(organisation=made)
    assert (asked.state, asked.facts["email"]) == (GrantState.DRAFTED, "camille.exemple@valbrune.example")


def test_people_are_invited_and_the_second_time_nothing_moves(staff: Client) -> None:
    taken(staff, file_of(AGENT, {**TOWN, "siret": WHOLE["siret"], "fonction": "Greffe", "rôle": "clerk"}))
    made = Organisation.objects.get(siret="73282932000074")
    assert Invitation.objects.get().office.title == "Chargée de mission"
    assert mailbox.last()["to"] == "nadia@valbrune.example"
    entry = JournalEntry.objects.latest("number")
    assert (entry.verb, entry.payload["changed"]) == ("register_imported", 2)
    counts = [model.objects.count() for model in (Organisation, Office, Invitation, Grant, JournalEntry)]
    again = shown(staff, file_of(AGENT, {**TOWN, "siret": WHOLE["siret"], "fonction": "GREFFE"}))
    assert "rien à importer" in again.content.decode()
    staff.post(reverse("platform_import_confirm"), {"held": again.context["held"]})
    assert counts == [
        model.objects.count() for model in (Organisation, Office, Invitation, Grant, JournalEntry)
    ]
    by_name = shown(staff, file_of({**TOWN, "fonction": "chargee de mission"}))
    assert "rien à importer" in by_name.content.decode(), "found by its name as well"
    assert made.offices.count() == 2


def test_an_import_gives_no_power(players: Cast, staff: Client) -> None:
    """It asks, as the pages do; whom an act names is for the page that takes the act."""
    mayor = {**AGENT, "fonction": "Maire", "rôle": "Autorité", "courriel": "maire@valbrune.example"}
    signs = {
        **AGENT,
        "fonction": "Secrétariat",
        "rôle": "Validation administrative",
        "courriel": "s@valbrune.example",
    }
    preview = shown(staff, file_of(mayor, signs))
    assert "un acte nomme le titulaire" in preview.content.decode()
    taken(staff, file_of(mayor, signs))
    made = Organisation.objects.get(siret=WHOLE["siret"])
    assert [grant.office.title for grant in Grant.objects.filter(organisation=made) if grant.office] == [
        "Secrétariat"
    ]
    assert not Invitation.objects.filter(office__organisation=made).exists()
    assert not Mandate.objects.filter(office__organisation=made).exists()


def test_what_exists_is_neither_changed_nor_taken_from_its_holder(players: Cast, staff: Client) -> None:
    town = players.organisation("org-ville")
    held = Mandate.objects.in_force().filter(office__organisation=town, office__role="pilot")[0]
    known = {"organisation": town.name, "territoire": town.territory, "nom court": "Autre nom"}
    line = {**known, "fonction": held.office.title, "prénom": "X", "nom": "Y", "courriel": "x@y.example"}
    preview = shown(staff, file_of(line, {**line, "courriel": held.person.email}))
    page = preview.content.decode()
    assert "a déjà un titulaire" in page
    assert "tient déjà la fonction" in page
    assert "reste telle quelle" in page
    stronger = {**known, "fonction": held.office.title, "rôle": "Autorité"}
    answer = shown(staff, file_of(stronger))
    assert answer.status_code == 422
    assert "autres pouvoirs" in answer.content.decode()


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"siret": "73282932000075"}, "siret"),
        ({"communes": "20004"}, "communes"),
        ({"nature": "club"}, "nature"),
        ({"rôle": "roi"}, "rôle"),
        ({"administre": "peut-être"}, "oui ou non"),
        ({"courriel": "nadia"}, "courriel"),
        ({"prénom": "=cmd|' /C calc'!A1"}, "prénom"),
        ({"du": "31/02/2026"}, "du"),
        ({"du": "02/01/2026", "au": "01/01/2026"}, "précède"),
        ({"fonction": ""}, "intitulé"),
        ({"organisation": ""}, "nom de l’organisation"),
        ({"organisation": "V\u202ebrune"}, "inversion"),
        ({"code": "a b/c"}, "code"),
    ],
)
def test_one_wrong_line_keeps_all_from_being_taken(staff: Client, facts: dict[str, str], said: str) -> None:
    good = {**AGENT, "organisation": "Autre", "siret": "", "courriel": "b@valbrune.example"}
    answer = shown(staff, file_of(good, {**AGENT, **facts}))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Ligne 3" in page
    assert said in page
    assert "Importer</button>" not in page
    before = Organisation.objects.count()
    staff.post(reverse("platform_import_confirm"), {"held": answer.context["held"]})
    assert Organisation.objects.count() == before
    assert not Invitation.objects.exists()


def test_two_lines_do_not_give_one_office_to_two_people(staff: Client) -> None:
    answer = shown(staff, file_of(AGENT, {**AGENT, "courriel": "autre@valbrune.example"}))
    assert answer.status_code == 422
    assert "à quelqu’un d’autre" in answer.content.decode()


def test_nobody_imports_an_office_for_themselves(players: Cast, staff: Client) -> None:
    answer = shown(staff, file_of({**AGENT, "courriel": players.admin.email.upper()}))
    assert answer.status_code == 422
    assert "soi-même" in answer.content.decode()


def test_what_looks_like_a_formula_stays_a_text(staff: Client) -> None:
    taken(staff, file_of({**AGENT, "fonction": "=SOMME(1;2)"}))
    assert Office.objects.filter(title="=SOMME(1;2)").exists()


def test_an_ods_is_taken_like_a_csv(staff: Client) -> None:
    rows = [row(*map(cell, HEADINGS)), row(*(cell(AGENT.get(heading, "")) for heading in HEADINGS))]
    taken(staff, ods(HEAD + sheet(*rows) + TAIL))
    assert Invitation.objects.get().email == "nadia@valbrune.example"


def test_a_preview_is_its_author_s_and_of_the_hour(players: Cast, staff: Client) -> None:
    for held in ("", "forgé", "\0"):
        answer = staff.post(reverse("platform_import_confirm"), {"held": held}, follow=True)
        assert "envoyez de nouveau le fichier" in answer.content.decode()
    lines = columns.named(read(file_of(AGENT)))
    with pytest.raises(NotAllowed):
        import_acts.take(players.dgs, lines, sha256="")


def test_a_wrong_file_says_why_on_the_page(staff: Client) -> None:
    answer = shown(staff, b"PK\x03\x04")
    assert answer.status_code == 422
    assert "abîmé" in answer.content.decode()
    assert staff.post(reverse("platform_import"), {}).status_code == 422


def test_nobody_else_imports(players: Cast) -> None:
    addresses = ("platform_import", "platform_import_template", "platform_import_confirm")
    for browser, refused in [(Client(), {302, 405}), *((logged_in(p), {404, 405}) for p in others(players))]:
        for name in addresses:
            assert browser.get(reverse(name)).status_code in refused, name
            assert browser.post(reverse(name)).status_code in refused, name


def others(players: Cast) -> tuple[User, ...]:
    return players.dgs, players.prefete, players.outsider


@pytest.mark.race
def test_two_imports_at_once_make_one_of_each(cast: Cast) -> None:
    lines = columns.named(read(file_of(AGENT)))
    take = lambda: import_acts.take(cast.admin, lines, sha256="x")  # noqa: E731
    assert at_once(take, take) == ["done", "done"]
    assert Organisation.objects.filter(siret=WHOLE["siret"]).count() == 1
    assert Invitation.objects.count() == 1


def test_a_full_file_is_taken_while_others_work(staff: Client) -> None:
    """Whoever writes the journal meanwhile waits for a few lines of it, not for all."""
    lines = [
        {**AGENT, "fonction": f"Agent {number}", "courriel": f"a{number}@v{number}.example", "siret": ""}
        | {"organisation": f"Commune {number // 10}"}
        for number in range(290)
    ]
    content = file_of(*lines)
    preview = shown(staff, content)
    assert len(preview.context["held"]) < 100_000, "far below what the confirmation may weigh"
    staff.post(reverse("platform_import_confirm"), {"held": preview.context["held"]})
    assert Invitation.objects.count() == 290
    assert JournalEntry.objects.filter(verb="register_imported").count() == 8
    assert Organisation.objects.filter(name__startswith="Commune ").count() == 29


@pytest.mark.parametrize(
    ("said", "kept"), [("Madame", "Mme"), ("mme", "Mme"), ("Mr", "M."), ("M.", "M."), ("", "")]
)
def test_a_civility_is_one_of_two_however_it_is_written(staff: Client, said: str, kept: str) -> None:
    taken(staff, file_of({**AGENT, "civilité": said}))
    assert Invitation.objects.get(email=AGENT["courriel"]).civility == kept


def test_another_civility_is_refused_by_its_line(staff: Client) -> None:
    page = shown(staff, file_of({**AGENT, "civilité": "Docteur"})).content.decode()
    assert "Écrivez Mme ou M." in page and "Docteur" in page
