"""Whether a signed PDF is valid: every condition must hold, and nothing is fetched.

A clean AdES indication does not mean an unmodified file, and pyHanko's own bottom line
ignores the order and number of the signatures: both are asked, then coverage of the whole
file, the level of each change, the fields that had to be signed, and who signed them.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import io
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from asn1crypto import x509 as asn1_x509
from django.utils import timezone
from django.utils.translation import gettext as _
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DiffResult,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.fields import FieldMDPAction, MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation.ades import AdESLTAValidationResult, ades_lta_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    PdfSignatureValidationSpec,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from signatures import verification
from signatures.limited import client
from signatures.limited.limits import MAX_BYTES
from signatures.pki import DEMO_POLICY
from signatures.plain import visible
from signatures.report import Problem, Report, SignatureRow, TimestampRow, Verdict
from signatures.roots import (
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
MAX_SECONDS = 4.0  # of processor: below what the limited process may have

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


def validate(
    pdf: bytes | Path,
    *,
    trust_roots: Sequence[bytes | Path] | None = None,
    expected: Mapping[str, str] | Sequence[str] | None = None,
    moment: dt.datetime | None = None,
    intermediate: bool = False,
) -> Report:
    """Validate a signed PDF, offline, in a process with limits; hostile bytes only make it say no.

    ``trust_roots`` (PEM or DER) default to ``settings.TRUST_ROOTS``; ``expected`` names the fields
    that must be signed and no other, or maps each to the serial number (hexadecimal) of its
    certificate; ``moment`` validates as if it were then. ``intermediate`` is for our own file
    between two signatures: later fields may be empty and revocation, checked online when
    the key was used, is not asked of the file. It blocks, so not on an event loop. Raises
    NoTrustRoot, ``limited.Unavailable`` (try again), and for a path OSError (``limited.NotAFile``).
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
) -> Report:
    """Do as ``validate`` does, without limits, in this very process: for files made by a test."""
    _refuse_an_event_loop()
    roots = load_roots(trust_roots)
    check = _Check(pdf, roots, moment or timezone.now(), expected, intermediate)
    check.authorities = load_seal_authorities(roots)
    _run(check)
    return check.report()


