"""The head of a contract's page: its state, what its reader has to do, what stands in their way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from contracts.models import ENDED, Contract, ContractVersion, Status
from contracts.models.contract import versions_of
from stakeholders.models import User
from workflow.board import obstacles
from workflow.board.kept import since_the_last_event
from workflow.engine import purposes
from workflow.engine.lateness import minutes_late
from workflow.engine.looks import NOW
from workflow.engine.tasks import Task, has_failed, is_of_the_system, open_tasks, serves
from workflow.guests.links import naming, wrong_contacts
from workflow.procedures import recall_rules
from workflow.procedures.abandon import may_be_abandoned
from workflow.record.answers import answers
from workflow.reminders.rules import awaited, is_late
from workflow.signing import progress
from workflow.signing.holders import Difference
from workflow.signing.rules import differences
from workflow.standing.drafters import mandate_to_draft
from workflow.standing.parties import mandate_to_pilot
from workflow.standing.standings import Standings
from workflow.tasks import lists


def head(person: User, standings: Standings, found: Contract) -> dict[str, Any]:
    """Return what the head shows: where the contract stands, and what its reader has to do."""
    waiting = open_tasks(found)
    mine = lists.tasks_of(person, found, standings=standings)
    is_pilot = mandate_to_pilot(person, found) is not None
    named, is_over = naming(person, found), found.status in ENDED
    running = [task for task in waiting if is_of_the_system(task) and not has_failed(task)]

    def of_all(name: str, make: Callable[[], Any]) -> Any:
        return since_the_last_event(found, person, name, make)

    return {
        "contract": found,
        "can_name": bool(named),
        "wrong_contacts": wrong_contacts(found, named) if named and not is_over else [],
        "my_tasks": mine,
        "answered": of_all("reponses", lambda: answers([found.pk])[found.pk]),
        "is_pilot": is_pilot,
        "is_over": is_over,
        "late": sum(is_late(task) for task in awaited(found)) if is_pilot and not is_over else 0,
        "readable": of_all("imprimee", lambda: [_readable(found)])[0],
        "may_draft": mandate_to_draft(person, found) is not None,
        "incompatibilities": obstacles.incompatibilities(standings.mandates, found, waiting),
        "barred": obstacles.barred_tasks(standings, found),
        "failed_jobs": [task for task in waiting if has_failed(task)],
        "running_jobs": [(task, _explained(task, found)) for task in running],
        "minutes_late": minutes_late(found) if running else 0,
        "can_recall": is_pilot and recall_rules.recall_carrier(found) is not None,
        "can_abandon": is_pilot and may_be_abandoned(found),
        "abandonment": found.status == Status.ABANDONED and getattr(found, "abandonment", None),
        "may_look_ahead": is_pilot and found.status in (Status.FINAL_TEXT, Status.SIGNING),
        "differences": of_all("titulaires", lambda: _differences(found)),
    }


def _readable(found: Contract) -> ContractVersion | None:
    """Return the last version that is printed."""
    return next((version for version in versions_of(found) if version.pdf_sha256), None)


def _differences(found: Contract) -> list[Difference]:
    """Return the places that name a former holder, while the text may still be signed or taken back."""
    if found.status == Status.DRAFTING or found.status in ENDED or (version := found.latest_version) is None:
        return []
    return differences(version)


def _explained(task: Task, found: Contract) -> str:
    """Say what a step of the system waits for, when it says so."""
    if serves(task, purposes.SEAL):
        told = progress.seal_of(found)
        return told.detail if told and told.look == NOW else ""
    if serves(task, purposes.MAKE_SIGNATURE):
        running = (place.told for place in progress.places(found) if place.act and place.told.look == NOW)
        return next((f"{told.word} {told.detail}" for told in running), "")
    return ""
