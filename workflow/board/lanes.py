"""A lane for each actor of a contract: what is awaited, or was said last."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.models import Commitment, Contract, ContractVersion, Part
from contracts.models.contract import versions_of
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation
from stakeholders.prepared import A_DAY, MARKER, Prepared
from stakeholders.reading import asked_once
from stakeholders.wording import day, in_sentence
from workflow.diagnostic import rules as diagnostic_rules
from workflow.engine import purposes
from workflow.engine.looks import DONE, LATE, NOW, STOP, WAIT
from workflow.engine.tasks import (
    Task,
    days_since,
    due_on,
    every_task,
    is_done,
    is_of_people,
    is_open,
    open_tasks,
    organisation_of,
    power_of,
    serves,
)
from workflow.opinions.last import opinions_of
from workflow.opinions.rules import approvals_of
from workflow.opinions.silence import silences_of
from workflow.reminders.state import State, states
from workflow.signing.progress import of_request
from workflow.signing.rules import refusal_of, signed
from workflow.standing.parties import taking_part


@dataclass
class Lane:
    """One actor: who, what is awaited or was said, since how many days, until when; what comes next."""

    organisation_id: int
    name: str
    part: str
    look: str
    word: str
    detail: str = ""
    due_on: dt.date | None = None
    days_waiting: int | None = None
    next: str = ""


# what is awaited comes first, the most urgent above; then what stands in the way, what is done
ORDER = {LATE: 0, NOW: 1, STOP: 2, DONE: 3, WAIT: 4}


@asked_once
def lanes(contract: Contract) -> list[Lane]:
    """Return a lane for each organisation that has something to do in this contract, the awaited first."""
    awaited: dict[int, list[Task]] = {}
    for task in open_tasks(contract):
        if is_of_people(task):
            awaited.setdefault(organisation_of(task) or 0, []).append(task)
    said = _last_words(contract)
    waiting = [task for owed in awaited.values() for task in owed]
    alone, stand = _without_anybody(waiting), states(contract, waiting)
    found = [
        _lane(row.organisation_id, row.organisation.short_name, row.part, awaited, said, alone, stand)
        for row in taking_part(contract)
        if row.part != Part.OBSERVER
    ]
    return sorted(found, key=lambda lane: ORDER[lane.look])


@asked_once
def missing_opinions(contract: Contract) -> int:
    """Count the opinions that are asked and not given yet."""
    return sum(is_open(task) and serves(task, purposes.REVIEW) for task in open_tasks(contract))


@asked_once
def never_asked(contract: Contract) -> list[tuple[Organisation, list[str]]]:
    """Return who leads commitments of the draft and is asked nothing about them, with their numbers."""
    asked = [row.organisation_id for row in taking_part(contract) if row.part != Part.OBSERVER]
    found: dict[Organisation, list[str]] = {}
    for commitment in _LED.rows(contract.pk, asked):
        found.setdefault(commitment.lead, []).append(commitment.number)
    return list(found.items())


_LED: Prepared[Commitment] = Prepared(
    lambda contract, asked: (
        Commitment.objects.filter(volet__contract=contract)
        .exclude(lead__among=asked)
        .select_related("lead", "volet")
    ),
    *(MARKER, [MARKER + 1]),
)


def _lane(
    key: int,
    name: str,
    part: str,
    awaited: dict[int, list[Task]],
    said: dict[int, tuple[str, str, str]],
    alone: set[int],
    stand: dict[int, State],
) -> Lane:
    label = str(Part(part).label)
    if mine := awaited.get(key):
        task = min(mine, key=lambda one: (due_on(one) or dt.date.max, one.pk))
        due, waiting = due_on(task), days_since(task.created)
        late = due is not None and due < timezone.localdate()
        return Lane(
            key,
            name,
            label,
            LATE if late else NOW,
            ", ".join(in_sentence(str(t.flow_task.awaited)) for t in mine),
            _waiting(task, waiting, stand.get(task.pk)) if task.pk not in alone else _nobody(),
            due,
            waiting,
            stand[task.pk].next if task.pk in stand else "",
        )
    if key in said:
        look, word, detail = said[key]
        return Lane(key, name, label, look, word, detail)
    return Lane(key, name, label, WAIT, _("rien à faire pour l’instant"))


def _without_anybody(waiting: list[Task]) -> set[int]:
    """Return those of the tasks whose organisation has nobody in office to do them."""
    owed = sorted({organisation_of(task) or 0 for task in waiting})
    held: dict[int, set[Power]] = {}
    for mandate in _IN_OFFICE.rows(timezone.localdate(), owed) if owed else ():
        held.setdefault(mandate.office.organisation_id, set()).update(mandate.office.powers)
    return {task.pk for task in waiting if power_of(task) not in held.get(organisation_of(task) or 0, set())}


def _in_office(on: dt.date, organisations: list[int]) -> QuerySet[Mandate]:
    held = Mandate.objects.in_force(on).filter(office__organisation__among=organisations)
    return held.filter(person__is_active=True).select_related("office__organisation")


_IN_OFFICE: Prepared[Mandate] = Prepared(_in_office, A_DAY, [MARKER])


def _nobody() -> str:
    return _("personne n’est en fonction pour le faire : prévenez l’administrateur de l’organisation")


def _waiting(task: Task, days: int, state: State | None) -> str:
    since = (
        _("depuis aujourd’hui")
        if days == 0
        else ngettext("depuis %(days)d jour", "depuis %(days)d jours", days) % {"days": days}
    )
    found = [since, state.sentence()] if state is not None else [since]
    if task.owner:
        found.append(_("%(person)s s’en occupe") % {"person": task.owner})
    return ", ".join(found)


def _last_words(contract: Contract) -> dict[int, tuple[str, str, str]]:
    """Return, for each organisation, how its last act on this contract looks and reads."""
    words: dict[int, tuple[dt.datetime, str, str, str]] = {}

    def say(key: int, at: dt.datetime, look: str, word: str, detail: str) -> None:
        if key not in words or words[key][0] <= at:
            words[key] = (at, look, word, detail)

    if hasattr(contract, "circuit"):
        for task in every_task(contract):
            if not (is_done(task) and serves(task, purposes.DRAFT)):
                continue
            detail = _("le %(day)s") % {"day": day(task.finished)}
            say(organisation_of(task) or 0, task.finished, DONE, _("rédaction terminée"), detail)
    if contract.with_diagnostic:
        for contribution in diagnostic_rules.received(contract):
            look, word = (
                (STOP, _("carence constatée"))
                if contribution.missing
                else (DONE, _("contribution transmise"))
            )
            sent: Any = contribution.sent_at
            detail = _("le %(day)s") % {"day": day(sent)}
            say(contribution.organisation_id, sent, look, word, detail)
    for opinion in opinions_of(contract):
        look = STOP if opinion.is_blocking else DONE
        say(
            opinion.organisation_id,
            opinion.at,
            look,
            str(opinion.get_value_display()).lower(),
            _on(opinion.version, opinion.at),
        )
    for silence in silences_of(contract):
        word = _("sans avis (aucune réponse)")
        say(silence.organisation_id, silence.at, DONE, word, _on(silence.version, silence.at))
    versions = versions_of(contract)
    approved, refused = approvals_of.of(versions), refusal_of.of(versions)
    for version in versions:
        for approval in approved[version]:
            look, word = (DONE, _("texte approuvé")) if approval.approved else (STOP, _("texte renvoyé"))
            say(approval.organisation_id, approval.at, look, word, _on(version, approval.at))
        if (refusal := refused[version]) is not None:
            say(
                refusal.signatory.office.organisation_id,
                refusal.at,
                STOP,
                _("signature refusée"),
                _on(version, refusal.at),
            )
    for signatory, act in signed(contract):
        if act and act.request.stamped_at and act.request.done_at:
            who = {"person": act.author, "day": day(act.request.stamped_at)}
            detail = _("%(person)s, le %(day)s") % who
            say(signatory.office.organisation_id, act.request.stamped_at, DONE, _("signé"), detail)
        elif act:
            told = of_request(act.request)
            say(signatory.office.organisation_id, act.at, told.look, told.word, told.detail)
    return {key: (look, word, detail) for key, (_at, look, word, detail) in words.items()}


def _on(version: ContractVersion, at: dt.datetime) -> str:
    return _("sur la version %(number)s, le %(day)s") % {"number": version.number, "day": day(at)}
