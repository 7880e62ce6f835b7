"""The council's resolution, as the timeline shows it."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from workflow.council import rules
from workflow.council.models import CouncilResolution
from workflow.engine.looks import DONE, NOW, STOP
from workflow.engine.timeline import Milestone, Progress


def resolution(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Name the resolution, where a signatory needs one."""
    if not any(place.needs_council_resolution for place in progress.contract.places):
        return
    version = progress.version
    found: CouncilResolution | None = rules.resolution_on(version) if version else None
    if found and found.is_enforceable:
        milestone.look, milestone.at = DONE, found.enforceable_on
        milestone.detail = _("délibération %(number)s exécutoire") % {"number": found.number}
    elif found and not found.adopted:
        milestone.look, milestone.detail = STOP, _("délibération rejetée")
    elif milestone.look == NOW:
        milestone.detail = _("délibération attendue")
    yield milestone
