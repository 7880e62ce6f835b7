"""The history of a contract: its journal, as sentences."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from contracts.models import Contract
from workflow.record.models import JournalEntry
from workflow.record.verbs import NOT_IN_TIMELINE, sentence_of


@dataclass
class Line:
    """One line of the history: a journal entry as a sentence."""

    number: int
    at: dt.datetime
    text: str
    actor: str
    quality: str
    reason: str


def history(contract: Contract, *, limit: int = 200) -> list[Line]:
    """Return the last acts, newest first, each as a sentence with its author and quality."""
    entries = (
        JournalEntry.objects.filter(contract=contract)
        .exclude(verb__in=NOT_IN_TIMELINE)
        .select_related("actor")
        .order_by("-number")[:limit]
    )
    return [
        Line(
            entry.number,
            entry.at,
            sentence_of(entry.verb, entry.payload),
            str(entry.actor) if entry.actor else "",
            entry.quality,
            str(entry.payload.get("reason") or ""),
        )
        for entry in entries
    ]
