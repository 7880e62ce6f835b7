"""The opinions and the approvals, as the timeline shows them."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workflow.engine import purposes
from workflow.engine.looks import DONE, NOW, STOP
from workflow.engine.tasks import is_open, open_tasks, serves
from workflow.engine.timeline import Milestone, Progress
from workflow.opinions.last import opinions_of
from workflow.opinions.rules import approvals_of
from workflow.standing import parties


def reviews(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Count the opinions given."""
    contract, version = progress.contract, progress.version
    opinions = opinions_of(contract)
    given = [opinion for opinion in opinions if version and opinion.version_id == version.pk]
    if version is None:
        pass
    elif milestone.look == NOW:
        waiting = (is_open(task) and serves(task, purposes.REVIEW) for task in open_tasks(contract))
        asked = len(given) + sum(waiting)
        milestone.detail = _("%(given)d sur %(asked)d rendus") % {"given": len(given), "asked": asked}
    elif not progress.is_redrafting:
        milestone.look, milestone.at = DONE, given[-1].at if given else version.frozen_at
        # an opinion given on an earlier version stands until its organisation is asked again
        standing = len({opinion.organisation_id for opinion in opinions})
        milestone.detail = ngettext("%(n)d avis", "%(n)d avis", standing) % {"n": standing}
    elif any(opinion.is_blocking for opinion in given):
        milestone.look, milestone.detail = STOP, _("modifications demandées")
    yield milestone


def approvals(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Count the parties that approved."""
    version = progress.version
    approvals = approvals_of(version) if version else []
    asked = len(parties.pilots(progress.contract))  # the prefecture and each commune
    if milestone.look == NOW:
        milestone.detail = _("%(done)d sur %(all)d") % {"done": len(approvals), "all": asked}
    elif any(not approval.approved for approval in approvals):
        milestone.look, milestone.detail = STOP, _("texte renvoyé")
    elif len(approvals) == asked:
        milestone.look, milestone.at = DONE, approvals[-1].at
    yield milestone
