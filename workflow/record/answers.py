"""What was answered about the last version of a contract, as the journal keeps it: opinions, refusals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from stakeholders.models import Organisation
from stakeholders.prepared import MARKER, Prepared
from workflow.record.models import JournalEntry
from workflow.record.values import BLOCKING_OPINIONS
from workflow.record.verbs import sentence_of

FROZEN, OPINION = "version_frozen", "opinion_given"
# These send the text back to the pilots, whatever they say.
RETURNS = frozenset(
    {"text_sent_back", "resolution_rejected", "resolution_amended", "signature_refused", "version_recalled"}
)


@dataclass(frozen=True)
class Answer:
    """What one actor answered: the sentence, the reason in their words, who, as what, on which version."""

    text: str
    reason: str
    actor: str
    quality: str
    at: dt.datetime
    version: int
    blocks: bool  # it sends the text back to the pilots


@dataclass(frozen=True)
class Asked:
    """An organisation that a version would be sent to, or not again, and why in words."""

    organisation: Organisation
    is_due: bool
    why: str


@dataclass
class Answers:
    """What was answered about a contract.

    ``version`` is the number of the last frozen version; ``returns``, what sends it back, from first to
    last; ``opinions``, the last opinion of each organisation that says why, on whichever version.
    """

    version: int = 0
    returns: list[Answer] = field(default_factory=list)
    opinions: dict[str, Answer] = field(default_factory=dict)

    @property
    def remarks(self) -> list[Answer]:
        """What the pilots have to weigh and does not send the text back: reserves, observations."""
        return [answer for answer in self.opinions.values() if answer.reason and not answer.blocks]


def answers(contracts: Iterable[int]) -> dict[int, Answers]:
    """Return what was answered about each of these contracts, in one query, by their keys."""
    found = {key: Answers() for key in contracts}
    if not found:
        return found
    for entry in _ANSWERED.rows(list(found)):
        assert entry.contract_id is not None  # noqa: S101 (those of these contracts)
        _read(entry, found[entry.contract_id])
    return found


_ANSWERED: Prepared[JournalEntry] = Prepared(
    lambda contracts: (
        JournalEntry.objects.filter(contract__among=contracts, verb__in=sorted({FROZEN, OPINION, *RETURNS}))
        .select_related("actor")
        .order_by("number")
    ),
    [MARKER],
)


def _read(entry: JournalEntry, about: Answers) -> None:
    if entry.verb == FROZEN:
        about.version, about.returns = int(entry.payload["version"]), []
        return
    blocks = entry.verb in RETURNS or entry.payload.get("value") in BLOCKING_OPINIONS
    answer = Answer(
        sentence_of(entry.verb, entry.payload),
        str(entry.payload.get("reason") or ""),
        str(entry.actor) if entry.actor else "",
        entry.quality,
        entry.at,
        about.version,
        blocks,
    )
    if entry.verb == OPINION:
        about.opinions[str(entry.payload["organisation"])] = answer
    if blocks:
        about.returns.append(answer)
