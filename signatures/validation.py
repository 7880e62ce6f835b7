"""Whether a signed PDF is valid: every condition must hold, and nothing is fetched.

A clean AdES indication does not mean an unmodified file, and pyHanko's own bottom line
ignores the order and number of the signatures: both are asked, then coverage of the whole
file, the level of each change, the fields that had to be signed, and who signed them.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from asn1crypto import x509 as asn1_x509
from django.conf import settings
from django.utils import timezone

from signatures.evidence import Evidence, bare, gather
from signatures.limited import client
from signatures.lists.trusting import AT_HAND, Listed
from signatures.plain import visible
from signatures.profiles import Profile
from signatures.report import Problem, Report, SignatureRow, Verdict
from signatures.roots import load_roots, load_seal_authorities
from signatures.verdict import whole
from signatures.verdict.findings import Findings

__all__ = ["Examined", "Problem", "Report", "SignatureRow", "examine", "validate", "validate_here"]

UNFINISHED = frozenset({"exhausts", "too_long"})  # codes that say nothing of the signatures

log = structlog.get_logger(__name__)


def validate(
    pdf: bytes | Path,
    *,
    trust_roots: Sequence[bytes | Path] | None = None,
    expected: Mapping[str, str] | Sequence[str] | None = None,
    moment: dt.datetime | None = None,
    intermediate: bool = False,
    profile: Profile | None = None,
) -> Report:
    """Validate a signed PDF, offline, in a process with limits; hostile bytes only make it say no.

    ``trust_roots`` (PEM or DER) default to ``settings.TRUST_ROOTS`` and the authorities of the trusted
    lists that are at hand (``lists.standing.at_hand``), which alone say what is qualified; ``expected``
    names the fields that must be signed and no other, or maps each to the serial number (hexadecimal) of
    its certificate; ``moment`` validates as if it were then. ``intermediate`` is for our own file between
    two signatures: later fields may be empty and revocation, checked online when the key was used, is not
    asked of the file. ``profile`` says by whose rules (``profiles``): a contract's when fields are
    expected, else as the file is recognised. It blocks, so not on an event loop. Raises NoTrustRoot,
    ``limited.Unavailable`` (try again), and for a path OSError (``limited.NotAFile``).
    """
    return _asked(
        pdf,
        trust_roots=trust_roots,
        expected=expected,
        moment=moment,
        intermediate=intermediate,
        profile=profile,
    )[0]


@dataclass(frozen=True)
class Examined:
    """The report of a file, and what the file holds."""

    report: Report
    evidence: Evidence

    def as_dict(self) -> dict[str, Any]:
        """Return both as JSON data: the report's, and « evidence »."""
        return {**self.report.as_dict(), "evidence": self.evidence.as_dict()}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Examined:
        """Return what ``as_dict`` wrote; raises KeyError, TypeError or ValueError."""
        return cls(Report.from_dict(data), Evidence.from_dict(data["evidence"]))


def examine(
    pdf: bytes | Path,
    *,
    trust_roots: Sequence[bytes | Path] | None = None,
    profile: Profile | None = None,
    moment: dt.datetime | None = None,
) -> Examined:
    """Do as ``validate`` does, and return what the file holds beside the report; raises as it does."""
    report, answer = _asked(pdf, trust_roots=trust_roots, profile=profile, moment=moment, evidence=True)
    held = answer.get("evidence")
    return Examined(report, Evidence.from_dict(held) if held else bare(pdf))


def _asked(
    pdf: bytes | Path,
    *,
    trust_roots: Sequence[bytes | Path] | None = None,
    moment: dt.datetime | None = None,
    **options: Any,
) -> tuple[Report, dict[str, Any]]:
    """Return the report of the limited process, and all that it answered."""
    _refuse_an_event_loop()
    moment = moment or timezone.now()
    roots = load_roots(trust_roots)
    listed = load_seal_authorities(roots)
    lists = _lists(trust_roots)
    expected = options.pop("expected", None)
    said = {
        "roots": [base64.b64encode(root.dump()).decode() for root in roots],
        "authorities": None if listed is None else [base64.b64encode(one).decode() for one in listed],
        "expected": dict(expected) if isinstance(expected, Mapping) else expected and list(expected),
        "moment": moment.isoformat(),
        "intermediate": False,
        "profile": None,
        "known_after": settings.REVOCATION_AFTER_SIGNATURE,
        "lists": None if lists is None else [one.as_dict() for one in lists],
        **options,
    }
    try:
        answer: dict[str, Any] = client.run("validate", pdf, said)
    except client.Exhausted as death:
        return Report([Problem("exhausts", facts={"which": death.of})], validated_at=moment), {}
    if answer["trace"]:
        log.info("validation.unreadable", error=visible(answer["trace"], 200))
    return Report.from_dict(answer["report"]), answer


def validate_here(
    pdf: bytes,
    *,
    trust_roots: Sequence[bytes | Path] | None = None,
    expected: Mapping[str, str] | Sequence[str] | None = None,
    moment: dt.datetime | None = None,
    intermediate: bool = False,
    profile: Profile | None = None,
) -> Report:
    """Do as ``validate`` does, without limits, in this very process: for files made by a test."""
    _refuse_an_event_loop()
    roots = load_roots(trust_roots)
    found = Findings(pdf, roots, moment or timezone.now(), expected, intermediate, profile)
    found.authorities = load_seal_authorities(roots)
    found.known_after = settings.REVOCATION_AFTER_SIGNATURE
    found.lists = _lists(trust_roots)
    _run(found)
    return found.report()


def validate_for_another_process(pdf: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Do the work of ``validate`` in the limited process; options and answer are JSON data."""
    roots = [asn1_x509.Certificate.load(base64.b64decode(root)) for root in options["roots"]]
    moment = dt.datetime.fromisoformat(options["moment"])
    found = Findings(pdf, roots, moment, options["expected"], options["intermediate"], options["profile"])
    found.known_after = options["known_after"]
    if options["lists"] is not None:
        found.lists = [Listed(**one) for one in options["lists"]]
    if options["authorities"] is not None:
        found.authorities = [base64.b64decode(one) for one in options["authorities"]]
    _run(found)
    held = _held(found) if options.get("evidence") else None
    return {"report": found.report().as_dict(), "evidence": held, "trace": found.trace}


def _lists(trust_roots: Sequence[bytes | Path] | None) -> Sequence[Listed] | None:
    """Return the trusted lists that are at hand; None under other roots than ours."""
    return AT_HAND.get() if trust_roots is None else None


def _run(found: Findings) -> None:
    """Check the bytes, then all the rest; whatever the parsers raise is a refusal."""
    if whole.shape_is_bad(found):
        return
    try:
        asyncio.run(whole.check(found))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (hostile files make the parsers raise anything)
        found.trace = f"{type(error).__name__}: {error}"
        # nothing was proven of a file that was already left open unread
        found.refuse("unreadable", verdict=Verdict.INDETERMINATE if found.stopped else None)


def _held(found: Findings) -> dict[str, Any] | None:
    """Return what the file holds, for its reader; the verdict stands whatever comes of it."""
    if found.reader is None or found.is_late:
        return None
    try:
        return gather(found.pdf, found.reader, found.tokens).as_dict()
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (as of all that a hostile file is asked)
        found.trace = f"{type(error).__name__}: {error}"
        return None


def _refuse_an_event_loop() -> None:
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        raise TypeError("validate() blocks: call it in a thread, not on an event loop")
