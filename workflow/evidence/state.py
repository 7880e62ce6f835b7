"""What the evidence of a contract is made from: two files of one state are the same file."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from contracts.models import Contract
from contracts.sheets import edition
from signatures.kept import Kept, kept
from signatures.models import Envelope
from workflow.engine.models import SigningRound
from workflow.record.models import JournalEntry

CHECK = Path(__file__).resolve().parent / "CHECK.txt"
FORMAT = "contreseing-preuve-3"  # raise it with any change of what is in the file
TAKEN = "evidence_taken"  # whoever takes the file is journaled: that makes no other file of it


@dataclass(frozen=True)
class Source:
    """A sealed contract as it is now: its round, the file that is its seal's, the last entry that counts."""

    contract: Contract
    signing: SigningRound
    sealed_sha256: str
    last: JournalEntry

    @property
    def envelope(self) -> Envelope:
        """The envelope of its signatures."""
        return self.signing.envelope

    @cached_property
    def report(self) -> Kept | None:
        """The report kept of the sealed file, if there is one yet."""
        return kept(self.sealed_sha256)

    def state(self, scope: str) -> str:
        """Return what tells two evidences apart, 64 hexadecimal digits."""
        report = self.report
        judged = f"{report.report.verdict} {report.made_at.isoformat()}" if report else ""
        parts = [FORMAT, edition(), _check_sha256(), scope, self.sealed_sha256, self.last.hash, judged]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@cache
def _check_sha256() -> str:
    """Return the SHA-256 of the text of CHECK.txt."""
    return hashlib.sha256(CHECK.read_bytes()).hexdigest()


def source_of(contract: Contract) -> Source | None:
    """Return what the evidence of a contract is made from; None unless it is sealed."""
    signing = (
        SigningRound.objects.filter(version__contract=contract, envelope__state=Envelope.State.SEALED)
        .select_related("envelope", "version__frozen_by")
        .first()
    )
    if signing is None:
        return None
    last = JournalEntry.objects.filter(contract=contract).exclude(verb=TAKEN).order_by("-number")[0]
    return Source(contract, signing, signing.envelope.sealed_sha256, last)
