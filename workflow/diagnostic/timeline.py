"""The diagnostic, as the timeline shows it: nothing where the contract was opened without one."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from workflow.diagnostic import rules
from workflow.engine import purposes
from workflow.engine.looks import DONE, NOW
from workflow.engine.tasks import is_open, open_tasks, serves
from workflow.engine.timeline import Milestone, Progress


def diagnostic(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Count the contributions, then name the synthesis."""
    contract = progress.contract
    if not contract.with_diagnostic:
        return
    came = rules.received(contract)
    if milestone.look == NOW:
        owed = sum(is_open(task) and serves(task, purposes.CONTRIBUTE) for task in open_tasks(contract))
        milestone.detail = (
            ngettext(
                "%(given)d contribution sur %(asked)d", "%(given)d contributions sur %(asked)d", len(came)
            )
            % {"given": len(came), "asked": len(came) + owed}
            if owed
            else _("synthèse en cours")
        )
    elif (synthesis := rules.standing(contract)) is not None:
        milestone.look, milestone.at = DONE, synthesis.sent_at
        milestone.detail = _("synthèse validée")
    yield milestone
