"""The history of a contract: its journal, as sentences."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from contracts.models import Contract
from stakeholders.models import User
from stakeholders.prepared import MARKER, Prepared
from stakeholders.reading import asked_once
from workflow.board.kept import since_the_last_event
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
    letter_of: int | None = None  # the contract whose letter of initiative the line is about


NEWEST = 200  # lines that a page shows unfolded, and fetches again at each event


@dataclass
class Past:
    """The lines of a history that a page shows folded, older than those that move."""

    older: list[Line]

    @property
    def after(self) -> int:
        """The number of the entry after which the newest lines begin; 0 where they are all."""
        return self.older[0].number if self.older else 0


def past(contract: Contract, reader: User) -> Past:
    """Return what is older than the newest lines, which alone will be fetched again."""
    return Past(since_the_last_event(contract, reader, "passe", lambda: history(contract, after=0)[NEWEST:]))


@asked_once
def history(contract: Contract, *, after: int = 0) -> list[Line]:
    """Return the acts, newest first, each as a sentence with its author and quality.

    Those numbered over ``after``; all of them by default.
    """
    return [
        Line(
            entry.number,
            entry.at,
            sentence_of(entry.verb, entry.payload),
            str(entry.actor) if entry.actor else "",
            entry.quality,
            str(entry.payload.get("reason") or ""),
            contract.pk if _names_letter(entry) else None,
        )
        for entry in _ENTRIES.rows(contract.pk, after)
    ]


_ENTRIES: Prepared[JournalEntry] = Prepared(
    lambda contract, after: (
        JournalEntry.objects.filter(contract=contract, number__gt=after)
        .exclude(verb__in=NOT_IN_TIMELINE)
        .select_related("actor")
        .order_by("-number")
    ),
    *(MARKER, MARKER + 1),
)


def _names_letter(entry: JournalEntry) -> bool:
    return any(entry.payload.get(name) for name in ("letter_sha256", "letter_text_sha256"))
