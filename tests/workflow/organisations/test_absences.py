"""A substitute does acts between the days of an absence, and no longer; never a signature."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.actions import declare_absence, end_absence, withdraw_mandate
from stakeholders.kinds import Power
from stakeholders.models import Absence, Mandate, User
from tests import plot
from tests.cast import Cast, small_contract
from tests.stage import run_jobs
from tests.workflow.sockets import logged_in
from workflow.inbox import baskets
from workflow.opinions import acts as opinions_acts
from workflow.opinions.models import Opinion
from workflow.record.models import JournalEntry
from workflow.record.refusals import Locked, NotAllowed
from workflow.standing.standings import standing_to_act
from workflow.tasks import acts as tasks_acts
from workflow.tasks import administration, transfers

DAY = dt.timedelta(days=1)


def mandate(person: User) -> Mandate:
    return person.mandates.select_related("office__organisation").get()


def away(
    person: User, substitute: User, *powers: Power, by: User | None = None, start: int = -1, end: int = 1
) -> Absence:
    today = timezone.localdate()
    absence = Absence(
        mandate=mandate(person),
        substitute=mandate(substitute),
        starts_on=today + start * DAY,
        ends_on=today + end * DAY,
        powers=[power.value for power in powers],
    )
    return declare_absence(absence, actor=by or person)


def review_of_the_police(cast: Cast) -> int:
    """Open Clairval's reviews; return the task of the police."""
    plot.opened(cast.contract)
    plot.draft_and_freeze(cast.contract)
    return int(plot.task(cast.contract, "review", cast.organisation("org-ddpn")).pk)


def opine_as(user: User, cast: Cast, task: int) -> Opinion:
    sha = plot.version(cast.contract).content_sha256
    return opinions_acts.give_opinion(user, task, value="favourable", reason="", version_sha256=sha)


def test_the_commissioner_answers_for_the_director_who_is_away_and_it_is_said(cast: Cast) -> None:
    task = review_of_the_police(cast)
    with pytest.raises(NotAllowed):
        opine_as(cast.commissaire, cast, task)
    absence = away(cast.ddpn, cast.commissaire, Power.REVIEW)
    found = baskets.Baskets(cast.commissaire)
    assert [t.pk for t in found["delegues"].listing.page().rows] == [task]
    assert not found["a-traiter"].listing.page().rows
    opinion = opine_as(cast.commissaire, cast, task)
    assert "en l’absence de M. Stéphane Roucaute" in opinion.quality
    entry = JournalEntry.objects.get(contract=cast.contract, verb="opinion_given")
    assert entry.payload["absence"] == absence.pk
    assert entry.quality == opinion.quality


@pytest.mark.parametrize(("start", "end", "may"), [(-3, -0, True), (0, 3, True), (1, 3, False)])
def test_it_lends_from_its_first_day_to_its_last(cast: Cast, start: int, end: int, may: bool) -> None:
    task = plot.tasks(cast.contract, "review") or review_of_the_police(cast)
    away(cast.ddpn, cast.commissaire, Power.REVIEW, start=start, end=end)
    waiting = plot.task(cast.contract, "review", cast.organisation("org-ddpn"))
    assert bool(standing_to_act(cast.commissaire, waiting)) is may, task
    assert standing_to_act(cast.ddpn, waiting), "whoever is away may still answer"


def test_who_acts_meanwhile_is_named_in_words_that_agree_with_anybody(cast: Cast) -> None:
    absence = away(cast.prefete, cast.secretaire_generale, Power.REVIEW)
    address = reverse("absences", args=[absence.mandate.office.organisation_id])
    said = logged_in(cast.dircab).get(address).content.decode()
    assert f"Remplacement : {cast.secretaire_generale}" in said
    assert "remplacé par" not in said


def test_when_it_ends_the_task_comes_back_even_taken(cast: Cast) -> None:
    task = review_of_the_police(cast)
    absence = away(cast.ddpn, cast.commissaire, Power.REVIEW)
    tasks_acts.take_task(cast.commissaire, task)
    run_jobs()
    end_absence(absence, actor=cast.ddpn)
    run_jobs()
    with pytest.raises(NotAllowed):
        opine_as(cast.commissaire, cast, task)
    waiting = plot.task(cast.contract, "review", cast.organisation("org-ddpn"))
    assert waiting.owner is None
    assert JournalEntry.objects.filter(contract=cast.contract, verb="standing_lost").exists()
    opine_as(cast.ddpn, cast, task)
    with pytest.raises(ValidationError):
        end_absence(absence, actor=cast.ddpn)


def test_when_the_absent_leaves_for_good_the_substitute_keeps_nothing(cast: Cast) -> None:
    task = review_of_the_police(cast)
    away(cast.ddpn, cast.commissaire, Power.REVIEW)
    tasks_acts.take_task(cast.commissaire, task)
    run_jobs()  # what the declaration queued is done: only the departure is left to follow
    withdraw_mandate(mandate(cast.ddpn), actor=cast.admin)
    run_jobs()
    waiting = plot.task(cast.contract, "review", cast.organisation("org-ddpn"))
    assert waiting.owner is None
    assert standing_to_act(cast.commissaire, waiting) is None


