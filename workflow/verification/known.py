"""Whether a file is one of our contracts, complete and final or not, and which entries of the journal agree.

A file is known by its SHA-256 alone, or by that of what it begins with: whoever asks holds its content, and
is told its reference, its state and the numbers and days of entries, never who wrote them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from contracts.models import ContractVersion
from signatures.evidence import Evidence
from signatures.models import Envelope, Renewal, SignatureRequest
from workflow.engine.models import SigningRound
from workflow.record.journal import link
from workflow.record.models import JournalEntry

MOST_ENDS = 60  # revisions of a file that are looked at
_END = re.compile(rb"(%%EOF)\r?\n?")
HASHES = ("final_sha256", "sealed_sha256", "replaced_sha256", "pdf_sha256", "document_sha256")
VERBS: dict[str, str | Promise] = {
    "version_printed": _("le PDF de la version est composé"),
    "final_text_settled": _("le texte définitif est arrêté"),
    "signature_made": _("une signature est apposée"),
    "contract_sealed": _("le contrat est scellé"),
    "archive_renewed": _("la preuve est renouvelée"),
}


class Is(StrEnum):
    """What a file is to us."""

    FINAL = "final"  # the sealed file in force
    REPLACED = "replaced"  # complete, sealed; a renewed time-stamp made another of it
    PARTIAL = "partial"  # between two signatures, or before the seal
    UNSIGNED = "unsigned"  # a version as it was printed
    CHANGED = "changed"  # begins as a file of ours does, and is none


@dataclass(frozen=True)
class Entry:
    """One entry of the journal that names the file, or a state that it went through."""

    number: int
    at: dt.datetime
    verb: str
    holds: bool  # its own hash is that of what it says

    @property
    def told(self) -> str:
        """Say what it is about, and nothing of who acted."""
        return str(VERBS.get(self.verb, self.verb))


@dataclass(frozen=True)
class Known:
    """A contract of ours that a file is, or comes from."""

    what: Is
    reference: str
    version: int
    signed: int
    expected: int
    void: bool
    sealed_at: dt.datetime | None
    entries: list[Entry]

    @property
    def is_final(self) -> bool:
        """Tell whether it is the complete contract, as it is kept now."""
        return self.what == Is.FINAL

    @property
    def is_complete(self) -> bool:
        """Tell whether every signatory signed it and it was sealed."""
        return self.what in {Is.FINAL, Is.REPLACED}


def known(pdf: bytes, evidence: Evidence) -> Known | None:
    """Return what we know of a file; None where no contract of this installation is it, or begins it."""
    passed = [*_beginnings(pdf), evidence.sha256]
    ours = _named(passed)
    if evidence.sha256 in ours:
        return _of(evidence.sha256, passed)
    begun = next((_of(sha256, passed) for sha256 in reversed(passed) if sha256 in ours), None)
    if begun is None:
        return None
    return replace(begun, what=Is.CHANGED, signed=0, sealed_at=None, entries=[])


def _named(passed: list[str]) -> set[str]:
    """Return those of these hashes that name a document of ours."""
    done = SignatureRequest.objects.filter(state=SignatureRequest.State.DONE)
    columns = (
        (Envelope.objects.all(), "sealed_sha256"),
        (Envelope.objects.all(), "base_sha256"),
        (Renewal.objects.all(), "document_sha256"),
        (Renewal.objects.all(), "replaced_sha256"),
        (done, "final_sha256"),
        (ContractVersion.objects.all(), "pdf_sha256"),
    )
    return {
        sha256
        for rows, column in columns
        for sha256 in rows.filter(**{f"{column}__in": passed}).values_list(column, flat=True)
    }


def _beginnings(pdf: bytes) -> list[str]:
    """Return the hashes of what the file begins with, up to each end of a revision (%%EOF), in order."""
    found, hashed, done = [], hashlib.sha256(), 0
    for mark in islice(_END.finditer(pdf), MOST_ENDS):
        for end in range(mark.end(1), mark.end() + 1):  # an end of line belongs to it, or does not
            hashed.update(memoryview(pdf)[done:end])
            done = end
            found.append(hashed.hexdigest())
    return found


def _of(sha256: str, passed: list[str]) -> Known | None:
    envelope = (
        Envelope.objects.filter(Q(sealed_sha256=sha256) | Q(base_sha256=sha256)).first()
        or _first(Renewal.objects.filter(Q(document_sha256=sha256) | Q(replaced_sha256=sha256)))
        or _signed(sha256)
    )
    if envelope is not None:
        signing = SigningRound.objects.select_related("version__contract").filter(envelope=envelope).first()
        if signing is not None:
            return _of_envelope(envelope, signing.version, sha256, passed)
    version = ContractVersion.objects.select_related("contract").filter(pdf_sha256=sha256).first()
    if version is None:
        return None
    expected = version.contract.signatories.count()
    entries = _entries(version, passed)
    return Known(Is.UNSIGNED, version.contract.reference, version.number, 0, expected, False, None, entries)


def _of_envelope(envelope: Envelope, version: ContractVersion, sha256: str, passed: list[str]) -> Known:
    done = SignatureRequest.objects.filter(
        slot__envelope=envelope, state=SignatureRequest.State.DONE, final_sha256__in=passed
    ).count()
    expected = envelope.slots.count()
    if envelope.state == Envelope.State.SEALED and sha256 == envelope.sealed_sha256:
        what, done = Is.FINAL, expected
    elif Renewal.objects.filter(replaced_sha256=sha256).exists():
        what, done = Is.REPLACED, expected
    elif sha256 == envelope.base_sha256:
        what = Is.UNSIGNED
    else:
        what = Is.PARTIAL
    return Known(
        what,
        version.contract.reference,
        version.number,
        done,
        expected,
        envelope.state == Envelope.State.VOID,
        envelope.sealed_at,
        _entries(version, passed),
    )


def _first(renewals: object) -> Envelope | None:
    found = renewals.select_related("envelope").first()  # type: ignore[attr-defined]
    return found.envelope if found else None


def _signed(sha256: str) -> Envelope | None:
    found = (
        SignatureRequest.objects.select_related("slot__envelope")
        .filter(final_sha256=sha256, state=SignatureRequest.State.DONE)
        .first()
    )
    return found.slot.envelope if found else None


def _entries(version: ContractVersion, passed: list[str]) -> list[Entry]:
    """Return the entries of the contract that name one of these hashes, each checked against its own."""
    named = Q()
    for name in HASHES:
        named |= Q(**{f"payload__{name}__in": passed})
    found = JournalEntry.objects.filter(named, contract=version.contract_id, verb__in=VERBS)
    return [
        Entry(entry.number, entry.at, entry.verb, link(entry) == entry.hash)
        for entry in found.order_by("number")
    ]
