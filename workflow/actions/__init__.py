"""One verb per legal act: check, change and journal in one transaction.

Each takes the lock of the process first (viewflow's ``activation``), asks
:mod:`workflow.rules` again under that lock, and raises :mod:`workflow.errors` with a
sentence for the person. Nothing here is slow or touches a network.
"""

from workflow.actions.contacts import add_contact, remove_contact, send_again
from workflow.actions.council import record_resolution
from workflow.actions.doing import Doing, closed, doing
from workflow.actions.guests import Entry, ask_code, enter, renew, report
from workflow.actions.notes import write_note
from workflow.actions.opinions import approve, give_opinion, keep_opinion_draft
from workflow.actions.piloting import (
    Drafting,
    changing_draft,
    freeze_version,
    recall_version,
    start_circuit,
    submit_draft,
)
from workflow.actions.signing import refuse_signature, sign
from workflow.actions.tasks import retry_job, take_task
from workflow.actions.transfers import end_transfer, transfer_task

__all__ = [
    "Doing",
    "Drafting",
    "Entry",
    "add_contact",
    "approve",
    "ask_code",
    "changing_draft",
    "closed",
    "doing",
    "end_transfer",
    "enter",
    "freeze_version",
    "give_opinion",
    "keep_opinion_draft",
    "recall_version",
    "record_resolution",
    "refuse_signature",
    "remove_contact",
    "renew",
    "report",
    "retry_job",
    "send_again",
    "sign",
    "start_circuit",
    "submit_draft",
    "take_task",
    "transfer_task",
    "write_note",
]
