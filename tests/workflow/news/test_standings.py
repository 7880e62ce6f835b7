"""Whom each verb tells, by their standing: a table as for access; a new verb without its row fails."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from stakeholders.kinds import Power
from stakeholders.models import Mandate, User
from tests import plot
from tests.cast import Cast
from tests.snapshots import once
from tests.workflow.organisations.test_absences import away
from workflow.news.kinds import TOLD
from workflow.notices.models import Notice
from workflow.record import events
from workflow.record.verbs import VERBS

PILOTS = {"pilote_ville", "pilote_prefecture"}
DOERS = {"holder", "substitute"}  # of the landlord's opinion; the holder is away
# the mayor is nobody's pilot and is asked nothing yet; the other owes an opinion of their own
READERS = PILOTS | DOERS | {"colleague", "mayor", "another"}
ASKED = PILOTS | DOERS | {"another"}
NOBODY: set[str] = set()
ROWS: dict[str, set[str]] = {
    **dict.fromkeys(("task_opened", "term_near", "term_passed", "task_reminded"), DOERS),
    **dict.fromkeys(("term_extended", "opinion_presumed"), PILOTS | DOERS),
    **dict.fromkeys(("opinion_given", "text_approved", "text_sent_back", "holder_changed"), PILOTS),
    **dict.fromkeys(("resolution_rejected", "resolution_amended", "resolution_voted"), PILOTS),
    **dict.fromkeys(("resolution_adopted", "resolution_adjourned", "resolution_corrected"), PILOTS),
    **dict.fromkeys(("signature_made", "job_failed", "suggestion_made", "guest_link_reported"), PILOTS),
    **dict.fromkeys(("contribution_sent", "contribution_missing"), PILOTS),
    **dict.fromkeys(("synthesis_sent", "synthesis_accepted", "synthesis_returned"), PILOTS),
    **dict.fromkeys(("version_frozen", "final_text_settled", "contract_sealed"), READERS),
    **dict.fromkeys(("contract_abandoned", "calendar_changed"), READERS),
    **dict.fromkeys(("participants_changed", "signatories_changed"), READERS),
    **dict.fromkeys(("signature_refused", "version_recalled"), ASKED),
    "launch_cleared": PILOTS,
    # who may sign at the places that the event names: here the mayor's
    "launch_held": {"mayor"},
    "warnings_accepted": PILOTS | {"mayor"},
    # the one person whom the event names: here the mayor
    **dict.fromkeys(("signature_failed", "standing_gained", "suggestion_accepted"), {"mayor"}),
    **dict.fromkeys(("suggestion_changed", "suggestion_declined"), {"mayor"}),
    "mail_not_delivered": PILOTS,  # and who administers the mayor's body, not the mayor
    "term_escalated": PILOTS,
    "task_transferred": NOBODY,  # nothing was passed on
}


class Scene:
    """One contract whose opinions are asked, and people of every standing around the landlord's."""

    def __init__(self, cast: Cast) -> None:
        self.contract = plot.at_review(cast)
        body = cast.organisation("org-oh")
        self.task = plot.task(self.contract, "review", body)
        self.people: dict[str, User] = {
            "holder": cast.bailleur_oh,
            "substitute": self._employed(cast, "Aline", days=None),
            "colleague": self._employed(cast, "Bruno", days=None),
            "former": self._employed(cast, "Clara", days=-1, reviews=True),
            "closed": self._employed(cast, "Denis", days=None, reviews=True),
            "another": cast.rtac,
            "mayor": cast.maire,
            "outsider": cast.outsider,
            "pilote_ville": cast.pilote_ville,
            "pilote_prefecture": cast.pilote_prefecture,
        }
        User.objects.filter(pk=self.people["closed"].pk).update(is_active=False)
        away(cast.bailleur_oh, self.people["substitute"], Power.REVIEW, by=cast.admin)

    def _employed(self, cast: Cast, name: str, *, days: int | None, reviews: bool = False) -> User:
        """Somebody of the landlord's, with its reviewer's office or one that only reads; until when."""
        body, today = cast.organisation("org-oh"), timezone.localdate()
        role = cast.bailleur_oh.mandates.get().office.role if reviews else "contributor"
        office = body.offices.create(title=f"Service de {name}", role=role)
        person = User.objects.create_user(f"{name.lower()}@oh.example", first_name=name, last_name="Voss")
        ends = None if days is None else today + dt.timedelta(days=days)
        starts = today - dt.timedelta(days=30)
        Mandate.objects.create(person=person, office=office, starts_on=starts, ends_on=ends)
        return person

    def facts(self, verb: str, level: str) -> dict[str, Any]:
        """What an event of this verb says of the task, of the mayor, and in its sentence."""
        words = dict.fromkeys(re.findall(r"%\((\w+)\)", str(VERBS[verb].sentence)), "…")
        words.pop("opinion", None)
        return {
            **words,
            "task": self.task.pk,
            "person_id": self.people["mayor"].pk,
            "organisation_id": self.task.seed.pk,
            "value": "favourable",
            "level": level,
            "places": list(self.contract.signatories.filter(order=2).values_list("pk", flat=True)),
        }


@pytest.fixture
def scene(cast: Cast) -> Scene:
    """Return the scene, made once for the file."""
    made: Scene = once("standings", lambda: Scene(cast))
    return made


def told_of(scene: Scene, verb: str, level: str = "pilots") -> set[str]:
    """Publish an event, return who of the scene was told of it, and take all of it back."""
    with transaction.atomic():
        last = Notice.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        events.publish(verb, scene.contract, **scene.facts(verb, level))
        people = set(Notice.objects.filter(pk__gt=last).values_list("person", flat=True))
        transaction.set_rollback(True)
    return {name for name, person in scene.people.items() if person.pk in people}


def test_whom_each_verb_tells_by_their_standing(scene: Scene) -> None:
    assert set(ROWS) == set(TOLD), "each verb that tells has its row"
    found = {verb: told_of(scene, verb) for verb in ROWS}
    assert found == ROWS
    # the head of the landlord is its reviewer, who was reminded: there is nobody above them
    assert told_of(scene, "term_escalated", level="head") == NOBODY
    # who replaces them is away's substitute today: they may do it, and were reminded too
    assert told_of(scene, "term_escalated", level="substitute") == NOBODY


def test_nobody_is_told_who_left_or_never_came(scene: Scene) -> None:
    for verb in ROWS:
        assert not told_of(scene, verb) & {"former", "closed", "outsider"}, verb
