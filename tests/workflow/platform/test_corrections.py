"""The platform’s administrator corrects by our pages: attachment, kind, offices, the end of a mandate."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.kinds import Power
from stakeholders.models import Grant, GrantKind, Mandate, Organisation
from stakeholders.permissions import establish_organisation, organisation_may
from tests import mailbox
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.snapshots import again
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.platform import corrections
from workflow.record.models import JournalEntry


@pytest.fixture
def staff(players: Cast) -> Client:
    return with_second_factor(players.admin)


def body(name: str, kind: str = "association") -> Organisation:
    return establish_organisation(code=name.lower(), name=name, short_name=name, kind=kind)


def last(verb: str) -> JournalEntry:
    return JournalEntry.objects.filter(verb=verb).latest("number")


def test_an_organisation_is_attached_to_another_and_never_in_a_circle(players: Cast, staff: Client) -> None:
    one, two, three = body("Un"), body("Deux"), body("Trois")
    page = partial(reverse, "platform_organisation_attach")
    address = page(args=[two.pk])
    assert 'value="aucune"' in staff.get(address).content.decode()
    assert f'value="{one.pk}"' in staff.get(address, {"q": "un"}).content.decode()
    assert f'value="{two.pk}"' not in staff.get(address, {"q": "deux"}).content.decode(), "never itself"
    assert staff.post(address, {"organisation": one.pk}).status_code == 302
    assert staff.post(page(args=[three.pk]), {"organisation": two.pk}).status_code == 302
    refused = staff.post(page(args=[one.pk]), {"organisation": three.pk})
    assert refused.status_code == 422
    assert "déjà rattachée" in refused.content.decode()
    for bad in ("", "x", "²", "9" * 30, "-1"):
        assert staff.post(address, {"organisation": bad}).status_code == 422, bad
    entry = last("organisation_attached")
    assert (entry.actor, entry.payload["before"], entry.payload["after"]) == (players.admin, "", "Deux")
    assert "Un" in staff.get(reverse("platform_organisation", args=[two.pk])).content.decode()
    assert staff.post(address, {"organisation": "aucune"}).status_code == 302
    two.refresh_from_db()
    assert two.parent is None
    for parent, child in ((three, two), (one, one)):  # whatever writes it, the database refuses a circle
        with pytest.raises(IntegrityError), transaction.atomic():
            Organisation.objects.filter(pk=child.pk).update(parent=parent)


@pytest.mark.race
def test_two_attachments_at_once_close_no_circle(cast: Cast) -> None:
    one, two = body("Un"), body("Deux")
    for _turn in again(6):
        try:
            ended = at_once(
                partial(corrections.attach, _acting(cast), one, two),
                partial(corrections.attach, _acting(cast), two, one),
            )
        finally:
            rows = dict(Organisation.objects.filter(pk__in=(one.pk, two.pk)).values_list("pk", "parent"))
        assert sorted(ended) == ["Invalid", "done"]
        assert list(rows.values()).count(None) == 1


def _acting(cast: Cast) -> Any:
    """The administrator as after a second factor."""
    person = type(cast.admin).objects.get(pk=cast.admin.pk)
    person.proved_second_factor = True
    return person


def test_a_name_that_changes_is_journaled_with_what_it_was(players: Cast, staff: Client) -> None:
    town = players.organisation("org-ville")
    before, address = town.name, reverse("platform_organisation_edit", args=[town.pk])
    form = staff.get(address).context["form"]
    sent = {name: form[name].value() or "" for name in form.fields}
    assert staff.post(address, {**sent, "name": "Commune nouvelle de Clairval"}).status_code == 302
    kept = last("organisation_described").payload
    assert (kept["before"], kept["after"]) == ({"name": before}, {"name": "Commune nouvelle de Clairval"})


def test_a_kind_changes_with_its_rights_while_nothing_rests_on_it(players: Cast, staff: Client) -> None:
    made, town = body("Orne Mobilité"), players.organisation("org-ville")
    office = made.offices.create(title="Président", role="head")
    address = reverse("platform_organisation_kind", args=[made.pk])
    assert staff.post(address, {"kind": "municipality"}).status_code == 302
    made.refresh_from_db()
    assert made.kind == "municipality"
    assert organisation_may(Power.OPEN, made)
    assert last("organisation_kind_changed").payload["before"] == "association"
    Mandate.objects.create(person=players.greffe, office=office, starts_on=timezone.localdate())
    held = staff.post(address, {"kind": "association"})
    assert held.status_code == 409
    assert "« Président » a un titulaire" in held.content.decode()
    assert organisation_may(Power.OPEN, made)
    engaged = staff.post(reverse("platform_organisation_kind", args=[town.pk]), {"kind": "association"})
    assert engaged.status_code == 409
    assert "prend part à un contrat" in engaged.content.decode()
    assert staff.post(address, {"kind": "club"}).status_code == 422


def test_an_office_is_corrected_and_what_widens_it_is_only_asked_for(players: Cast, staff: Client) -> None:
    town = players.organisation("org-ville")
    held = players.pilote_ville.mandates.get().office
    address = reverse("platform_office_edit", args=[town.pk, held.pk])
    sent = {"title": "Cheffe de projet", "role": "pilot"}
    assert staff.post(address, sent).headers["Location"] == reverse("platform_organisation", args=[town.pk])
    held.refresh_from_db()
    assert held.title == "Cheffe de projet"
    assert last("office_changed").payload["after"]["title"] == "Cheffe de projet"
    widened = staff.post(address, sent | {"role": "validator"})
    grant = Grant.objects.get(kind=GrantKind.OFFICE)
    assert widened.headers["Location"] == reverse("grant", args=[grant.pk])
    held.refresh_from_db()
    assert held.role == "pilot", "not before a second person confirms"
    free = town.offices.create(title="À pourvoir", role="contributor")
    there = reverse("platform_office_edit", args=[town.pk, free.pk])
    assert (
        staff.post(there, {"title": "À pourvoir", "role": "validator", "administers": "on"}).status_code
        == 302
    )
    free.refresh_from_db()
    assert (free.role, free.administers) == ("validator", True)
    taken = staff.post(there, {"title": "Cheffe de projet", "role": "validator"})
    assert taken.status_code == 422
    assert "existe déjà" in taken.content.decode()
    assert (
        staff.get(
            reverse("platform_office_edit", args=[players.organisation("org-oh").pk, free.pk])
        ).status_code
        == 404
    )


def test_an_office_that_its_holder_or_a_contract_needs_stays(players: Cast, staff: Client) -> None:
    town, mayor = players.organisation("org-ville"), players.maire.mandates.get().office
    address = reverse("platform_office_edit", args=[town.pk, mayor.pk])
    kept = staff.post(address, {"title": mayor.title, "role": "delegate"})
    assert kept.status_code == 422
    assert "parmi les signataires" in kept.content.decode()
    clerk = players.greffe.mandates.get().office
    Mandate.objects.create(
        person=players.greffe,
        office=town.offices.create(title="Relecture", role="reviewer"),
        starts_on=timezone.localdate(),
    )
    both = staff.post(
        reverse("platform_office_edit", args=[town.pk, clerk.pk]), {"title": clerk.title, "role": "legality"}
    )
    assert both.status_code == 422
    assert "Le contrôle de légalité ne peut être tenu" in both.content.decode()


def test_who_may_do_less_is_told_and_their_pages_close(players: Cast, staff: Client) -> None:
    town, office = players.organisation("org-ville"), players.dgs.mandates.get().office
    address = reverse("platform_office_edit", args=[town.pk, office.pk])
    assert staff.post(address, {"title": office.title, "role": "contributor"}).status_code == 302
    assert last("office_narrowed").payload["person"] == players.dgs.pk
    assert players.dgs.email in {sent["to"] for sent in mailbox.queued()}


def test_a_mandate_ends_with_its_reason_even_an_authority_s(players: Cast, staff: Client) -> None:
    town, mandate = players.organisation("org-ville"), players.maire.mandates.get()
    address = reverse("platform_mandate_end", args=[town.pk, mandate.pk])
    assert address in staff.get(reverse("platform_organisation", args=[town.pk])).content.decode()
    assert staff.post(address, {"reason": " "}).status_code == 422
    assert staff.post(address, {"reason": "Démission acceptée le 3 novembre"}).status_code == 302
    mandate.refresh_from_db()
    assert mandate.withdrawn_at is not None
    assert last("mandate_end_ordered").payload["reason"] == "Démission acceptée le 3 novembre"
    assert last("mandate_withdrawn").actor == players.admin
    assert staff.post(address, {"reason": "Encore"}).status_code == 409


def test_nobody_else_corrects_anything(players: Cast) -> None:
    town, office = players.organisation("org-ville"), players.maire.mandates.get().office
    for person in (players.dgs, players.prefete, players.admin):  # the last without a second factor
        browser = logged_in(person)
        for name, arguments in (
            ("platform_organisation_attach", [town.pk]),
            ("platform_organisation_kind", [town.pk]),
            ("platform_office_edit", [town.pk, office.pk]),
            ("platform_mandate_end", [town.pk, office.mandates.get().pk]),
        ):
            sent = {
                "organisation": "aucune",
                "kind": "association",
                "title": "X",
                "role": "clerk",
                "reason": "X",
            }
            answer = browser.post(reverse(name, args=arguments), sent)
            assert answer.status_code in (302, 404), name
            assert "/compte/" in answer.headers.get("Location", "/compte/")
    office.refresh_from_db()
    town.refresh_from_db()
    assert (office.role, town.kind, office.mandates.get().withdrawn_at) == ("head", "municipality", None)


def test_the_technical_administration_opens_to_a_second_factor_alone(players: Cast, staff: Client) -> None:
    pages = [reverse("admin:index"), reverse("admin:stakeholders_organisation_changelist")]
    pages.append(reverse("admin:stakeholders_office_change", args=[players.maire.mandates.get().office_id]))
    password_alone = logged_in(players.admin)
    for page in pages:
        assert staff.get(page).status_code == 200
        answer = password_alone.get(page, follow=True)
        assert "/administration/" not in answer.request["PATH_INFO"], page
        assert password_alone.post(page, {"title": "X"}).status_code == 302
        assert logged_in(players.dgs).get(page, follow=True).status_code in (403, 404)
