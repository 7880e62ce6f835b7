"""The drafting, as the timeline shows it."""

from __future__ import annotations

from collections.abc import Iterator

from workflow.engine.looks import DONE, NOW
from workflow.engine.timeline import Milestone, Progress


def drafting(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Name the last frozen version."""
    if (version := progress.version) is not None:
        milestone.look = milestone.look if milestone.look == NOW else DONE
        milestone.detail, milestone.at = str(version), version.frozen_at
    yield milestone
