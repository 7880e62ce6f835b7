"""The journal of one contract as files that ``sha256sum`` and ``openssl`` alone can check.

The file of an entry is exactly what its hash covers: the hash before it, then its facts. So its SHA-256 is
the entry's hash. An anchor is the statement that its token stamps, and the token.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from contracts.models import Contract
from signatures.taken import issuers_of_token
from workflow.evidence.parts import Part, made
from workflow.record import anchors, journal
from workflow.record.models import Anchor, JournalEntry

ENTRIES, ANCHORS, SUMS = "journal/ecritures", "journal/ancrages", "journal/EMPREINTES"


@dataclass(frozen=True)
class Told:
    """The journal of a contract up to one entry: its files, entries, anchors and their authorities."""

    parts: list[Part]
    entries: list[JournalEntry]
    anchors: list[Anchor]
    certificates: list[bytes]


def told(contract: Contract, last: int) -> Told:
    """Return the journal of a contract up to the entry number ``last``."""
    rows = JournalEntry.objects.filter(contract=contract, number__lte=last).select_related("actor")
    entries = list(rows.order_by("number"))
    numbers = {entry.number: entry.hash for entry in entries}
    kept = [row for row in Anchor.objects.filter(number__in=numbers) if row.hash == numbers[row.number]]
    certificates = {der for row in kept for der in issuers_of_token(bytes(row.token))}
    return Told([*_entries(entries), *_anchors(kept)], entries, kept, sorted(certificates))


def entry_path(number: int) -> str:
    """Return the path of the file of an entry."""
    return f"{ENTRIES}/{number:012d}.txt"


def covered(entry: JournalEntry) -> bytes:
    """Return the bytes that the hash of an entry covers."""
    return entry.previous_hash.encode() + journal.canonical(journal.as_dict(entry))


def _entries(entries: list[JournalEntry]) -> Iterator[Part]:
    lines = []
    for entry in entries:
        title = _("Écriture n° %(number)d du journal") % {"number": entry.number}
        yield made(entry_path(entry.number), title, covered(entry))
        lines.append(f"{entry.hash}  ecritures/{entry.number:012d}.txt\n")
    yield made(SUMS, _("Empreintes des écritures, dans l’ordre"), "".join(lines).encode())


def _anchors(kept: list[Anchor]) -> Iterator[Part]:
    for row in kept:
        path, facts = f"{ANCHORS}/{row.number:012d}", {"number": row.number}
        said = anchors.statement(row.number, row.hash)
        yield made(f"{path}.json", _("Ce que l’ancrage de l’écriture n° %(number)d atteste") % facts, said)
        title = _("Horodatage de l’écriture n° %(number)d") % facts
        yield made(f"{path}.tst", title, bytes(row.token))
