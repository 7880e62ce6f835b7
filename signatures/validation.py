"""Whether a signed PDF is valid: every condition must hold, and nothing is fetched.

A clean AdES indication does not mean an unmodified file, and pyHanko's own bottom line
ignores the order and number of the signatures: both are asked, then coverage of the whole
file, the level of each change, the fields that had to be signed, and who signed them.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog
from asn1crypto import x509 as asn1_x509
from django.utils import timezone
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESPassed, AdESSubIndic
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.ades import (
    ades_basic_validation,
    ades_lta_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from signatures import sentences, stamps, verification
from signatures.limited import client
from signatures.limited.limits import MAX_BYTES
from signatures.pki import DEMO_POLICY
from signatures.plain import visible
from signatures.profiles import CONTRACT, Profile, check_locks, recognised
from signatures.reading import Reader
from signatures.report import Problem, Report, SignatureRow, TimestampRow, Verdict, worst
from signatures.roots import (
    OTHERS_FRESHNESS,
    SIGNATORY_FRESHNESS,
    TIMESTAMP_FRESHNESS,
    load_roots,
    load_seal_authorities,
    validation_policy,
)

__all__ = ["Problem", "Report", "SignatureRow", "validate", "validate_here"]

MAX_PAGES = 2_000
MAX_SIGNATURES = 30
MAX_REVISIONS = 100
MAX_SECONDS = 7.0  # of processor: below what the limited process may have
UNFINISHED = frozenset({"exhausts", "too_long"})  # codes that say nothing of the signatures

log = structlog.get_logger(__name__)

_MAINTENANCE = ModificationLevel.LTA_UPDATES
_STRUCTURE = [
    CatalogModificationRule(),
    XrefStreamRule().as_qualified(_MAINTENANCE),
    ObjectStreamRule().as_qualified(_MAINTENANCE),
    DSSCompareRule().as_qualified(_MAINTENANCE),
]
# pyHanko's default also lets /Info and the XMP metadata change after a signature
SIGNING_ONLY = StandardDiffPolicy(
    global_rules=_STRUCTURE,
    form_rule=FormUpdatingRule(
        field_rules=[SigFieldCreationRule(), SigFieldModificationRule(), GenericFieldModificationRule()]
    ),
)
PROOFS_ONLY = StandardDiffPolicy(global_rules=_STRUCTURE, form_rule=None)
# Other tools date their work in /Info at each revision; that only the date and the tool's
# name change there is checked before, on the bytes (``verification``).
_DATED = [
    *_STRUCTURE,
    DocInfoRule().as_qualified(_MAINTENANCE),
    MetadataUpdateRule().as_qualified(_MAINTENANCE),
]
OTHERS_SIGNING = StandardDiffPolicy(global_rules=_DATED, form_rule=SIGNING_ONLY.form_rule)
OTHERS_PROOFS = StandardDiffPolicy(global_rules=_DATED, form_rule=None)


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

    ``trust_roots`` (PEM or DER) default to ``settings.TRUST_ROOTS``; ``expected`` names the fields
    that must be signed and no other, or maps each to the serial number (hexadecimal) of its
    certificate; ``moment`` validates as if it were then. ``intermediate`` is for our own file
    between two signatures: later fields may be empty and revocation, checked online when
    the key was used, is not asked of the file. ``profile`` says by whose rules (``profiles``):
    a contract's when fields are expected, else as the file is recognised. It blocks, so not on an
    event loop. Raises NoTrustRoot, ``limited.Unavailable`` (try again), and for a path OSError
    (``limited.NotAFile``).
    """
    _refuse_an_event_loop()
    moment = moment or timezone.now()
    roots = load_roots(trust_roots)
    listed = load_seal_authorities(roots)
    options = {
        "roots": [base64.b64encode(root.dump()).decode() for root in roots],
        "authorities": None if listed is None else [base64.b64encode(one).decode() for one in listed],
        "expected": dict(expected) if isinstance(expected, Mapping) else expected and list(expected),
        "moment": moment.isoformat(),
        "intermediate": intermediate,
        "profile": profile,
    }
    try:
        answer = client.run("validate", pdf, options)
    except client.Exhausted as death:
        return Report([Problem("exhausts", _exhausts(death.of))], validated_at=moment)
    if answer["trace"]:
        log.info("validation.unreadable", error=visible(answer["trace"], 200))
    return Report.from_dict(answer["report"])


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
    check = _Check(pdf, roots, moment or timezone.now(), expected, intermediate, profile)
    check.authorities = load_seal_authorities(roots)
    _run(check)
    return check.report()


