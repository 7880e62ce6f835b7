"""The organisations that are consulted give their opinion; the two parties approve."""

from __future__ import annotations

from stakeholders.models import User
from workflow.engine import purposes
from workflow.opinions import rules
from workflow.opinions.models import (
    NO_OPINION_CHOSEN,
    OPINION_OWES_WHY,
    RETURN_OWES_WHY,
    Approval,
    Opinion,
    OpinionDraft,
)
from workflow.opinions.receipts import mail_receipt
from workflow.record.refusals import Invalid, NotAllowed
from workflow.record.values import OpinionValue
from workflow.tasks.act import doing, owed, same_text, save


def give_opinion(user: User, task_id: int, *, value: str, reason: str, version_sha256: str) -> Opinion:
    """An organisation gives its opinion on the exact text that was shown."""
    with doing(user, task_id, purposes.REVIEW) as act:
        same_text(act, version_sha256, act.version.content_sha256)
        if value not in OpinionValue.values:
            raise Invalid(str(NO_OPINION_CHOSEN), "value")
        if rules.reason_is_owed(value):
            owed(reason, OPINION_OWES_WHY)
        organisation = act.task.seed
        opinion = Opinion(
            **act.common_fields(), organisation=organisation, value=value, reason=reason.strip()
        )
        save(opinion)
        OpinionDraft.objects.filter(contract=act.contract, author=user).delete()
        act.tell(
            "opinion_given",
            value=value,
            reason=opinion.reason,
            version=act.version.number,
            version_sha256=version_sha256,
        )
        if act.mandate.limited_type_id is not None:  # a guest's: no page of theirs keeps it
            mail_receipt(opinion)
        act.complete()
    return opinion


def keep_opinion_draft(user: User, task_id: int, *, value: str, reason: str) -> OpinionDraft:
    """Keep what a reviewer has typed; not an act, so not journaled."""
    with doing(user, task_id, purposes.REVIEW) as act:
        draft, _created = OpinionDraft.objects.update_or_create(
            author=user, contract=act.contract, defaults={"value": value[:30], "reason": reason}
        )
    return draft


def approve(user: User, task_id: int, *, approved: bool, reason: str, pdf_sha256: str) -> Approval:
    """A party approves the exact bytes that were shown, or sends them back with a reason."""
    with doing(user, task_id, purposes.APPROVE) as act:
        if obstacle := rules.why_not_approve(user, act.version):
            raise NotAllowed(obstacle)
        same_text(act, pdf_sha256, act.version.pdf_sha256)
        if not approved:
            owed(reason, RETURN_OWES_WHY)
        organisation = act.task.seed
        approval = Approval(
            **act.common_fields(),
            organisation=organisation,
            approved=approved,
            pdf_sha256=pdf_sha256,
            reason=reason.strip(),
        )
        save(approval)
        act.tell(
            "text_approved" if approved else "text_sent_back",
            version=act.version.number,
            pdf_sha256=pdf_sha256,
            reason=approval.reason,
        )
        act.complete()
    return approval
