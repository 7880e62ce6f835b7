"""A lane for each actor of a contract: what is awaited, or was said last."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.models import Contract, ContractVersion, Part
from stakeholders.kinds import Power
from stakeholders.models import Mandate
from stakeholders.wording import in_sentence
from workflow.engine.looks import DONE, LATE, NOW, STOP, WAIT
from workflow.engine.tasks import (
    Task,
    days_since,
    due_on,
    is_of_people,
    open_tasks,
    organisation_of,
    power_of,
)
from workflow.opinions.models import Opinion
from workflow.signing.progress import of_request
from workflow.signing.rules import signed


@dataclass
class Lane:
    """One actor: who, what is awaited or was said, since how many days, until when."""

    organisation_id: int
    name: str
    part: str
    look: str
    word: str
    detail: str = ""
    due_on: dt.date | None = None
    days_waiting: int | None = None


def lanes(contract: Contract) -> list[Lane]:
    """Return a lane for each organisation that has something to do in this contract."""
    awaited: dict[int, list[Task]] = {}
    for task in open_tasks(contract):
        if is_of_people(task):
            awaited.setdefault(organisation_of(task) or 0, []).append(task)
    said = _last_words(contract)
    alone = _without_anybody([task for tasks in awaited.values() for task in tasks])
    rows = contract.participations.select_related("organisation").order_by("pk")
    return [
        _lane(row.organisation_id, row.organisation.short_name, row.part, awaited, said, alone)
        for row in rows
        if row.part != Part.OBSERVER
    ]


def _lane(
    key: int,
    name: str,
    part: str,
    awaited: dict[int, list[Task]],
    said: dict[int, tuple[str, str, str]],
    alone: set[int],
) -> Lane:
    label = str(Part(part).label)
    if tasks := awaited.get(key):
        task = tasks[0]
        due, waiting = due_on(task), days_since(task.created)
        late = due is not None and due < timezone.localdate()
        return Lane(
            key,
            name,
            label,
            LATE if late else NOW,
            ", ".join(in_sentence(str(t.flow_task.awaited)) for t in tasks),
            _waiting(task, waiting) if task.pk not in alone else _nobody(),
            due,
            waiting,
        )
    if key in said:
        look, word, detail = said[key]
        return Lane(key, name, label, look, word, detail)
    return Lane(key, name, label, WAIT, _("rien à faire pour l’instant"))


def _without_anybody(tasks: list[Task]) -> set[int]:
    """Return those of the tasks whose organisation has nobody in office to do them."""
    owed = {organisation_of(task) or 0 for task in tasks}
    held: dict[int, set[Power]] = {}
    mandates = Mandate.objects.in_force().filter(office__organisation__in=owed, person__is_active=True)
    for mandate in mandates.select_related("office__organisation"):
        held.setdefault(mandate.office.organisation_id, set()).update(mandate.office.powers)
    return {task.pk for task in tasks if power_of(task) not in held.get(organisation_of(task) or 0, set())}


def _nobody() -> str:
    return _("personne n’est en fonction pour le faire : prévenez l’administrateur de l’organisation")


def _waiting(task: Task, days: int) -> str:
    since = (
        _("depuis aujourd’hui")
        if days == 0
        else ngettext("depuis %(days)d jour", "depuis %(days)d jours", days) % {"days": days}
    )
    if task.owner:
        return _("%(since)s, %(person)s s’en occupe") % {"since": since, "person": task.owner}
    return since


def _last_words(contract: Contract) -> dict[int, tuple[str, str, str]]:
    """Return, for each organisation, how its last act on this contract looks and reads."""
    words: dict[int, tuple[dt.datetime, str, str, str]] = {}

    def say(key: int, at: dt.datetime, look: str, word: str, detail: str) -> None:
        if key not in words or words[key][0] <= at:
            words[key] = (at, look, word, detail)

    for opinion in Opinion.objects.filter(version__contract=contract).select_related("version"):
        look = STOP if opinion.is_blocking else DONE
        say(
            opinion.organisation_id,
            opinion.at,
            look,
            str(opinion.get_value_display()).lower(),
            _on(opinion.version),
        )
    for version in contract.versions.prefetch_related("approvals"):
        for approval in version.approvals.all():
            look, word = (DONE, _("texte approuvé")) if approval.approved else (STOP, _("texte renvoyé"))
            say(approval.organisation_id, approval.at, look, word, _on(version))
        for refusal in version.refusals.select_related("signatory__office"):
            say(
                refusal.signatory.office.organisation_id,
                refusal.at,
                STOP,
                _("signature refusée"),
                _on(version),
            )
    for signatory, act in signed(contract):
        if act and act.request.stamped_at and act.request.done_at:
            say(signatory.office.organisation_id, act.request.stamped_at, DONE, _("signé"), str(act.author))
        elif act:
            told = of_request(act.request)
            say(signatory.office.organisation_id, act.at, told.look, told.word, told.detail)
    return {key: (look, word, detail) for key, (_at, look, word, detail) in words.items()}


def _on(version: ContractVersion) -> str:
    return _("sur la version %(number)s") % {"number": version.number}
