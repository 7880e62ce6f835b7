"""One validation under way: what was asked, what the file holds, and what was found so far."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from asn1crypto import x509 as asn1_x509
from pyhanko.sign.validation.policy_decl import LocalKnowledge, SignatureValidationSpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from signatures import stamps
from signatures.profiles import CONTRACT, Profile, looks_ours
from signatures.report import Problem, Report, SignatureRow, TimestampRow, Verdict
from signatures.verdict import policies
from signatures.verdict.outcome import verdict_of

MAX_SECONDS = 7.0  # of processor: below what the limited process may have


@dataclass
class Findings:
    """What every part of the validation reads and adds to."""

    pdf: bytes
    roots: list[asn1_x509.Certificate]
    moment: dt.datetime
    expected: Mapping[str, str] | Sequence[str] | None
    intermediate: bool
    profile: Profile | None = None
    problems: list[Problem] = field(default_factory=list)
    rows: list[SignatureRow] = field(default_factory=list)
    timestamps: list[TimestampRow] = field(default_factory=list)
    authorities: list[bytes] | None = None  # who may time-stamp the whole
    tokens: list[stamps.Stamp] = field(default_factory=list)
    chain: list[stamps.Stamp] = field(default_factory=list)  # document time-stamps, each verified by the next
    known_after: bool = True  # whether a contract's signatories must be known of after they signed
    shown: dt.datetime | None = None  # what a time-stamp's clock shows, when it is ahead of ours
    knowledge: LocalKnowledge = field(default_factory=LocalKnowledge)
    trace: str = ""
    odd: set[str] = field(default_factory=set)  # what another tool may honestly do, and did (codes)
    stopped: bool = False  # short of the whole, at a kind of file that we do not read
    started: float = field(default_factory=time.process_time)

    def refuse(
        self, code: str, name: str = "", verdict: Verdict | None = None, facts: dict[str, str] | None = None
    ) -> None:
        """Write down one reason against the file, or against its signature ``name``."""
        verdict = verdict or verdict_of(code, contract=self.is_contract)
        self.problems.append(Problem(code, name, verdict, facts or {}))

    def report(self) -> Report:
        """Return what was found so far."""
        if not self.rows and not self.problems:
            self.refuse("unsigned")
        return Report(self.problems, self.rows, self.timestamps, self.moment, self.profile or "")

    @property
    def is_contract(self) -> bool:
        """Tell whether the rules of our contracts apply."""
        return self.profile == CONTRACT

    @property
    def may_be_anothers(self) -> bool:
        """Tell whether another tool may have made it, as far as its bytes tell."""
        return self.expected is None and not self.is_contract and not looks_ours(self.pdf)

    @property
    def is_late(self) -> bool:
        """Tell whether the validation took all the time that it may take."""
        return time.process_time() - self.started > MAX_SECONDS

    @property
    def timing(self) -> ValidationTimingInfo:
        """Return the moment at which everything is judged."""
        moment = self.shown or self.moment
        return ValidationTimingInfo(moment, moment, True)

    def specification(self) -> SignatureValidationSpec:
        """Return the rules of the validation, by the profile of the file."""
        return policies.specification(self.roots, contract=self.is_contract)

    def specification_then(self, knowledge: LocalKnowledge) -> SignatureValidationSpec:
        """Return the rules of the validation at an hour that is proven, with what was known by then."""
        return policies.specification_then(self.roots, knowledge, contract=self.is_contract)


def name_in(certificate: asn1_x509.Certificate, attribute: str) -> str:
    """Return what a certificate calls its holder, blank when it does not say."""
    found = certificate.subject.native.get(attribute, "")
    return found if isinstance(found, str) else ", ".join(found)
