"""The council's resolution, as the timeline shows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from stakeholders.wording import day
from workflow.council import rules
from workflow.council.models import CouncilResolution, Outcome
from workflow.engine.looks import DONE, NOW, STOP
from workflow.engine.timeline import Milestone, Progress


def resolution(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Name the resolution of each council that a signatory waits for."""
    councils = rules.councils_of(progress.contract)
    for council in councils:
        shown = replace(milestone)
        if len(councils) > 1:
            shown.title = _("Conseil : %(name)s") % {"name": council.short_name}
        yield _told(shown, progress, council.pk)


def _told(milestone: Milestone, progress: Progress, council: int) -> Milestone:
    version = progress.version
    found: CouncilResolution | None = rules.resolution_on(version, council) if version else None
    if found and found.is_enforceable:
        milestone.look, milestone.at = DONE, found.enforceable_on
        milestone.detail = _("délibération %(number)s exécutoire") % {"number": found.number}
    elif found and found.sends_back and milestone.look != NOW:
        milestone.look = STOP
        milestone.detail = (
            _("texte modifié par le conseil") if found.outcome == Outcome.AMENDED else _("texte rejeté")
        )
    elif found and found.is_adopted:
        milestone.detail = _("adoptée, pas encore exécutoire : il manque %(missing)s") % {
            "missing": rules.missing_in_words(found)
        }
    elif milestone.look == NOW and version:
        put_off = next(iter(rules.adjournments_of(version, council)), None)
        milestone.detail = (
            _("ajournée le %(day)s") % {"day": day(put_off.session_on)}
            if put_off
            else _("délibération attendue")
        )
    return milestone
