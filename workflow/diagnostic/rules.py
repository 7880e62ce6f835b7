"""Who is asked for the diagnostic, what is still missing, whether the synthesis stands: no writes."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from contracts.models import Contract, Part
from stakeholders.models import Organisation
from stakeholders.reading import asked_once
from workflow.diagnostic.models import Contribution, Synthesis
from workflow.engine import purposes
from workflow.engine.tasks import Task, due_on, is_open, serves
from workflow.standing.parties import pilots, taking_part


def contributors(contract: Contract) -> list[Organisation]:
    """Return who is asked for a contribution: every organisation that is consulted."""
    return [row.organisation for row in taking_part(contract) if row.part == Part.REVIEWER]


def others(contract: Contract, writer: Organisation) -> list[Organisation]:
    """Return the pilots who did not write the synthesis: it is put to them."""
    return [organisation for organisation in pilots(contract) if organisation != writer]


@asked_once
def received(contract: Contract) -> list[Contribution]:
    """Return what was sent, and what was found missing, in the order in which it came."""
    rows = contract.contributions.exclude(sent_at=None).select_related("organisation", "author")
    return list(rows.prefetch_related("figures", "files").order_by("sent_at"))


@asked_once
def syntheses(contract: Contract) -> list[Synthesis]:
    """Return the syntheses that were put to the other pilots, the last one first, with their answers."""
    rows = contract.syntheses.exclude(sent_at=None).select_related("author")
    return list(rows.prefetch_related("answers__organisation", "answers__author").order_by("-number"))


def standing(contract: Contract) -> Synthesis | None:
    """Return the synthesis that nobody sent back, or None while it is being written or rewritten."""
    last = next(iter(syntheses(contract)), None)
    return None if last is None or is_returned(last) else last


def is_returned(synthesis: Synthesis) -> bool:
    """Whether a pilot sent it back to be reworked."""
    return any(not answer.accepted for answer in synthesis.answers.all())


def last_is_returned(contract: Contract) -> bool:
    """Whether the last synthesis goes back to its writers; asked of the database, by the circuit."""
    last = contract.syntheses.exclude(sent_at=None).order_by("-number").first()
    return last is not None and last.answers.filter(accepted=False).exists()


def is_contribution(task: Task) -> bool:
    """Whether this task is the sending of a contribution."""
    return serves(task, purposes.CONTRIBUTE)


def may_be_found_missing(task: Task, on: dt.date | None = None) -> bool:
    """Whether a pilot may find that this contribution did not come: it is owed, and its term is over."""
    due = due_on(task)
    today = on or timezone.localdate()
    return is_contribution(task) and is_open(task) and due is not None and due < today