def validate_for_another_process(pdf: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Do the work of ``validate`` in the limited process; options and answer are JSON data."""
    roots = [asn1_x509.Certificate.load(base64.b64decode(root)) for root in options["roots"]]
    moment = dt.datetime.fromisoformat(options["moment"])
    check = _Check(pdf, roots, moment, options["expected"], options["intermediate"])
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


@dataclass
class _Check:
    """One validation under way."""

    pdf: bytes
    roots: list[asn1_x509.Certificate]
    moment: dt.datetime
    expected: Mapping[str, str] | Sequence[str] | None
    intermediate: bool
    problems: list[Problem] = field(default_factory=list)
    rows: list[SignatureRow] = field(default_factory=list)
    timestamps: list[TimestampRow] = field(default_factory=list)
    authorities: list[bytes] | None = None  # who may time-stamp the whole
    trace: str = ""
    started: float = field(default_factory=time.process_time)

    def refuse(self, code: str, message: str, name: str = "") -> None:
        """Write down one reason against the file."""
        self.problems.append(Problem(code, message, name))

    def report(self) -> Report:
        """Return what was found so far."""
        if not self.rows and not self.problems:
            self.refuse("unsigned", _("Le fichier ne porte aucune signature."))
        return Report(self.problems, self.rows, self.timestamps, self.moment)

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
        for stranger in verification.unlisted(covered, self.authorities):
            self.refuse(stranger.code, stranger.message, stranger.field)
        reader = PdfFileReader(io.BytesIO(self.pdf), strict=True)
        if self._is_too_much(reader):
            return
        names = {name: value for name, value, _ref in enumerate_sig_fields(reader)}
        signed = list(reader.embedded_regular_signatures)
        self._check_fields(names, [signature.field_name for signature in signed])
        if not signed:
            return
        self._check_tail(reader)
        self._check_locks(signed)
        for stamp in reader.embedded_timestamp_signatures:
            content = stamp.signed_data["encap_content_info"]["content"].parsed
            self.timestamps.append(
                TimestampRow(
                    stamp.field_name, _name(stamp.signer_cert, "common_name"), content["gen_time"].native
                )
            )
        if not self.timestamps and not self.intermediate:
            self.refuse("not_sealed", _("Le document n’est pas scellé : aucun horodatage ne couvre le tout."))
        for signature in signed:
            if time.process_time() - self.started > MAX_SECONDS:
                self.refuse("too_long", _("La vérification prend trop de temps : elle est abandonnée."))
                return
            await self._check_signature(reader, signature)

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
                self.refuse("unsigned_field", _("La signature « %(name)s » manque.") % {"name": name}, name)
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
        last.compute_integrity_info(diff_policy=PROOFS_ONLY)
        covered = last.coverage == SignatureCoverageLevel.ENTIRE_FILE
        extended = last.coverage == SignatureCoverageLevel.ENTIRE_REVISION and isinstance(
            last.diff_result, DiffResult
        )
        if not (covered or extended):
            self.refuse("changed_after_last", _("Le fichier a été modifié après la dernière signature."))

    def _check_locks(self, signed: list[EmbeddedPdfSignature]) -> None:
        """The first signature certifies the document, the last one closes it."""
        first = min(signed, key=lambda signature: int(signature.signed_revision))
        last = max(signed, key=lambda signature: int(signature.signed_revision))
        if first.docmdp_level not in (MDPPerm.FILL_FORMS, MDPPerm.NO_CHANGES):
            self.refuse(
                "not_certified", _("La première signature ne protège pas le document."), first.field_name
            )
        if self.intermediate:
            return
        lock = last.fieldmdp
        if lock is None or lock.action != FieldMDPAction.ALL:
            self.refuse("not_closed", _("La dernière signature ne ferme pas le document."), last.field_name)

    async def _check_signature(self, reader: PdfFileReader, signature: EmbeddedPdfSignature) -> None:
        name = signature.field_name
        before = len(self.problems)
        status: PdfSignatureStatus | None
        if self.intermediate:
            status, indication = await self._between(signature), "B-T"
        else:
            result = await self._archived(signature)
            status, indication = result.api_status, str(result.ades_subindic).rsplit(".", 1)[-1]
            if indication != "OK":
                reason = _INDICATIONS.get(indication, indication)
                self.refuse(
                    indication.lower(),
                    _("Signature « %(name)s » : %(reason)s.") % {"name": name, "reason": reason},
                    name,
                )
        self._judge(name, status, signature)
        self.rows.append(
            _row(signature, status, indication, self.timestamps, ok=len(self.problems) == before)
        )

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
        if not status.trusted and self.intermediate:
            self.refuse("untrusted", _("Le certificat de « %(name)s » n’est pas reconnu.") % facts, name)
        stamped = status.timestamp_validity
        if stamped is None or not (
            stamped.valid and stamped.intact and (stamped.trusted or not self.intermediate)
        ):
            self.refuse(
                "no_timestamp", _("La signature « %(name)s » n’a pas d’horodatage valable.") % facts, name
            )
        if not status.bottom_line and not any(problem.field == name for problem in self.problems):
            self.refuse("not_valid", _("La signature « %(name)s » n’est pas valide.") % facts, name)
        serial = f"{signature.signer_cert.serial_number:x}"
        if isinstance(self.expected, Mapping) and self.expected.get(name, serial) != serial:
            self.refuse(
                "wrong_signer", _("La signature « %(name)s » est celle d’une autre personne.") % facts, name
            )

    async def _archived(self, signature: EmbeddedPdfSignature) -> AdESLTAValidationResult:
        """Validate as an archive does (EN 319 102-1 § 5.6.3), with what the file holds."""
        specification = PdfSignatureValidationSpec(
            SignatureValidationSpec(
                cert_validation_policy=validation_policy(self.roots, SIGNATORY_FRESHNESS),
                ts_cert_validation_policy=validation_policy(self.roots, TIMESTAMP_FRESHNESS),
                revinfo_gathering_policy=RevocationInfoGatheringSpec(
                    online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
                    certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
                ),
                key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
            ),
            diff_policy=SIGNING_ONLY,
        )
        timing = ValidationTimingInfo(self.moment, self.moment, True)
        return await ades_lta_validation(signature, specification, timing_info=timing)

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


_INDICATIONS = {
    "NO_CERTIFICATE_CHAIN_FOUND": "le certificat ne mène à aucune autorité reconnue",
    "NO_CERTIFICATE_CHAIN_FOUND_NO_POE": "le certificat ne mène à aucune autorité reconnue",
    "HASH_FAILURE": "le contenu signé a été modifié",
    "SIG_CRYPTO_FAILURE": "la valeur de signature est fausse",
    "FORMAT_FAILURE": "la signature est mal formée",
    "REVOKED": "le certificat était révoqué",
    "REVOKED_NO_POE": "le certificat est révoqué",
    "REVOKED_CA_NO_POE": "le certificat de l’autorité est révoqué",
    "EXPIRED": "le certificat avait expiré",
    "OUT_OF_BOUNDS_NO_POE": "rien ne prouve qu’elle date d’avant la fin du certificat",
    "OUT_OF_BOUNDS_NOT_REVOKED": "rien ne prouve qu’elle date d’avant la fin du certificat",
    "NO_POE": "rien ne prouve quand elle a été faite",
    "TRY_LATER": "l’état de révocation du certificat n’est pas dans le fichier",
    "CERTIFICATE_CHAIN_GENERAL_FAILURE": "la chaîne de certificats ne peut être vérifiée",
    "CHAIN_CONSTRAINTS_FAILURE": "le certificat n’est pas fait pour signer",
    "TIMESTAMP_ORDER_FAILURE": "les horodatages ne se suivent pas",
}


def _row(
    signature: EmbeddedPdfSignature,
    status: PdfSignatureStatus | None,
    indication: str,
    timestamps: list[TimestampRow],
    *,
    ok: bool,
) -> SignatureRow:
    certificate = signature.signer_cert
    stamped = status.timestamp_validity if status is not None else None
    policies = certificate.certificate_policies_value or []
    kinds = {attribute["type"].native for attribute in signature.signer_info["unsigned_attrs"]}
    level = "B-T" if "signature_time_stamp_token" in kinds else "B-B"
    if level == "B-T" and timestamps:
        level = "B-LTA"
    return SignatureRow(
        field=signature.field_name,
        signer=_name(certificate, "common_name"),
        organisation=_name(certificate, "organization_name"),
        title=_name(certificate, "title"),
        serial=f"{certificate.serial_number:x}",
        algorithm=signature.signer_info["signature_algorithm"].native["algorithm"],
        signed_at=signature.self_reported_timestamp,
        timestamped_at=stamped.timestamp if stamped is not None else None,
        level=level,
        certificate_not_after=certificate.not_valid_after,
        specimen=any(policy["policy_identifier"].native == DEMO_POLICY for policy in policies),
        verdict=Verdict.PASSED if ok else Verdict.FAILED,
        sub_indication=indication,
    )


def _name(certificate: asn1_x509.Certificate, attribute: str) -> str:
    found = certificate.subject.native.get(attribute, "")
    return found if isinstance(found, str) else ", ".join(found)
