"""What a contract's page shows: a lane per actor, the steps past and to come, the history.

Read-only; everything comes from tasks, acts and the journal, nothing is stored twice.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from contracts.models import Contract, ContractVersion, Part, Signatory
from signatures.models import SignatureRequest
from stakeholders.kinds import Power
from stakeholders.models import Mandate
from workflow import rules
from workflow.models import CouncilResolution, JournalEntry, Opinion
from workflow.nodes import OPEN_STATUSES, WORKING_STATUSES
from workflow.notifications import QUIET, sentence_of
from workflow.standing import power_of

# How a state looks: the style sheet has one look for each, the template one icon.
DONE, NOW, LATE, WAIT, STOP = "done", "now", "late", "wait", "stop"


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


@dataclass
class Step:
    """One step of the timeline, past or to come, with its actor and its date."""

    code: str
    title: str
    look: str
    actor: str = ""
    detail: str = ""
    at: dt.datetime | None = None


@dataclass
class Line:
    """One line of the history: a journal entry as a sentence."""

    number: int
    at: dt.datetime
    text: str
    actor: str
    quality: str
    reason: str


def days_since(moment: dt.datetime) -> int:
    """Return how many whole days a task has waited."""
    return (timezone.localdate() - timezone.localtime(moment).date()).days


def due_on(task: Task) -> dt.date | None:
    """Return the day by which a task is due."""
    return parse_date((task.data or {}).get("due_on") or "")


def open_tasks(contract: Contract) -> list[Task]:
    """Return what is awaited now, from people or from the system."""
    return list(
        Task.objects.filter(
            process__circuit__contract=contract,
            flow_task_type__in=["HUMAN", "JOB"],
            status__in=WORKING_STATUSES,
        )
        .select_related("owner")
        .order_by("pk")
    )


# --- lanes -----------------------------------------------------------------------------


def lanes(contract: Contract) -> list[Lane]:
    """Return a lane for each organisation that has something to do in this contract."""
    awaited: dict[int, list[Task]] = {}
    for task in open_tasks(contract):
        if task.flow_task_type == "HUMAN":
            awaited.setdefault(int(task.owner_permission_obj_pk or 0), []).append(task)
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
            ", ".join(str(t.title).lower() for t in tasks),
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
    owed = {int(task.owner_permission_obj_pk or 0) for task in tasks}
    held: dict[int, set[Power]] = {}
    mandates = Mandate.objects.in_force().filter(office__organisation__in=owed, person__is_active=True)
    for mandate in mandates.select_related("office__organisation"):
        held.setdefault(mandate.office.organisation_id, set()).update(mandate.office.powers)
    return {
        task.pk
        for task in tasks
        if power_of(task) not in held.get(int(task.owner_permission_obj_pk or 0), set())
    }


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
    for signatory, request in signed(contract):
        if request and request.done_at:
            say(signatory.office.organisation_id, request.done_at, DONE, _("signé"), str(request.user))
    return {key: (look, word, detail) for key, (_at, look, word, detail) in words.items()}


def _on(version: ContractVersion) -> str:
    return _("sur la version %(number)s") % {"number": version.number}


# --- steps -----------------------------------------------------------------------------


def steps(contract: Contract) -> list[Step]:
    """Return the timeline: what is done, what is under way, what comes next, with actor and date."""
    version = contract.latest_version
    running = {task.flow_task.name for task in open_tasks(contract)}
    titles = {
        "drafting": _("Rédaction"),
        "review": _("Avis"),
        "approve": _("Approbation"),
        "council": _("Conseil municipal"),
    }
    found = [
        Step(
            "drafting",
            titles["drafting"],
            _look(running & {"draft", "freeze"}, version),
            _("Les deux pilotes"),
        ),
        _reviews(titles["review"], contract, version, running),
        _approvals(titles["approve"], version, running),
    ]
    if contract.signatories.filter(needs_council_resolution=True).exists():
        found.append(_council(titles["council"], version, running))
    found += [_signature(s, request, version, running) for s, request in signed(contract)]
    found.append(_seal(contract, version, running))
    if version:
        found[0].detail, found[0].at = str(version), version.frozen_at
    return _one_now_at_least_in_order(found)


def _look(running: object, done: object) -> str:
    return NOW if running else DONE if done else WAIT


def _reviews(title: str, contract: Contract, version: ContractVersion | None, running: set[str]) -> Step:
    step = Step("review", title, WAIT, _("Les organisations consultées"))
    if version is None:
        return step
    given = list(version.opinions.all())
    if running & {"render", "review"}:
        asked = (
            len(given)
            + Task.objects.filter(
                process__circuit__contract=contract, flow_task__endswith=".review", status__in=OPEN_STATUSES
            ).count()
        )
        step.look, step.detail = (
            NOW,
            _("%(given)d sur %(asked)d rendus") % {"given": len(given), "asked": asked},
        )
    elif not running & {"draft", "freeze"}:
        step.look, step.at = DONE, given[-1].at if given else version.frozen_at
        # an opinion given on an earlier version stands until its organisation is asked again
        standing = (
            Opinion.objects.filter(version__contract=contract).values("organisation").distinct().count()
        )
        step.detail = ngettext("%(n)d avis", "%(n)d avis", standing) % {"n": standing}
    elif any(opinion.is_blocking for opinion in given):
        step.look, step.detail = STOP, _("modifications demandées")
    return step


def _approvals(title: str, version: ContractVersion | None, running: set[str]) -> Step:
    step = Step("approve", title, WAIT, _("La préfecture et la commune"))
    approvals = list(version.approvals.all()) if version else []
    if "approve" in running:
        step.look = NOW
        step.detail = _("%(n)d sur 2") % {"n": len(approvals)}
    elif any(not approval.approved for approval in approvals):
        step.look, step.detail = STOP, _("texte renvoyé")
    elif len(approvals) == 2:
        step.look, step.at = DONE, approvals[-1].at
    return step


def _council(title: str, version: ContractVersion | None, running: set[str]) -> Step:
    step = Step("council", title, WAIT, _("Le service des assemblées"))
    resolution: CouncilResolution | None = rules.resolution_on(version) if version else None
    if resolution and resolution.is_enforceable:
        step.look, step.at = DONE, resolution.at
        step.detail = _("délibération %(number)s exécutoire") % {"number": resolution.number}
    elif resolution and not resolution.adopted:
        step.look, step.detail = STOP, _("délibération rejetée")
    elif "council_resolution" in running:
        step.look, step.detail = NOW, _("délibération attendue")
    return step


def _signature(
    signatory: Signatory, request: SignatureRequest | None, version: ContractVersion | None, running: set[str]
) -> Step:
    step = Step(f"sign-{signatory.order}", _("Signature"), WAIT, signatory.capacity)
    if request is None:
        if version and version.refusals.filter(signatory=signatory).exists():
            step.look, step.detail = STOP, _("refusée")
        elif version and "sign" in running and rules.next_signatory(signatory.contract, version) == signatory:
            step.look = NOW
        return step
    if request.state == SignatureRequest.State.DONE:
        step.look, step.at = DONE, request.done_at
    else:
        step.look, step.detail = NOW, str(request.get_state_display())
    return step


def _seal(contract: Contract, version: ContractVersion | None, running: set[str]) -> Step:
    step = Step("seal", _("Scellement"), WAIT, _("Contreseing"))
    round_ = getattr(version, "signing_round", None) if version else None
    if round_ and round_.envelope.sealed_at:
        step.look, step.at, step.detail = DONE, round_.envelope.sealed_at, _("archivé, niveau B-LTA")
    elif "seal" in running:
        step.look = NOW
    return step


def _one_now_at_least_in_order(found: list[Step]) -> list[Step]:
    """A step that was done on an older version is still to come on the new one."""
    drafting_again = found[0].look == NOW
    for step in found[1:]:
        if drafting_again and step.look == DONE:
            step.look, step.at, step.detail = WAIT, None, ""
    return found


def signed(contract: Contract) -> list[tuple[Signatory, SignatureRequest | None]]:
    """Return the signatories in order, each with the signature asked on the last version, if any."""
    requests = {
        request.slot.field_name: request
        for request in SignatureRequest.objects.filter(
            slot__envelope__signing_round__version=contract.latest_version
        )
        .exclude(state=SignatureRequest.State.ABANDONED)
        .select_related("slot", "user")
    }
    signatories = contract.signatories.select_related("office__organisation")
    return [(signatory, requests.get(signatory.field_name)) for signatory in signatories]


# --- history ---------------------------------------------------------------------------


def history(contract: Contract, *, limit: int = 200) -> list[Line]:
    """Return the last acts, newest first, each as a sentence with its author and quality."""
    entries = (
        JournalEntry.objects.filter(contract=contract)
        .exclude(verb__in=QUIET)
        .select_related("actor")
        .order_by("-number")[:limit]
    )
    return [
        Line(
            entry.number,
            entry.at,
            sentence_of(entry.verb, entry.payload),
            str(entry.actor) if entry.actor else "",
            entry.quality,
            str(entry.payload.get("reason") or ""),
        )
        for entry in entries
    ]


# --- diagram ---------------------------------------------------------------------------


def diagram_status(contract: Contract) -> dict[str, Any]:
    """Return the state of each step of the BPMN diagram, and a word such as « 5 sur 7 ».

    Shape: ``{"steps": [{"id", "state", "label", "actors": [{"name", "state"}]}]}``, the
    identifiers being the names of the flow's steps, the states those of the style sheet.
    """
    tasks = list(
        Task.objects.filter(process__circuit__contract=contract).select_related("owner").order_by("pk")
    )
    organisations = {str(p.organisation_id): p.organisation.short_name for p in _participants(contract)}
    steps = []
    for name in dict.fromkeys(task.flow_task.name for task in tasks):
        mine = [task for task in tasks if task.flow_task.name == name and task.status != STATUS.REVIVED]
        current = [task for task in mine if _split(task) == _split(mine[-1])]
        done = sum(task.status == STATUS.DONE for task in current)
        label = _("%(done)d sur %(all)d") % {"done": done, "all": len(current)} if len(current) > 1 else ""
        actors = [
            {"name": organisations.get(task.owner_permission_obj_pk or "", ""), "state": _task_look(task)}
            for task in current
            if task.flow_task_type == "HUMAN"
        ]
        steps.append({"id": name, "state": _step_look(current), "label": label, "actors": actors})
    return {"steps": steps}


def _participants(contract: Contract) -> Any:
    return contract.participations.select_related("organisation")


def _task_look(task: Task) -> str:
    if task.status == STATUS.ERROR:
        return STOP
    if task.status in WORKING_STATUSES:
        return LATE if _is_late(task) else NOW
    return DONE if task.status == STATUS.DONE else WAIT


def _step_look(tasks: list[Task]) -> str:
    looks = {_task_look(task) for task in tasks}
    return next((look for look in (STOP, LATE, NOW, DONE) if look in looks), WAIT)


def _split(task: Task) -> str:
    """Return the token that the branches of one parallel round share."""
    return str(task.token).rsplit("_", 1)[0] if "_" in str(task.token) else f"{task.pk}"


def _is_late(task: Task) -> bool:
    due = due_on(task)
    return due is not None and due < timezone.localdate()
