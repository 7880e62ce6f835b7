"""Tasks passed on, and tasks of people who leave: nothing ever stays with somebody who is gone."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from stakeholders.actions import appoint, end_mandate, withdraw_mandate
from stakeholders.models import Mandate, User
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.stage import run_jobs
from workflow.board import lanes
from workflow.inbox import baskets
from workflow.opinions import acts as opinions_acts
from workflow.powers.appointments import set_last_day
from workflow.record.models import JournalEntry
from workflow.record.refusals import Invalid, Locked, NotAllowed
from workflow.standing import handover
from workflow.standing import jobs as standing_jobs
from workflow.standing.models import DailyPass, Transfer
from workflow.standing.standings import standing_to_act
from workflow.tasks import acts as tasks_acts
from workflow.tasks import transfers

DAY = dt.timedelta(days=1)


def mandate(person: User) -> Mandate:
    return person.mandates.select_related("office__organisation").get()


@pytest.fixture
def review(cast: Cast) -> int:
    """Clairval's review by the police."""
    plot.opened(cast.contract)
    plot.draft_and_freeze(cast.contract)
    return int(plot.task(cast.contract, "review", cast.organisation("org-ddpn")).pk)


def opine(user: User, cast: Cast, task: int) -> None:
    sha = plot.version(cast.contract).content_sha256
    opinions_acts.give_opinion(user, task, value="favourable", reason="", version_sha256=sha)


def pass_on(cast: Cast, task: int, receiver: User, reason: str = "Elle connaît le dossier.") -> Transfer:
    return transfers.transfer_task(cast.ddpn, task, receiver=mandate(receiver), reason=reason)


def test_a_task_is_passed_on_with_a_reason_and_done_by_the_colleague(cast: Cast, review: int) -> None:
    with pytest.raises(Invalid):
        pass_on(cast, review, cast.commissaire, reason=" ")
    pass_on(cast, review, cast.commissaire)
    assert [t.pk for t in baskets.Baskets(cast.commissaire)["delegues"].listing.page().rows] == [review]
    entry = JournalEntry.objects.get(contract=cast.contract, verb="task_transferred")
    assert entry.payload["reason"] == "Elle connaît le dossier."
    lane = next(lane for lane in lanes.lanes(cast.contract) if lane.name == "DDPN 00")
    assert "Lestrade" in lane.detail
    opine(cast.commissaire, cast, review)
    quality = JournalEntry.objects.get(contract=cast.contract, verb="opinion_given").quality
    assert "à qui M. Stéphane Roucaute a confié cette tâche" in quality


def test_whoever_passed_it_on_may_take_it_back_or_do_it(cast: Cast, review: int) -> None:
    pass_on(cast, review, cast.commissaire)
    transfers.end_transfer(cast.ddpn, review)
    with pytest.raises(NotAllowed):
        opine(cast.commissaire, cast, review)
    with pytest.raises(Locked):
        transfers.end_transfer(cast.ddpn, review)
    pass_on(cast, review, cast.commissaire)
    opine(cast.ddpn, cast, review)


def test_the_colleague_gives_it_back_but_cannot_pass_it_further(cast: Cast, review: int) -> None:
    pass_on(cast, review, cast.commissaire)
    with pytest.raises(Locked):
        transfers.transfer_task(cast.commissaire, review, receiver=mandate(cast.ddpn), reason="Non.")
    transfers.end_transfer(cast.commissaire, review)
    assert plot.task(cast.contract, "review", cast.organisation("org-ddpn")).owner is None


def test_it_stays_in_the_house(cast: Cast, review: int) -> None:
    for other in (cast.prefete, cast.ggd, cast.outsider):
        with pytest.raises(Invalid):
            pass_on(cast, review, other)
    with pytest.raises(Invalid):
        pass_on(cast, review, cast.ddpn)


