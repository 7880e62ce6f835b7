"""The validation report: one verdict, its reasons, and a row for each signature."""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One reason why a file is not valid: a stable code and a sentence in French."""

    code: str
    message: str
    field: str = ""


@dataclass(frozen=True)
class SignatureRow:
    """One person's signature.

    ``level`` is « B-B », « B-T » or « B-LTA » (EN 319 142-1); ``indication`` the sub-indication of
    EN 319 102-1 as pyHanko names it; ``serial`` the certificate's serial number in
    hexadecimal; ``signed_at`` is claimed, ``timestamped_at`` proven.
    """

    field: str
    signer: str
    organisation: str
    title: str
    serial: str
    algorithm: str
    signed_at: dt.datetime | None
    timestamped_at: dt.datetime | None
    level: str
    certificate_not_after: dt.datetime
    specimen: bool
    ok: bool
    indication: str


@dataclass(frozen=True)
class TimestampRow:
    """One document time-stamp: its field, its authority and its time."""

    field: str
    authority: str
    at: dt.datetime


@dataclass(frozen=True)
class Report:
    """What validation found; ``valid`` is true only when nothing at all is wrong."""

    problems: list[Problem] = field(default_factory=list)
    signatures: list[SignatureRow] = field(default_factory=list)
    document_timestamps: list[TimestampRow] = field(default_factory=list)
    validated_at: dt.datetime | None = None

    @property
    def valid(self) -> bool:
        """Tell whether every condition holds."""
        return not self.problems and bool(self.signatures)

    @property
    def specimen(self) -> bool:
        """Tell whether a signature was made with a demonstration certificate."""
        return any(row.specimen for row in self.signatures)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON data, dates in ISO 8601."""
        data = dataclasses.asdict(self)
        return {"valid": self.valid, "specimen": self.specimen, **_plain(data)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.datetime) else value
