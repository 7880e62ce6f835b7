"""The signatures and the seal, as the timeline shows them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext as _

from contracts.models import Signatory
from signatures.models import SignatureRequest
from workflow.engine.looks import DONE, NOW, STOP, WAIT
from workflow.engine.timeline import Milestone, Progress
from workflow.signing import rules
from workflow.signing.progress import of_request, of_seal


def signatures(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Give a milestone a signatory, in the order in which they sign."""
    for signatory, act in rules.signed(progress.contract):
        place = replace(
            milestone, code=f"{milestone.code}-{signatory.order}", look=WAIT, actor=signatory.capacity
        )
        if act is None:
            _not_asked(place, signatory, progress, is_running=milestone.look == NOW)
        elif act.request.state == SignatureRequest.State.DONE:
            place.look, place.at = DONE, act.request.stamped_at
        else:
            told = of_request(act.request)
            place.look, place.detail = told.look, told.word
        yield place


def _not_asked(place: Milestone, signatory: Signatory, progress: Progress, *, is_running: bool) -> None:
    version = progress.version
    if version is None:
        return
    refusal = rules.refusal_of(version)
    if refusal is not None and refusal.signatory_id == signatory.pk:
        place.look, place.detail = STOP, _("refusée")
    elif is_running and rules.next_signatory(signatory.contract, version) == signatory:
        place.look = NOW


def seal(milestone: Milestone, progress: Progress) -> Iterator[Milestone]:
    """Say when the file was sealed for the archive."""
    signing = rules.round_of(progress.version) if progress.version else None
    if signing and signing.envelope.sealed_at:
        milestone.look, milestone.at = DONE, signing.envelope.sealed_at
        milestone.detail = _("archivé")
    elif signing and (told := of_seal(signing.envelope)):
        milestone.look, milestone.detail = told.look, told.word
    yield milestone