def validate_for_another_process(pdf: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Do the work of ``validate`` in the limited process; options and answer are JSON data."""
    roots = [asn1_x509.Certificate.load(base64.b64decode(root)) for root in options["roots"]]
    moment = dt.datetime.fromisoformat(options["moment"])
    check = _Check(pdf, roots, moment, options["expected"], options["intermediate"], options["profile"])
    if options["authorities"] is not None:
        check.authorities = [base64.b64decode(one) for one in options["authorities"]]
    _run(check)
    return {"report": check.report().as_dict(), "trace": check.trace}


def _run(check: _Check) -> None:
    """Check the bytes, then all the rest; whatever the parsers raise is a refusal."""
    if check.shape_is_bad():
        return
    try:
        asyncio.run(check.run())
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  (hostile files make the parsers raise anything)
        check.trace = f"{type(error).__name__}: {error}"
        check.refuse("unreadable", _("Le fichier est malformé : il ne peut être vérifié jusqu’au bout."))


def _refuse_an_event_loop() -> None:
    with suppress(RuntimeError):
        asyncio.get_running_loop()
        raise TypeError("validate() blocks: call it in a thread, not on an event loop")


def _exhausts(of: str) -> str:
    """Say what a file that was stopped took too much of."""
    if of == "memory":
        return _("Le fichier demande plus de mémoire qu’un document n’en a besoin : il est refusé.")
    if of == "cpu":
        return _("Le fichier demande plus de calcul qu’un document n’en a besoin : il est refusé.")
    return _("Le fichier fait échouer le programme qui le lit : il est refusé.")


@dataclass(frozen=True)
class Judged:
    """What is known of one signature: its own indication, and what proves when it was made.

    ``stamped``: its own time-stamp is verified; ``covered``: document time-stamps after it are;
    ``time_fault``: the code of why neither is, or blank; ``known``: the file says something of
    the revocation of its certificate.
    """

    status: PdfSignatureStatus | None
    indication: AdESSubIndic
    stamped: bool
    covered: bool
    time_fault: str
    known: bool

    @property
    def verdict(self) -> Verdict:
        """Return the verdict that the indication belongs to."""
        return sentences.verdict_of_indication(self.indication)

    @property
    def reason(self) -> str:
        """Return the true reason: one indication has several causes."""
        name = self.indication.standard_name
        if name in _WANT_REVOCATION and not self.known:
            return sentences.no_revocation()
        if name.endswith("NO_POE") or name in ("OUT_OF_BOUNDS_NOT_REVOKED", "TRY_LATER"):
            return sentences.without_proof(name, sentences.missing_proofs().get(self.time_fault, ""))
        return sentences.reason(name)


# pyHanko says any of these when it found nothing about revocation
_WANT_REVOCATION = {"TRY_LATER", "CERTIFICATE_CHAIN_GENERAL_FAILURE", "GENERIC"}


@dataclass
class _Check:
    """One validation under way."""

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
    knowledge: LocalKnowledge = field(default_factory=LocalKnowledge)
    trace: str = ""
    started: float = field(default_factory=time.process_time)

    def refuse(self, code: str, message: str, name: str = "", verdict: Verdict | None = None) -> None:
        """Write down one reason against the file."""
        self.problems.append(Problem(code, message, name, verdict or sentences.verdict_of(code)))

    def report(self) -> Report:
        """Return what was found so far."""
        if not self.rows and not self.problems:
            self.refuse("unsigned", _("Le fichier ne porte aucune signature."))
        return Report(self.problems, self.rows, self.timestamps, self.moment, self.profile or "")

    def shape_is_bad(self) -> bool:
        """Look at the bytes before any parser does."""
        if len(self.pdf) > MAX_BYTES:
            self.refuse("too_large", _("Le fichier dépasse 50 Mo : il n’est pas vérifié."))
        elif not self.pdf.startswith(b"%PDF-"):
            self.refuse("not_pdf", _("Le fichier n’est pas un PDF."))
        elif self.pdf.rfind(b"%%EOF") < 0:
            self.refuse("truncated", _("Le fichier est tronqué : sa fin manque."))
        elif self.pdf[self.pdf.rfind(b"%%EOF") + 5 :].strip(b"\r\n"):
            self.refuse(
                "trailing_bytes", _("Des octets ont été ajoutés après la fin du document, ou sa fin manque.")
            )
        return bool(self.problems)

    async def run(self) -> None:
        """Check everything, in the order that gives the clearest first reason."""
        try:
            covered = verification.examine(self.pdf)
        except verification.Fault as fault:
            self.refuse(fault.code, fault.message, fault.field)
            return
        reader = Reader(self.pdf)
        if self._is_too_much(reader):
            return
        names = {name: value for name, value, _ref in enumerate_sig_fields(reader)}
        signed = list(reader.embedded_regular_signatures)
        if self.profile is None:
            self.profile = CONTRACT if self.expected is not None else recognised(names)
        for stranger in verification.unlisted(covered, self.authorities):
            verdict = Verdict.FAILED if self.is_contract else None
            self.refuse(stranger.code, stranger.message, stranger.field, verdict)
        self._check_fields(names, [signature.field_name for signature in signed])
        if not reader.embedded_signatures:
            return
        self._check_tail(reader)
        await self._check_stamps(reader)
        if not signed:
            self._only_stamped()
            return
        if self.is_contract:
            self.problems += check_locks(signed, intermediate=self.intermediate)
        for signature in signed:
            if time.process_time() - self.started > MAX_SECONDS:
                self.refuse("too_long", _("La vérification prend trop de temps : elle est abandonnée."))
                return
            await self._check_signature(reader, signature)

    @property
    def is_contract(self) -> bool:
        """Tell whether the rules of our contracts apply."""
        return self.profile == CONTRACT

    async def _check_stamps(self, reader: PdfFileReader) -> None:
        """Judge every time-stamp for itself, then their order; a contract must be sealed by one."""
        self.knowledge = stamps.knowledge_of(reader)
        specification = replace(self._specification(), local_knowledge=self.knowledge)
        self.tokens = await stamps.stamps_of(reader, specification, self.knowledge, self._timing())
        for embedded in reader.embedded_timestamp_signatures:
            stamp = next(one for one in self.tokens if one.field == embedded.field_name)
            authority = _name(embedded.signer_cert, "common_name")
            self.timestamps.append(TimestampRow(stamp.field, authority, stamp.at, stamp.ok))
            if stamp.fault == "timestamp_broken":
                self.refuse(
                    "timestamp_broken",
                    _("L’horodatage « %(name)s » a été altéré, ou ne couvre pas ce document.")
                    % {"name": stamp.field},
                    stamp.field,
                )
        late = stamps.backwards(self.tokens)
        if late is not None:
            self.refuse(
                "timestamps_backwards",
                _("L’horodatage « %(name)s » porte une heure antérieure à celle d’un autre qu’il couvre.")
                % {"name": late.field},
                late.field,
            )
        if not self.timestamps and self.is_contract and not self.intermediate:
            self.refuse("not_sealed", _("Le document n’est pas scellé : aucun horodatage ne couvre le tout."))

    def _only_stamped(self) -> None:
        """A document time-stamp alone proves a date, and engages nobody."""
        if self.problems:
            return
        if all(stamp.ok for stamp in self.tokens):
            text = _("Le fichier est horodaté, mais ne porte aucune signature : personne ne s’y engage.")
        else:
            text = _("Le fichier ne porte aucune signature, et son horodatage ne peut être vérifié ici.")
        self.refuse("only_timestamp", text)

    def _is_too_much(self, reader: PdfFileReader) -> bool:
        if reader.encrypted:
            self.refuse("encrypted", _("Le fichier est chiffré : il ne peut être vérifié."))
        elif int(reader.root["/Pages"]["/Count"]) > MAX_PAGES:
            self.refuse("too_many_pages", _("Le fichier a plus de 2 000 pages : il n’est pas vérifié."))
        elif len(reader.embedded_signatures) > MAX_SIGNATURES or reader.xrefs.total_revisions > MAX_REVISIONS:
            self.refuse("too_many_signatures", _("Le fichier a trop de signatures ou de révisions."))
        return bool(self.problems)

    def _check_fields(self, fields: dict[str, object], signed: list[str]) -> None:
        """Every field signed, by those expected, and by nobody else."""
        for name, value in fields.items():
            if value is None and not self.intermediate:
                # another tool's file may well await a signature: that is no fault of those it has
                verdict = None if self.is_contract or not signed else Verdict.INDETERMINATE
                text = _("La signature « %(name)s » manque.") % {"name": name}
                self.refuse("unsigned_field", text, name, verdict)
        if self.expected is None:
            return
        for name in self.expected:
            if name not in signed and name not in fields:
                self.refuse(
                    "missing_signature", _("La signature « %(name)s » manque.") % {"name": name}, name
                )
            elif name not in signed and self.intermediate:
                self.refuse("unsigned_field", _("La signature « %(name)s » manque.") % {"name": name}, name)
        for name in signed:
            if name not in self.expected:
                self.refuse(
                    "unexpected_signature", _("La signature « %(name)s » est de trop.") % {"name": name}, name
                )

    def _check_tail(self, reader: PdfFileReader) -> None:
        """Nothing but validation data after the last signature or time-stamp."""
        last = max(reader.embedded_signatures, key=lambda signature: int(signature.signed_revision))
        last.compute_integrity_info(diff_policy=PROOFS_ONLY if self.is_contract else OTHERS_PROOFS)
        covered = last.coverage == SignatureCoverageLevel.ENTIRE_FILE
        extended = last.coverage == SignatureCoverageLevel.ENTIRE_REVISION and isinstance(
            last.diff_result, DiffResult
        )
        if not (covered or extended):
            self.refuse("changed_after_last", _("Le fichier a été modifié après la dernière signature."))

    async def _check_signature(self, reader: PdfFileReader, signature: EmbeddedPdfSignature) -> None:
        """Judge one person's signature, and add its row."""
        name = signature.field_name
        status: PdfSignatureStatus | None
        if self.intermediate:
            status, indication, stamped = (between := await self._between(signature)), "OK", True
            self._judge(name, status, signature)
            level = "B-T" if between.timestamp_validity is not None else "B-B"
        else:
            judged = await self._archived(reader, signature)
            status, indication = judged.status, judged.indication.standard_name
            stamped = judged.stamped
            if judged.verdict != Verdict.PASSED:
                facts = {"name": name, "reason": judged.reason}
                text = _("Signature « %(name)s » : %(reason)s.") % facts
                self.refuse(indication.lower(), text, name, judged.verdict)
            self._judge(name, status, signature)
            self._check_proof_of_time(name, judged)
            if judged.covered:  # the chain of document time-stamps was verified, each by the next
                self.timestamps = [replace(row, ok=True) for row in self.timestamps]
            level = self._level(reader, signature, judged)
        self._check_form(name, signature, level)
        self.rows.append(self._row(signature, status, indication, level, stamped=stamped))

    def _judge(self, name: str, status: PdfSignatureStatus | None, signature: EmbeddedPdfSignature) -> None:
        """AND what pyHanko's own status says, one sentence for each failure."""
        facts = {"name": name}
        if status is None:
            self.refuse("not_checked", _("La signature « %(name)s » n’a pu être vérifiée.") % facts, name)
            return
        if not (status.intact and status.valid):
            self.refuse("broken", _("Signature « %(name)s » : le contenu signé a été modifié.") % facts, name)
        if not isinstance(status.diff_result, DiffResult) or not status.docmdp_ok:
            self.refuse(
                "forbidden_change",
                _("Signature « %(name)s » : le document a été modifié ensuite d’une façon interdite.")
                % facts,
                name,
            )
        if status.coverage not in (
            SignatureCoverageLevel.ENTIRE_REVISION,
            SignatureCoverageLevel.ENTIRE_FILE,
        ):
            self.refuse(
                "partial", _("La signature « %(name)s » ne couvre pas tout le document.") % facts, name
            )
        if self.intermediate:
            self._judge_between(name, status)
        serial = f"{signature.signer_cert.serial_number:x}"
        if isinstance(self.expected, Mapping) and self.expected.get(name, serial) != serial:
            self.refuse(
                "wrong_signer", _("La signature « %(name)s » est celle d’une autre personne.") % facts, name
            )

    def _judge_between(self, name: str, status: PdfSignatureStatus) -> None:
        """Ask of our own file, before it is sealed, that certificate and time-stamp be trusted."""
        facts = {"name": name}
        if not status.trusted:
            self.refuse("untrusted", _("Le certificat de « %(name)s » n’est pas reconnu.") % facts, name)
        token = status.timestamp_validity
        if token is None:
            self.refuse("no_timestamp", self._about_time(name, "no_timestamp"), name)
        elif not (token.valid and token.intact):
            self.refuse("timestamp_broken", self._about_time(name, "timestamp_broken"), name)
        elif not token.trusted:
            self.refuse("timestamp_untrusted", self._about_time(name, "timestamp_untrusted"), name)
        if not status.bottom_line and not any(problem.field == name for problem in self.problems):
            self.refuse("not_valid", _("La signature « %(name)s » n’est pas valide.") % facts, name)

    def _about_time(self, name: str, code: str) -> str:
        facts = {"name": name, "reason": sentences.missing_proofs()[code]}
        return _("Signature « %(name)s » : %(reason)s.") % facts

    def _check_proof_of_time(self, name: str, judged: Judged) -> None:
        """A broken token is refused everywhere; a contract must prove when each signature was made."""
        fault = judged.time_fault
        if fault == "timestamp_broken" or (fault and self.is_contract):
            self.refuse(fault, self._about_time(name, fault), name)

    def _check_form(self, name: str, signature: EmbeddedPdfSignature, level: str) -> None:
        """A CMS that does not name its certificate is no baseline signature, whatever else it has."""
        if not stamps.is_baseline(signature):
            self.refuse(
                "not_baseline",
                _(
                    "Signature « %(name)s » : elle ne désigne pas son certificat comme le veut PAdES "
                    "(attribut signing-certificate-v2) ; elle n’atteint aucun niveau."
                )
                % {"name": name},
                name,
                Verdict.FAILED if self.is_contract else None,
            )
            return
        doubted = any(problem.field in (name, "") for problem in self.problems)
        if self.is_contract and not self.intermediate and level != "B-LTA" and not doubted:
            self.refuse(
                "not_archived",
                _("Signature « %(name)s » : l’archivage (B-LTA) n’est pas prouvé (niveau : %(level)s).")
                % {"name": name, "level": level},
                name,
                Verdict.INDETERMINATE,
            )

    def _level(self, reader: PdfFileReader, signature: EmbeddedPdfSignature, judged: Judged) -> str:
        """Return the highest level that the verified proofs amount to."""
        intact = judged.status is not None and judged.status.intact and judged.status.valid
        last = max((stamp.revision for stamp in self.tokens if stamp.is_document), default=None)
        return stamps.level(
            baseline=intact and stamps.is_baseline(signature),
            stamped=judged.stamped or judged.covered,
            known=judged.verdict == Verdict.PASSED,
            kept=stamps.keeps_proofs(reader),
            covered=judged.covered and last is not None and stamps.keeps_proofs(reader, last),
        )

    def _specification(self) -> SignatureValidationSpec:
        """Return the rules of the validation: nothing fetched, revocation always known."""
        usage = {"non_repudiation"} if self.is_contract else {"non_repudiation", "digital_signature"}
        freshness = SIGNATORY_FRESHNESS if self.is_contract else OTHERS_FRESHNESS
        return SignatureValidationSpec(
            cert_validation_policy=validation_policy(self.roots, freshness),
            ts_cert_validation_policy=validation_policy(self.roots, TIMESTAMP_FRESHNESS),
            revinfo_gathering_policy=RevocationInfoGatheringSpec(
                online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
                certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
            ),
            key_usage_settings=KeyUsageConstraints(key_usage=usage, match_all_key_usages=self.is_contract),
        )

    def _timing(self) -> ValidationTimingInfo:
        return ValidationTimingInfo(self.moment, self.moment, True)

    async def _archived(self, reader: PdfFileReader, signature: EmbeddedPdfSignature) -> Judged:
        """Validate as an archive does (EN 319 102-1 § 5.6.3), with what the file holds."""
        policy = SIGNING_ONLY if self.is_contract else OTHERS_SIGNING
        specification = PdfSignatureValidationSpec(self._specification(), diff_policy=policy)
        result = await ades_lta_validation(signature, specification, timing_info=self._timing())
        own = [one for one in self.tokens if one.field == signature.field_name]
        after = [
            one for one in self.tokens if one.is_document and one.revision > int(signature.signed_revision)
        ]
        covered = bool(after) and result.oldest_evidence_record_timestamp is not None
        stamped = any(one.ok for one in own) or (
            result.signature_timestamp_status is not None
            and result.signature_timestamp_status.ades_subindic == AdESPassed.OK
        )
        indication = result.ades_subindic
        if not covered:
            indication = await self._without_archive(signature, own, bool(after), indication)
        fault = "" if stamped or covered else next((one.fault for one in [*own, *after]), "no_timestamp")
        if self.is_contract and not own:
            fault = "no_timestamp"
        known = stamps.has_revocation(self.knowledge, signature.signer_cert)
        return Judged(result.api_status, indication, stamped, covered, fault, known)

    async def _without_archive(
        self,
        signature: EmbeddedPdfSignature,
        own: list[stamps.Stamp],
        ended: bool,
        archived: AdESSubIndic,
    ) -> AdESSubIndic:
        """Return what may be said of a signature that no verified document time-stamp covers.

        pyHanko asks an archive's proofs of every file, and gives a time-stamp's fault for the
        signature's. Here: signature and time-stamp (EN 319 102-1 § 5.5), then the signature alone
        (§ 5.3) when its time-stamp proves nothing. ``ended``: document time-stamps are there.
        """
        asked: dict[str, Any] = {
            "validation_spec": replace(self._specification(), local_knowledge=self.knowledge),
            "timing_info": self._timing(),
            "raw_digest": signature.compute_digest(),
        }
        known: AdESSubIndic
        if any(one.ok for one in own):
            known = (await ades_with_time_validation(signature.signed_data, **asked)).ades_subindic
        else:
            known = (await ades_basic_validation(signature.signed_data, **asked)).ades_subindic
        return archived if ended and known != AdESPassed.OK else known

    async def _between(self, signature: EmbeddedPdfSignature) -> PdfSignatureStatus:
        """Validate our own file between two signatures, revocation left out."""
        context = ValidationContext(
            trust_roots=self.roots, allow_fetching=False, revocation_mode="soft-fail", moment=self.moment
        )
        return await async_validate_pdf_signature(
            signature,
            context,
            diff_policy=SIGNING_ONLY,
            key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
        )

    def _row(
        self,
        signature: EmbeddedPdfSignature,
        status: PdfSignatureStatus | None,
        indication: str,
        level: str,
        *,
        stamped: bool,
    ) -> SignatureRow:
        certificate = signature.signer_cert
        verdict = worst([one.verdict for one in self.problems if one.field == signature.field_name])
        if indication == "OK" and verdict != Verdict.PASSED:
            indication = "SIG_CONSTRAINTS_FAILURE" if status and status.intact else "HASH_FAILURE"
        own = [one.at for one in self.tokens if one.field == signature.field_name] if stamped else []
        policies = certificate.certificate_policies_value or []
        return SignatureRow(
            field=signature.field_name,
            signer=_name(certificate, "common_name"),
            organisation=_name(certificate, "organization_name"),
            title=_name(certificate, "title"),
            serial=f"{certificate.serial_number:x}",
            algorithm=signature.signer_info["signature_algorithm"].native["algorithm"],
            signed_at=signature.self_reported_timestamp,
            timestamped_at=min(own, default=None),
            level=level,
            certificate_not_after=certificate.not_valid_after,
            specimen=any(policy["policy_identifier"].native == DEMO_POLICY for policy in policies),
            verdict=verdict,
            sub_indication=indication,
        )


def _name(certificate: asn1_x509.Certificate, attribute: str) -> str:
    found = certificate.subject.native.get(attribute, "")
    return found if isinstance(found, str) else ", ".join(found)
