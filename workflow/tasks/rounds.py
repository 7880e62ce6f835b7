"""The signing of a version, as an act meets it."""

from __future__ import annotations

from workflow.engine.models import SigningRound
from workflow.tasks.act import Doing


def signing_round_of(act: Doing) -> SigningRound:
    return SigningRound.objects.select_related("envelope").get(version=act.version)
