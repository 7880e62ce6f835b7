"""The journal of legal acts: a hash chain that only grows.

``hash = SHA-256(previous hash ‖ canonical JSON)``. Entries are written under one
transaction lock, so their numbers follow the order of commits without a hole; that same
lock orders the events (:mod:`workflow.record.events`). Take row locks before writing here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from contracts.models import Contract
from stakeholders.models import Mandate, User
from workflow.record import once, references, security
from workflow.record.models import JournalEntry
from workflow.record.verbs import checked

ORDER_LOCK = 0x434F4E54  # one number for every writer that must be ordered by commit
GENESIS = "0" * 64


def take_order_lock() -> None:
    """Wait until this transaction is the only writer of the journal and the events."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ORDER_LOCK])


def record(
    verb: str,
    *,
    contract: Contract | None,
    actor: User | None,
    mandate: Mandate | None = None,
    quality: str = "",
    payload: dict[str, Any] | None = None,
) -> JournalEntry:
    """Write one act; must run in the transaction of the act itself.

    ``quality`` says as what the person acts where the mandate alone does not. Raises VerbRefused for
    a verb of no row, or without the words of its sentence: an entry can be neither mended nor hidden.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("The journal is written in the transaction of the act.")
    event = checked(verb, payload or {}).security_event
    take_order_lock()
    last = JournalEntry.objects.order_by("-number").first()
    entry = JournalEntry(
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        verb=verb,
        contract=contract,
        actor=actor,
        quality=quality or (mandate.quality if mandate else ""),
        payload=payload or {},
        previous_hash=last.hash if last else GENESIS,
        reference=references.current(),
    )
    entry.hash = link(entry)
    entry.save(force_insert=True)
    once.spend()
    if event is not None:
        security.log_act(event, verb, number=entry.number, actor=actor, payload=entry.payload)
    return entry


def head() -> tuple[int, str]:
    """Return the number and the hash of the last entry; 0 and GENESIS before the first."""
    last = JournalEntry.objects.order_by("-number").first()
    return (last.number, last.hash) if last else (0, GENESIS)


def link(entry: JournalEntry) -> str:
    """Compute the hash of an entry from what it says, 64 hexadecimal digits."""
    return hashlib.sha256(entry.previous_hash.encode() + canonical(as_dict(entry))).hexdigest()


def canonical(facts: dict[str, Any]) -> bytes:
    """Return the canonical bytes of an entry's facts: keys in order, no spaces, UTF-8."""
    return json.dumps(facts, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def as_dict(entry: JournalEntry) -> dict[str, Any]:
    """Return the facts of an entry that its hash covers."""
    return {
        "number": entry.number,
        "at": entry.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "verb": entry.verb,
        "contract": entry.contract_id,
        "actor": entry.actor_id,
        "quality": entry.quality,
        "payload": entry.payload,
    }


def exported(entries: Iterable[JournalEntry]) -> list[dict[str, Any]]:
    """Return entries as anybody can check them offline: facts, previous hash, hash."""
    return [{**as_dict(e), "previous_hash": e.previous_hash, "hash": e.hash} for e in entries]


def summary_of(contract: Contract) -> dict[str, Any]:
    """Return what an entry says to vouch for all those of its contract before it: how many, their SHA-256.

    That of their hashes in order, each 64 hexadecimal digits and a line feed. The chain runs through other
    contracts, whose entries a reader of this one may not have: an anchor of the entry that says this proves
    the whole list to whoever holds this contract's entries alone. Take the order lock before.
    """
    take_order_lock()
    rows = JournalEntry.objects.filter(contract=contract).order_by("number").values_list("hash", flat=True)
    hashes = list(rows)
    said = "".join(f"{each}\n" for each in hashes).encode()
    return {"entries": len(hashes), "entries_sha256": hashlib.sha256(said).hexdigest()}


@dataclass(frozen=True)
class Break:
    """The first row that does not fit: its number, and which rule it breaks."""

    number: int
    rule: str


def first_break() -> Break | None:
    """Read the whole chain; return the first bad row, or None when it holds."""
    expected_number, expected_previous = 1, GENESIS
    for entry in JournalEntry.objects.order_by("number").iterator(chunk_size=2000):
        if entry.number != expected_number:
            return Break(expected_number, "missing")
        if entry.previous_hash != expected_previous:
            return Break(entry.number, "previous_hash")
        if link(entry) != entry.hash:
            return Break(entry.number, "hash")
        expected_number, expected_previous = entry.number + 1, entry.hash
    return None
