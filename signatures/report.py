"""The validation report: one verdict of three (EN 319 102-1), its reasons, a row for each signature."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
from dataclasses import dataclass, field
from typing import Any

from signatures import reasons
from signatures.plain import visible


class Verdict(enum.StrEnum):
    """What may be said of a signature or of a file (EN 319 102-1 § 5.1.3)."""

    PASSED = "TOTAL-PASSED"
    INDETERMINATE = "INDETERMINATE"
    FAILED = "TOTAL-FAILED"


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the verdict of the whole: a failure first, then what is not known."""
    for verdict in (Verdict.FAILED, Verdict.INDETERMINATE):
        if verdict in verdicts:
            return verdict
    return Verdict.PASSED


class _Plain:
    """Text from a file is made harmless as soon as it enters the report."""

    def __post_init__(self) -> None:
        for each in dataclasses.fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            value = getattr(self, each.name)
            # pyHanko's own strings too: they hold the whole reader, which a copy would copy
            if isinstance(value, str) and not isinstance(value, enum.Enum):
                object.__setattr__(self, each.name, visible(value))
            elif isinstance(value, dict):
                plain = {visible(key): visible(fact) for key, fact in value.items()}
                object.__setattr__(self, each.name, plain)


@dataclass(frozen=True)
class Problem(_Plain):
    """One reason why a file is not called valid: a stable code, its facts, what follows.

    ``field`` names the signature concerned; blank for the whole file. ``told`` is the sentence as it
    was kept with the report, in French: shown when no facts were kept, or the code is no longer ours.
    """

    code: str
    field: str = ""
    verdict: Verdict = Verdict.FAILED
    facts: dict[str, str] | None = dataclasses.field(default_factory=dict)
    told: str = ""

    @property
    def message(self) -> str:
        """Return the sentence in the language of whoever reads."""
        return self._sentence() or self.told or self.code

    @property
    def is_as_told(self) -> bool:
        """Tell whether the sentence is the one that was kept, in French."""
        return self._sentence() is None

    def _sentence(self) -> str | None:
        try:
            return None if self.facts is None else reasons.sentence(self.code, self.field, self.facts)
        except KeyError:
            return None


@dataclass(frozen=True)
class SignatureRow(_Plain):
    """One person's signature.

    ``level`` is the highest whose proofs were all verified: « B-B », « B-T », « B-LT » or « B-LTA »
    (EN 319 142-1), blank when not even the first holds; ``indication`` is the verdict's name in
    EN 319 102-1 and ``sub_indication`` the reason's, as pyHanko names it; ``serial`` the
    certificate's serial number in hexadecimal; ``signed_at`` is claimed, ``timestamped_at`` proven.
    ``qualification`` is of which level it is, and by which trusted list (``lists.judging.Found.as_facts``);
    empty where the lists were not asked, as in a report kept before they were.
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
    verdict: Verdict
    sub_indication: str
    qualification: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Tell whether nothing at all is wrong with it."""
        return self.verdict == Verdict.PASSED

    @property
    def indication(self) -> str:
        """Return the verdict as EN 319 102-1 writes it."""
        return self.verdict.value


@dataclass(frozen=True)
class TimestampRow(_Plain):
    """One document time-stamp: its field, its authority and its time; ``ok`` when it was verified."""

    field: str
    authority: str
    at: dt.datetime
    ok: bool = False


@dataclass(frozen=True)
class Report:
    """What validation found; ``valid`` is true only when nothing at all is wrong.

    ``profile`` tells by which rules: « contract » (ours) or « general » (any signed PDF).
    """

    problems: list[Problem] = field(default_factory=list)
    signatures: list[SignatureRow] = field(default_factory=list)
    document_timestamps: list[TimestampRow] = field(default_factory=list)
    validated_at: dt.datetime | None = None
    profile: str = ""

    @property
    def verdict(self) -> Verdict:
        """Return the verdict on the whole file."""
        if not self.signatures and not self.problems:
            return Verdict.FAILED
        return worst([problem.verdict for problem in self.problems])

    @property
    def valid(self) -> bool:
        """Tell whether every condition holds."""
        return not self.problems and bool(self.signatures)

    @property
    def indeterminate(self) -> bool:
        """Tell whether nothing is known to be false, and something needed is not known."""
        return self.verdict == Verdict.INDETERMINATE

    @property
    def specimen(self) -> bool:
        """Tell whether a signature was made with a demonstration certificate."""
        return any(row.specimen for row in self.signatures)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON data, dates in ISO 8601."""
        data = dataclasses.asdict(self)
        for row, found in zip(data["signatures"], self.signatures, strict=True):
            row |= {"ok": found.ok, "indication": found.indication}
        for row, reason in zip(data["problems"], self.problems, strict=True):
            row["message"] = reason.message
            del row["told"]
        summary = {"valid": self.valid, "verdict": self.verdict, "specimen": self.specimen}
        return {**summary, **_plain(data)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """Return the report that ``as_dict`` wrote; raises KeyError, TypeError or ValueError."""
        return cls(
            [_problem(row) for row in data["problems"]],
            [_read(SignatureRow, row) for row in data["signatures"]],
            [_read(TimestampRow, row) for row in data["document_timestamps"]],
            _moment(data["validated_at"]),
            data["profile"],
        )


def _problem(row: dict[str, Any]) -> Problem:
    """Read a reason; the reports kept before facts were have their sentence alone."""
    told = str(row["message"])
    return Problem(row["code"], row["field"], Verdict(row["verdict"]), row.get("facts"), told)


_MOMENTS = {"signed_at", "timestamped_at", "certificate_not_after", "at"}


def _read(kind: Any, row: dict[str, Any]) -> Any:
    values: dict[str, Any]
    names = [each.name for each in dataclasses.fields(kind)]
    values = {name: _moment(row[name]) if name in _MOMENTS else row[name] for name in names if name in row}
    if "verdict" in values:
        values["verdict"] = Verdict(values["verdict"])
    return kind(**values)


def _moment(value: str | None) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(value)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, dt.datetime) else value
