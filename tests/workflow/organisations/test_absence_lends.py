"""What an absence lends: never to who declares it for another, never more than the absent has."""

from __future__ import annotations

import datetime as dt

from django.urls import reverse
from django.utils import timezone

from stakeholders.actions import appoint
from stakeholders.kinds import Power
from stakeholders.models import Absence, Role, User
from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import LINA, asked, confirmed
from tests.workflow.organisations.test_absences import mandate
from tests.workflow.sockets import logged_in
from workflow.powers import asking
from workflow.standing.standings import standing_to_act
from workflow.tasks import lists

DAY = dt.timedelta(days=1)


def test_an_administrator_is_not_the_substitute_that_they_name_for_another(cast: Cast) -> None:
    """A reviewer's office is given directly, « never to oneself » (ADR 0017): nor is what it does."""
    police, today = cast.organisation("org-ddpn"), timezone.localdate()
    office = police.offices.create(title="Secrétariat", role=Role.CONTRIBUTOR, administers=True)
    clerk = User.objects.create_user("secretariat@ddpn.example", last_name="Secret")
    appoint(clerk, office, starts_on=today, actor=cast.admin)
    plot.opened(cast.contract)
    plot.draft_and_freeze(cast.contract)
    waiting = plot.task(cast.contract, "review", police)
    assert standing_to_act(clerk, waiting) is None
    answer = logged_in(clerk).post(
        reverse("absence_add", args=[police.pk]),
        {
            "mandate": mandate(cast.ddpn).pk,
            "substitute": mandate(clerk).pk,
            "starts_on": today.isoformat(),
            "ends_on": (today + 300 * DAY).isoformat(),
            "powers": [Power.REVIEW.value],
        },
    )
    assert standing_to_act(clerk, waiting) is None, "the opinion of the police, by who gave it to themselves"
    assert answer.status_code == 422
    assert "soi-même" in answer.content.decode()
    assert not Absence.objects.filter(substitute__person=clerk).exists()


def test_who_replaces_a_guest_answers_on_no_other_contract(cast: Cast) -> None:
    contract, link = asked(cast)
    confirmed(link)
    guest = User.objects.get(email=LINA).mandates.get()
    landlord, today = cast.organisation("org-oh"), timezone.localdate()
    office = landlord.offices.create(title="Assistante", role=Role.CONTRIBUTOR)
    assistant = User.objects.create_user("assistante@orme-habitat.example", last_name="Assise")
    appoint(assistant, office, starts_on=today, actor=cast.admin)
    other = plot.opened(small_contract(cast, "CSI-00-2026-901"))
    plot.draft_and_freeze(other)
    waiting = plot.task(other, "review", landlord)
    assert standing_to_act(User.objects.get(email=LINA), waiting) is None, "a guest is of one contract"
    absence = Absence(
        mandate=guest,
        substitute=mandate(assistant),
        starts_on=today,
        ends_on=today + DAY,
        powers=[Power.REVIEW.value],
    )
    asking.declare_absence(cast.bailleur_oh, landlord, absence)
    assert standing_to_act(assistant, waiting) is None, "nor is who replaces them"
    assert waiting not in list(lists.tasks_of(assistant, other))
    asked_of_the_guest = plot.task(contract, "review", landlord)
    assert standing_to_act(assistant, asked_of_the_guest) is not None
    assert asked_of_the_guest in list(lists.tasks_of(assistant, contract))
