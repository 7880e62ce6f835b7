"""The clerk of the council records its resolution, which opens or ends the signing."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from signatures import actions as signing
from stakeholders.models import User
from workflow.council import rules
from workflow.council.models import REJECTION_OWES_WHY, CouncilResolution
from workflow.engine import purposes
from workflow.engine.nodes import ask_gates
from workflow.record.refusals import Invalid
from workflow.tasks.act import doing, owed, save
from workflow.tasks.rounds import signing_round_of


def record_resolution(user: User, task_id: int, *, facts: dict[str, Any]) -> CouncilResolution:
    """The clerk records the council's resolution; adopted and enforceable, it unlocks the mayor.

    ``facts`` are the fields of CouncilResolution; a council that refuses sends the
    contract back to drafting.
    """
    with doing(user, task_id, purposes.RECORD_RESOLUTION) as act:
        resolution = CouncilResolution(**act.common_fields(), **facts)
        _check_days(resolution, act.contract.created_at.year)
        save(resolution)
        if not resolution.adopted:
            owed(resolution.reason, REJECTION_OWES_WHY)
            signing.void_envelope(signing_round_of(act).envelope, resolution.reason)
        kept = {name: getattr(resolution, name) for name in facts}  # in proper form
        dates = {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in kept.items()}
        act.tell("resolution_adopted" if resolution.adopted else "resolution_rejected", **dates)
        act.complete()
        ask_gates(act.task.process_id)
    return resolution


def _check_days(resolution: CouncilResolution, opened_in: int) -> None:
    given = {name: day for name in rules.DAYS if (day := getattr(resolution, name))}
    if refusal := rules.why_not_days(given, opened_in=opened_in, today=timezone.localdate()):
        raise Invalid(refusal[1], refusal[0])
    if resolution.adopted and resolution.votes_for <= resolution.votes_against:
        raise Invalid(_("Une délibération adoptée a plus de voix pour que de voix contre."), "votes_for")
