"""The jobs of every room, where the queue looks for them."""

from workflow.drafting.jobs import render_version
from workflow.engine.jobs import go_on, mark_failed, retry_stalled_jobs
from workflow.guests.mails import send_code
from workflow.notices.mail import forget_mail, send_mail
from workflow.privacy.jobs import forget_old_data
from workflow.record.jobs import anchor_entry, anchor_journal
from workflow.signing.jobs import reopen_signature, settle_final_text
from workflow.standing.jobs import follow_change, open_day

__all__ = [
    "anchor_entry",
    "anchor_journal",
    "follow_change",
    "forget_mail",
    "forget_old_data",
    "reopen_signature",
    "go_on",
    "mark_failed",
    "open_day",
    "render_version",
    "retry_stalled_jobs",
    "send_code",
    "send_mail",
    "settle_final_text",
]
