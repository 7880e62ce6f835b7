"""The kinds of news, one row each: what they are called, how they are mailed; and what each verb tells whom.

A verb of :mod:`workflow.record.verbs` is told as its row here says, or told to nobody (None): a verb
without a row fails a test.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stakeholders.models import User
from workflow.news import concerned
from workflow.record.models import Event
from workflow.record.values import BLOCKING_OPINIONS


@dataclass(frozen=True)
class Kind:
    """``is_owed``: something to do or that must be known, which cannot be switched off.

    ``of_task``: it is about a task, and leads to it, for as long as it is open; ``watched``: about the task
    of somebody else, for as long as it is open. ``at_once``: mailed at once, whatever somebody's rhythm.
    ``says_event``: its sentence is that of the event, and not of the task.
    """

    code: str
    label: Promise
    is_owed: bool = False
    of_task: bool = False
    watched: bool = False
    at_once: bool = False
    says_event: bool = False


TASK = Kind("task", _("Une tâche vous attend"), is_owed=True, of_task=True)
TRANSFERRED = Kind("transferred", _("Une tâche vous est confiée"), is_owed=True, of_task=True)
RETURNED = Kind("returned", _("Le texte est refusé ou à modifier"), is_owed=True)
REPLACED = Kind("replaced", _("La version que vous aviez lue est retirée"), is_owed=True)
FAILED = Kind("failed", _("Votre signature n’a pas été apposée"), is_owed=True)
ENDED = Kind("ended", _("Le contrat est signé par tous, ou abandonné"), is_owed=True)
HOLDER = Kind("holder", _("Un signataire a changé"), is_owed=True)
LAUNCH = Kind("launch", _("La signature ne peut s’ouvrir sans un certificat, ou s’ouvre sans"), is_owed=True)
ANSWER = Kind("answer", _("Un avis ou une approbation est rendu"))
SIGNATURE = Kind("signature", _("Une signature est apposée"))
VERSION = Kind("version", _("Une version est figée, le texte définitif arrêté"))
COUNCIL = Kind("council", _("Le conseil municipal a délibéré"))
FRAME = Kind("frame", _("Le calendrier, les participants ou les signataires changent"))
DIAGNOSTIC = Kind("diagnostic", _("Le diagnostic avance"))
SUGGESTION = Kind("suggestion", _("Une proposition est faite sur le texte, ou y est reprise"))
CONTACT = Kind("contact", _("Un courriel n’est pas remis, un contact n’est pas joint"))
REMINDER = Kind("reminder", _("Un rappel, une relance"), is_owed=True, of_task=True, says_event=True)
LAST_REMINDER = Kind(
    "last_reminder",
    _("Un dernier rappel, une échéance passée"),
    is_owed=True,
    of_task=True,
    at_once=True,
    says_event=True,
)
LATE = Kind("late", _("Quelqu’un d’autre est en retard"), is_owed=True, watched=True, says_event=True)
TERM = Kind("term", _("Une échéance est reportée, ou passée sans réponse"), is_owed=True)
KINDS = {
    kind.code: kind
    for kind in (
        *(TASK, TRANSFERRED, RETURNED, REPLACED, FAILED, ENDED, HOLDER, LAUNCH, ANSWER, SIGNATURE, VERSION),
        *(COUNCIL, FRAME, DIAGNOSTIC, SUGGESTION, CONTACT, REMINDER, LAST_REMINDER, LATE, TERM),
    )
}

Concerned = Callable[[Event], set[User]]


@dataclass(frozen=True)
class Told:
    """Of what kind the news is, and whom it concerns; ``of(event)`` may say another kind."""

    kind: Kind
    whom: Concerned
    of: Callable[[Event], Kind] | None = None

    def kind_of(self, event: Event) -> Kind:
        """Return the kind of this very news."""
        return self.of(event) if self.of else self.kind


def _opinion(event: Event) -> Kind:
    return RETURNED if event.payload.get("value") in BLOCKING_OPINIONS else ANSWER


def _near(event: Event) -> Kind:
    return LAST_REMINDER if event.payload.get("last") else REMINDER


TOLD: dict[str, Told] = {
    "task_opened": Told(TASK, concerned.who_may_do),
    "standing_gained": Told(TASK, concerned.newly),
    "task_transferred": Told(TRANSFERRED, concerned.receiver),
    "opinion_given": Told(ANSWER, concerned.pilots, _opinion),
    "text_approved": Told(ANSWER, concerned.pilots),
    "text_sent_back": Told(RETURNED, concerned.pilots),
    "resolution_rejected": Told(RETURNED, concerned.pilots),
    "resolution_amended": Told(RETURNED, concerned.pilots),
    "signature_refused": Told(RETURNED, concerned.asked),
    "version_recalled": Told(REPLACED, concerned.asked),
    "version_frozen": Told(VERSION, concerned.readers),
    "final_text_settled": Told(VERSION, concerned.readers),
    "resolution_voted": Told(COUNCIL, concerned.pilots),
    "resolution_adopted": Told(COUNCIL, concerned.pilots),
    "resolution_adjourned": Told(COUNCIL, concerned.pilots),
    "resolution_corrected": Told(COUNCIL, concerned.pilots),
    "launch_held": Told(LAUNCH, concerned.at_places),
    "warnings_accepted": Told(LAUNCH, concerned.pilots_and_at_places),
    "launch_cleared": Told(LAUNCH, concerned.pilots),
    "holder_changed": Told(HOLDER, concerned.pilots),
    "signature_made": Told(SIGNATURE, concerned.pilots),
    "signature_failed": Told(FAILED, concerned.named),
    "job_failed": Told(FAILED, concerned.pilots),
    "contract_sealed": Told(ENDED, concerned.readers),
    "contract_abandoned": Told(ENDED, concerned.readers),
    "calendar_changed": Told(FRAME, concerned.readers),
    "participants_changed": Told(FRAME, concerned.readers),
    "signatories_changed": Told(FRAME, concerned.readers),
    "contribution_sent": Told(DIAGNOSTIC, concerned.pilots),
    "contribution_missing": Told(DIAGNOSTIC, concerned.pilots),
    "synthesis_sent": Told(DIAGNOSTIC, concerned.pilots),
    "synthesis_accepted": Told(DIAGNOSTIC, concerned.pilots),
    "synthesis_returned": Told(DIAGNOSTIC, concerned.pilots),
    "suggestion_made": Told(SUGGESTION, concerned.pilots),
    "suggestion_accepted": Told(SUGGESTION, concerned.named),
    "suggestion_changed": Told(SUGGESTION, concerned.named),
    "suggestion_declined": Told(SUGGESTION, concerned.named),
    "guest_link_reported": Told(CONTACT, concerned.pilots),
    "term_near": Told(REMINDER, concerned.who_may_do, _near),
    "term_passed": Told(LAST_REMINDER, concerned.who_may_do),
    "term_escalated": Told(LATE, concerned.escalated),
    "term_extended": Told(TERM, concerned.of_the_term),
    "task_reminded": Told(REMINDER, concerned.who_may_do),
    "opinion_presumed": Told(TERM, concerned.of_the_term),
    "mail_not_delivered": Told(CONTACT, concerned.who_can_reach),
}