def test_only_the_acts_named_are_lent(cast: Cast) -> None:
    plot.at_signing(cast)
    absence = away(cast.prefete, cast.dircab, Power.REVIEW)
    contract = plot.opened(small_contract(cast, "CSI-AUTRE"))
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    approval = plot.task(contract, "approve", cast.organisation("org-pref"))
    assert absence.powers == [Power.REVIEW.value]
    assert not standing_to_act(cast.pilote_prefecture, approval)
    away(cast.prefete, cast.pilote_prefecture, Power.APPROVE)
    assert standing_to_act(cast.pilote_prefecture, approval)


def test_a_signature_is_never_lent_by_an_absence(cast: Cast) -> None:
    with pytest.raises(ValidationError) as refused:
        away(cast.prefete, cast.secretaire_generale, Power.SIGN)
    assert "ne se confie pas" in str(refused.value)
    today = timezone.localdate()
    with pytest.raises(IntegrityError), transaction.atomic():
        Absence.objects.create(
            mandate=mandate(cast.prefete),
            substitute=mandate(cast.secretaire_generale),
            starts_on=today,
            ends_on=today,
            powers=[Power.SIGN.value],
            declared_by=cast.prefete,
        )


def test_what_cannot_be_lent_to_whom(cast: Cast) -> None:
    for person, substitute, power, why in (
        (cast.greffe, cast.dgs, Power.RECORD_RESOLUTION, "service des assemblées"),
        (cast.pilote_prefecture, cast.legalite, Power.DRAFT, "contrôle de légalité"),
        (cast.ddpn, cast.ddpn, Power.REVIEW, "quelqu’un d’autre"),
        (cast.ddpn, cast.ggd, Power.REVIEW, "même organisation"),
        (cast.ddpn, cast.commissaire, Power.APPROVE, "n’est pas le sien"),
    ):
        with pytest.raises(ValidationError) as refused:
            away(person, substitute, power)
        assert why in str(refused.value), power


def test_oneself_or_the_cabinet_declares_and_nobody_else(cast: Cast, client: Client) -> None:
    prefecture = cast.organisation("org-pref")
    assert mandate(cast.prefete) in administration.absentees_for(cast.dircab, prefecture), (
        "the cabinet, for its prefect"
    )
    assert set(administration.absentees_for(cast.pilote_prefecture, prefecture)) == {
        mandate(cast.pilote_prefecture)
    }
    today = timezone.localdate()
    facts = {
        "mandate": mandate(cast.prefete).pk,
        "substitute": mandate(cast.secretaire_generale).pk,
        "starts_on": today.isoformat(),
        "ends_on": (today + 7 * DAY).isoformat(),
        "powers": [Power.REVIEW.value],
    }
    address = reverse("absence_add", args=[prefecture.pk])
    for person, status in ((cast.pilote_prefecture, 422), (cast.outsider, 404), (cast.maire, 404)):
        client.force_login(person)
        assert client.post(address, facts).status_code == status, person
    assert not Absence.objects.exists()
    client.force_login(cast.dircab)
    assert client.post(address, facts).status_code == 302
    absence = Absence.objects.get()
    assert absence.declared_by == cast.dircab
    assert JournalEntry.objects.get(verb="absence_declared").actor == cast.dircab
    end = reverse("absence_end", args=[prefecture.pk, absence.pk])
    client.force_login(cast.pilote_prefecture)
    assert client.post(end).status_code == 404
    client.force_login(cast.prefete)
    assert client.post(end).status_code == 302
    absence.refresh_from_db()
    assert absence.withdrawn_at is not None


def test_a_form_that_is_wrong_keeps_what_was_typed_and_says_what_to_do(cast: Cast, client: Client) -> None:
    client.force_login(cast.dircab)
    address = reverse("absence_add", args=[cast.organisation("org-pref").pk])
    answer = client.post(
        address, {"note": "Congés d’hiver", "starts_on": "2020-01-01", "ends_on": "2020-01-02"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Congés d’hiver" in page
    assert "Choisissez au moins un acte." in page
    assert "Ce jour est passé" in page


def test_who_drafts_in_a_pilot_s_absence_holds_the_pen_until_it_ends(cast: Cast, client: Client) -> None:
    contract = plot.opened(small_contract(cast))
    editor = reverse("draft_editor", args=[contract.pk])
    client.force_login(cast.adjointe)
    assert client.get(editor).status_code == 404
    absence = away(cast.pilote_ville, cast.adjointe, Power.DRAFT)
    assert client.get(editor).status_code == 200
    address = reverse("volet_add", args=[contract.pk])
    form = client.get(address).context["form"]
    blank = {bound.html_name: bound.value() or "" for bound in form}
    assert client.post(address, blank | {"title": "Un volet de plus"}).status_code == 302
    assert contract.volets.filter(title="Un volet de plus").exists()
    end_absence(absence, actor=cast.pilote_ville)
    assert client.get(editor).status_code == 404
    assert client.post(address, blank | {"title": "Encore un"}).status_code == 404
    assert not contract.volets.filter(title="Encore un").exists()


def test_what_an_absence_lends_is_passed_on_to_nobody(cast: Cast) -> None:
    task = review_of_the_police(cast)
    away(cast.ddpn, cast.commissaire, Power.REVIEW)
    with pytest.raises(Locked, match="lui revient à son retour"):
        transfers.transfer_task(cast.commissaire, task, receiver=mandate(cast.ddpn), reason="Je ne peux pas.")
