"""One validation under way: what was asked, what the file holds, and what was found so far."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.policy_decl import LocalKnowledge, SignatureValidationSpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from signatures import stamps
from signatures.knowledge import knowledge_of
from signatures.lists.trusting import Anchors, Listed
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
    lists: Sequence[Listed] | None = None  # the trusted lists; None when these roots alone are asked about
    known_after: bool = True  # whether a contract's signatories must be known of after they signed
    shown: dt.datetime | None = None  # what a time-stamp's clock shows, when it is ahead of ours
    knowledge: LocalKnowledge = field(default_factory=LocalKnowledge)
    earlier: dict[int, LocalKnowledge] = field(default_factory=dict)
    trace: str = ""
    reader: PdfFileReader | None = None  # once every signature is judged
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

    @cached_property
    def anchors(self) -> Anchors:
        """Whom this validation believes now: its roots, and the authorities of the lists in force."""
        return self.anchors_at(self.moment)

    def anchors_at(self, moment: dt.datetime) -> Anchors:
        """Return whom it believes of what was done at ``moment``, also by lists that are stale since."""
        answering = [one for one in self.lists or () if not one.doubt(moment, self.moment)]
        return Anchors(self.roots, answering)

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

    def known_by(self, reader: PdfFileReader, revision: int) -> LocalKnowledge:
        """Return what the file kept of the authorities' answers as of ``revision``, read once."""
        if revision not in self.earlier:
            self.earlier[revision] = knowledge_of(reader, revision)
        return self.earlier[revision]

    def specification(self) -> SignatureValidationSpec:
        """Return the rules of the validation, by the profile of the file."""
        return policies.specification(self.anchors, contract=self.is_contract)

    def specification_then(self, knowledge: LocalKnowledge, moment: dt.datetime) -> SignatureValidationSpec:
        """Return the rules of the validation at an hour that is proven, with what was known by then."""
        anchors = self.anchors_at(moment)
        return policies.specification_then(anchors, knowledge, contract=self.is_contract)


def name_in(certificate: asn1_x509.Certificate, attribute: str) -> str:
    """Return what a certificate calls its holder, blank when it does not say."""
    found = certificate.subject.native.get(attribute, "")
    return found if isinstance(found, str) else ", ".join(found)
