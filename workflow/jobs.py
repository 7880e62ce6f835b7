"""The jobs of every room, where the queue looks for them."""

from workflow.drafting.jobs import render_version
from workflow.drafting.previews import print_draft
from workflow.engine.jobs import go_on, mark_failed
from workflow.engine.lost import tell_lost
from workflow.evidence.jobs import forget_evidence, make_evidence
from workflow.guests.mails import send_code
from workflow.keys.jobs import warn_of_ending_keys
from workflow.news.jobs import mail_news
from workflow.notices.mail import forget_mail, send_mail
from workflow.notices.returned_mailbox import read_returns
from workflow.powers.jobs import forget_held_files
from workflow.privacy.jobs import forget_old_data
from workflow.record.jobs import anchor_entry, anchor_journal, forget_sent_forms
from workflow.reminders.jobs import look_at_terms, strike_terms
from workflow.signing.jobs import reopen_signature, settle_final_text, tell_changed_holders
from workflow.signing.launch_jobs import look_at_launch, look_at_launches
from workflow.signing.specimens import issue_specimen_key
from workflow.standing.jobs import follow_change, open_day

__all__ = [
    "anchor_entry",
    "anchor_journal",
    "follow_change",
    "forget_evidence",
    "forget_held_files",
    "forget_mail",
    "forget_sent_forms",
    "forget_old_data",
    "issue_specimen_key",
    "read_returns",
    "reopen_signature",
    "go_on",
    "look_at_launch",
    "look_at_launches",
    "look_at_terms",
    "make_evidence",
    "mail_news",
    "mark_failed",
    "open_day",
    "print_draft",
    "render_version",
    "send_code",
    "send_mail",
    "settle_final_text",
    "strike_terms",
    "tell_changed_holders",
    "tell_lost",
    "warn_of_ending_keys",
]
