"""The clerk of the council records its resolution as it comes, which opens or ends the signing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from signatures import actions as signing
from stakeholders.models import User
from stakeholders.wording import day
from workflow.council import rules
from workflow.council.models import (
    CORRECTION_OWES_WHY,
    SENT_BACK_OWES_WHY,
    STAGES,
    CouncilResolution,
    Outcome,
)
from workflow.engine import purposes
from workflow.engine.nodes import ask_gates
from workflow.engine.tasks import organisation_of
from workflow.record.refusals import AlreadyDone, Invalid, Locked
from workflow.tasks.act import Doing, doing, owed, save
from workflow.tasks.rounds import signing_round_of


def record_resolution(user: User, task_id: int, *, facts: dict[str, Any]) -> CouncilResolution:
    """The clerk records what the council decided, with the days of its stages that are already known.

    ``facts`` are fields of CouncilResolution. Adopted, it unlocks the mayor once enforceable, here or by
    :func:`record_stages`; adopted with changes or rejected, it sends the contract back to drafting;
    adjourned, it leaves the task open for another session. Raises AlreadyDone when the council has
    already adopted this text.
    """
    with doing(user, task_id, purposes.RECORD_RESOLUTION) as act:
        known = rules.awaiting_its_stages(act.version, _council(act))
        if known is not None:
            raise AlreadyDone(str(known.author))
        resolution = CouncilResolution(**act.common_fields(), organisation_id=_council(act), **facts)
        _save(act, resolution)
        kept = {name: getattr(resolution, name) for name in facts}  # in proper form
        _tell(act, resolution, _journaled(kept))
        _follow(act, resolution)
    return resolution


def correct_resolution(
    user: User, task_id: int, *, corrects: str, facts: dict[str, Any], why: str
) -> CouncilResolution:
    """The clerk corrects what was typed wrongly, and says why, while nothing follows from it yet.

    ``corrects`` is the state that was shown, ``facts`` all of what it says now. Both stay, in the
    register and in the journal. Raises Locked once the resolution is another, or enforceable: the mayor may
    then have signed on it, and the version is taken back instead.
    """
    with doing(user, task_id, purposes.RECORD_RESOLUTION) as act:
        former = rules.awaiting_its_stages(act.version, _council(act))
        if former is None or former.state != corrects:
            raise Locked(_("La délibération a été modifiée entre-temps : rouvrez la page pour la corriger."))
        said = owed(why, CORRECTION_OWES_WHY)
        before = {name: getattr(former, name) for name in facts}
        resolution = CouncilResolution(
            **act.common_fields(), organisation_id=_council(act), **facts, corrects=former, why_corrected=said
        )
        if before == {name: getattr(resolution, name) for name in facts}:
            raise Invalid(_("Rien n’est changé : corrigez au moins un champ."))
        former.corrected_at = resolution.at
        former.save(update_fields=["corrected_at"])
        _save(act, resolution)
        kept = {name: getattr(resolution, name) for name in facts}
        changed = {
            name: [_plain(before[name]), _plain(new)] for name, new in kept.items() if new != before[name]
        }
        act.tell("resolution_corrected", number=former.number, why=said, changed=changed)
        if resolution.is_enforceable or not resolution.is_adopted:
            _tell(act, resolution, _journaled(kept))
        _follow(act, resolution)
    return resolution


def record_stages(user: User, task_id: int, *, stages: Mapping[str, dt.date | None]) -> CouncilResolution:
    """The clerk adds the days that have come to be known: publication, transmission, receipt.

    ``stages`` are of :data:`STAGES`; those without a day are left for later. Raises Locked while the vote is
    not recorded, and Invalid, naming the field, for a day that somebody recorded meanwhile or that cannot be.
    """
    with doing(user, task_id, purposes.RECORD_RESOLUTION) as act:
        resolution = rules.awaiting_its_stages(act.version, _council(act))
        if resolution is None:
            raise Locked(_("Enregistrez d’abord le vote du conseil sur ce texte."))
        given = {name: found for name in STAGES if (found := stages.get(name)) is not None}
        if not given:
            raise Invalid(_("Indiquez au moins une date."), STAGES[0])
        for name, found in given.items():
            if (kept := getattr(resolution, name)) is not None:
                raise Invalid(_already(kept), name)
            setattr(resolution, name, found)
        _check_days(resolution, act.contract.created_at.year)
        resolution.save(update_fields=list(given))
        for name, found in given.items():
            act.tell(
                "resolution_published"
                if name == "published_on"
                else "resolution_transmitted"
                if name == "transmitted_on"
                else "resolution_received",
                number=resolution.number,
                **{name: found.isoformat()},
            )
        if resolution.is_enforceable:
            days = {name: getattr(resolution, name) for name in rules.DAYS}
            act.tell("resolution_adopted", number=resolution.number, **_journaled(days))
        _follow(act, resolution)
    return resolution


def _council(act: Doing) -> int:
    """Return whose council the task is about: the organisation that owes it."""
    return organisation_of(act.task) or act.mandate.office.organisation_id


def _save(act: Doing, resolution: CouncilResolution) -> None:
    """Write a resolution whose days, voices and reason can be."""
    _check_days(resolution, act.contract.created_at.year)
    if (refusal := rules.why_not_voices(resolution)) is not None:
        raise Invalid(refusal[1], refusal[0])
    if resolution.sends_back:
        owed(resolution.reason, SENT_BACK_OWES_WHY)
    save(resolution)


def _follow(act: Doing, resolution: CouncilResolution) -> None:
    """Close the task where nothing more is awaited of the council; otherwise it stays open."""
    if resolution.sends_back:
        signing.void_envelope(signing_round_of(act).envelope, resolution.reason)
    elif not resolution.is_enforceable:
        return
    act.complete()
    ask_gates(act.task.process_id)


def _tell(act: Doing, resolution: CouncilResolution, facts: dict[str, Any]) -> None:
    outcome, done = resolution.outcome, resolution.is_enforceable
    act.tell(
        "resolution_rejected"
        if outcome == Outcome.REJECTED
        else "resolution_amended"
        if outcome == Outcome.AMENDED
        else "resolution_adjourned"
        if outcome == Outcome.ADJOURNED
        else "resolution_adopted"
        if done
        else "resolution_voted",
        **facts,
    )


def _journaled(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: _plain(fact) for name, fact in facts.items()}


def _plain(fact: Any) -> Any:
    return fact.isoformat() if isinstance(fact, dt.date) else fact


def _already(kept: dt.date) -> str:
    return _("Cette date est déjà enregistrée : %(day)s.") % {"day": day(kept)}


def _check_days(resolution: CouncilResolution, opened_in: int) -> None:
    given = {name: day for name in rules.DAYS if (day := getattr(resolution, name))}
    if "received_on" in given and "transmitted_on" not in given:
        raise Invalid(
            _(
                "La préfecture n’accuse réception que de ce qui lui est transmis : "
                "donnez la date de transmission."
            ),
            "transmitted_on",
        )
    if refusal := rules.why_not_days(given, opened_in=opened_in, today=timezone.localdate()):
        raise Invalid(refusal[1], refusal[0])
