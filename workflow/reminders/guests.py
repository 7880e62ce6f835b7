"""Guests are reminded as they were asked: by a link in a mail, whose page answers with a code."""

from __future__ import annotations

from collections.abc import Iterable

from contracts.models import Contract
from stakeholders.models import Mandate, User
from workflow.engine.tasks import Task
from workflow.guests.mails import Again, send_link
from workflow.guests.models import Contact


def remind_guests(
    task: Task,
    contract: Contract,
    contacts: Iterable[Contact],
    *,
    again: Again = Again.REMINDED,
    word: str = "",
    actor: User | None = None,
    mandate: Mandate | None = None,
) -> None:
    """Mail each of these contacts another link, in the caller's transaction; journaled."""
    for contact in contacts:
        contact.contract = contract
        send_link(contact, task, actor=actor, mandate=mandate, again=again, word=word)