def test_neither_a_signature_nor_a_resolution_is_passed_on(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    for person, step, receiver in (
        (cast.prefete, "sign", cast.secretaire_generale),
        (cast.greffe, "council_resolution", cast.dgs),
    ):
        with pytest.raises(Locked):
            transfers.transfer_task(
                person, plot.task(contract, step).pk, receiver=mandate(receiver), reason="Absent."
            )


def test_the_database_keeps_one_receiver_a_task(cast: Cast, review: int) -> None:
    first = pass_on(cast, review, cast.commissaire)
    with pytest.raises(IntegrityError), transaction.atomic():
        Transfer.objects.create(
            task_id=review, giver=first.giver, receiver=first.receiver, reason="Une seconde fois."
        )


def test_what_a_person_who_leaves_had_taken_is_free_again(cast: Cast, review: int) -> None:
    tasks_acts.take_task(cast.ddpn, review)
    withdraw_mandate(mandate(cast.ddpn), actor=cast.admin)
    run_jobs()
    assert plot.task(cast.contract, "review", cast.organisation("org-ddpn")).owner is None


def test_a_receiver_who_leaves_holds_nothing_any_more(cast: Cast, review: int) -> None:
    pass_on(cast, review, cast.commissaire)
    withdraw_mandate(mandate(cast.commissaire), actor=cast.admin)
    run_jobs()
    assert Transfer.objects.get().ended_at is not None
    opine(cast.ddpn, cast, review)


def test_open_tasks_follow_the_office_to_its_next_holder_with_a_note(
    cast: Cast, review: int, client: Client
) -> None:
    old = mandate(cast.ddpn)
    today = timezone.localdate()
    tasks_acts.take_task(cast.ddpn, review)
    end_mandate(old, ends_on=today, handover="Le renfort de 2028 reste à chiffrer.", actor=cast.ddpn)
    successor = User.objects.create_user("nouveau@ddpn-orme.example", civility="Mme", last_name="Nouvelle")
    appoint(successor, old.office, starts_on=today + DAY, actor=cast.admin)
    waiting = plot.task(cast.contract, "review", cast.organisation("org-ddpn"))
    assert standing_to_act(cast.ddpn, waiting), "until tonight"
    # the next morning
    Mandate.objects.filter(pk=old.pk).update(ends_on=today - DAY)
    Mandate.objects.filter(person=successor).update(starts_on=today)
    with as_owner():
        DailyPass.objects.all().delete()
    DailyPass.objects.create(day=today - DAY)
    with transaction.atomic():
        standing_jobs.defer_follow(handover.open_day(today))
    run_jobs()
    waiting = plot.task(cast.contract, "review", cast.organisation("org-ddpn"))
    assert waiting.owner is None
    assert not standing_to_act(cast.ddpn, waiting)
    told = JournalEntry.objects.filter(contract=cast.contract).values_list("verb", "payload__person")
    assert ("standing_lost", str(cast.ddpn)) in told
    assert ("standing_gained", str(successor)) in told
    client.force_login(successor)
    page = client.get(reverse("inbox")).content.decode()
    assert "Le renfort de 2028 reste à chiffrer." in page
    assert str(cast.ddpn) in page
    opine(successor, cast, review)
    client.force_login(cast.commissaire)
    assert "Le renfort de 2028" not in client.get(reverse("inbox")).content.decode()


def test_a_mandate_cannot_end_before_it_began(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        end_mandate(mandate(cast.ddpn), ends_on=dt.date(1999, 1, 1), actor=cast.admin)
    later, today = mandate(cast.ddpn), timezone.localdate()
    later.starts_on = today + 3 * DAY
    later.save(update_fields=["starts_on"])
    with pytest.raises(ValidationError, match="précède son début"):
        end_mandate(later, ends_on=today + DAY, actor=cast.admin)


def test_only_its_holder_or_an_administrator_sets_the_last_day_of_a_mandate(cast: Cast) -> None:
    held = mandate(cast.ddpn)
    for other in (cast.prefete, cast.commissaire, cast.outsider):
        with pytest.raises(NotAllowed):
            set_last_day(other, held.office.organisation, held, ends_on=timezone.localdate(), handover="Non.")
    held.refresh_from_db()
    assert (held.ends_on, held.handover) == (None, "")


def test_the_last_day_of_a_mandate_is_neither_past_nor_beyond_its_appointment(
    cast: Cast, client: Client
) -> None:
    today = timezone.localdate()
    held = mandate(cast.ddpn)
    Mandate.objects.filter(pk=held.pk).update(ends_on=today + 5 * DAY)
    client.force_login(cast.ddpn)
    address = reverse("mandate_handover", args=[held.office.organisation_id, held.pk])
    for day, said in ((today - DAY, "Ce jour est passé"), (today + 6 * DAY, "nouvel acte de nomination")):
        answer = client.post(address, {"ends_on": day.isoformat(), "handover": "Une note."})
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert "Une note." in answer.content.decode(), "what was typed is kept"
        held.refresh_from_db()
        assert (held.ends_on, held.handover) == (today + 5 * DAY, "")
    answer = client.post(address, {"ends_on": (today + 2 * DAY).isoformat(), "handover": "Une note."})
    assert answer.status_code == 302
    held.refresh_from_db()
    assert held.ends_on == today + 2 * DAY


def test_the_last_administrator_who_leaves_is_told_to_invite_a_successor_first(
    cast: Cast, client: Client
) -> None:
    held, today = mandate(cast.dgs), timezone.localdate()
    client.force_login(cast.dgs)
    address = reverse("mandate_handover", args=[held.office.organisation_id, held.pk])
    facts = {"ends_on": (today + 9 * DAY).isoformat(), "handover": ""}
    assert "plus personne n’administrera" in client.post(address, facts, follow=True).content.decode()
    successor = User.objects.create_user("nouvelle@clairval.example", civility="Mme", last_name="Nouvelle")
    appoint(successor, held.office, starts_on=today + 10 * DAY, actor=cast.admin)
    assert "plus personne" not in client.post(address, facts, follow=True).content.decode()


def test_where_nobody_is_left_the_page_says_so(cast: Cast, review: int) -> None:
    withdraw_mandate(mandate(cast.ddpn), actor=cast.admin)
    lane = next(lane for lane in lanes.lanes(cast.contract) if lane.name == "DDPN 00")
    assert "personne" in lane.detail
