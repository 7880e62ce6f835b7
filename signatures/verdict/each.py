"""One person's signature: its reasons, its level, its row in the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel

from signatures import stamps
from signatures.demo.pki import DEMO_POLICY
from signatures.lists import judging
from signatures.report import SignatureRow, Verdict, worst
from signatures.verdict.findings import Findings, name_in
from signatures.verdict.indications import Judged, archived, between


async def check_signature(found: Findings, reader: PdfFileReader, signature: EmbeddedPdfSignature) -> None:
    """Judge one person's signature, and add its row."""
    name = signature.field_name
    status: PdfSignatureStatus | None
    if found.intermediate:
        status, indication, stamped = (known := await between(found, signature)), "OK", True
        _judge(found, name, status, signature)
        level = "B-T" if known.timestamp_validity is not None else "B-B"
    else:
        judged = await archived(found, signature)
        status, indication = judged.status, judged.indication.standard_name
        stamped = judged.stamped
        if judged.verdict != Verdict.PASSED:
            found.refuse(indication.lower(), name, judged.verdict, judged.facts)
        _judge(found, name, status, signature)
        _check_proof_of_time(found, name, judged)
        if judged.covered:  # the chain of document time-stamps was verified, each by the next
            found.timestamps = [replace(row, ok=True) for row in found.timestamps]
        level = _level(found, reader, signature, judged)
    _check_form(found, name, signature, level)
    row = _row(found, signature, status, indication, level, stamped=stamped)
    found.rows.append(replace(row, qualification=await _qualification(found, signature, row)))


def _judge(
    found: Findings, name: str, status: PdfSignatureStatus | None, signature: EmbeddedPdfSignature
) -> None:
    """AND what pyHanko's own status says, one sentence for each failure."""
    if status is None:
        found.refuse("not_checked", name)
        return
    judge_content(found, name, status)
    if found.intermediate:
        _judge_between(found, name, status)
    serial = f"{signature.signer_cert.serial_number:x}"
    if isinstance(found.expected, Mapping) and found.expected.get(name, serial) != serial:
        found.refuse("wrong_signer", name)


def judge_content(found: Findings, name: str, status: PdfSignatureStatus) -> None:
    """Say what was changed under a signature or after it, and what it leaves out."""
    if not (status.intact and status.valid):
        found.refuse("broken", name)
    if not isinstance(status.diff_result, DiffResult) or not status.docmdp_ok:
        found.refuse("forbidden_change", name)
    if status.coverage not in (
        SignatureCoverageLevel.ENTIRE_REVISION,
        SignatureCoverageLevel.ENTIRE_FILE,
    ):
        found.refuse("partial", name)


def _judge_between(found: Findings, name: str, status: PdfSignatureStatus) -> None:
    """Ask of our own file, before it is sealed, that certificate and time-stamp be trusted."""
    if not status.trusted:
        found.refuse("untrusted", name)
    token = status.timestamp_validity
    if token is None:
        found.refuse("no_timestamp", name)
    elif not (token.valid and token.intact):
        found.refuse("timestamp_broken", name)
    elif not token.trusted:
        found.refuse("timestamp_untrusted", name)
    if not status.bottom_line and not any(problem.field == name for problem in found.problems):
        found.refuse("not_valid", name)


def _check_proof_of_time(found: Findings, name: str, judged: Judged) -> None:
    """A broken token is refused everywhere; a contract must prove when each signature was made."""
    fault = judged.time_fault
    if fault == "timestamp_broken" or (fault and found.is_contract):
        found.refuse(fault, name)


def _check_form(found: Findings, name: str, signature: EmbeddedPdfSignature, level: str) -> None:
    """A CMS that does not name its certificate is no baseline signature, whatever else it has."""
    if not stamps.is_baseline(signature):
        found.refuse("not_baseline", name, Verdict.FAILED if found.is_contract else None)
        return
    doubted = any(problem.field in (name, "") for problem in found.problems)
    if found.is_contract and not found.intermediate and level != "B-LTA" and not doubted:
        found.refuse("not_archived", name, Verdict.INDETERMINATE, {"level": level})


def _level(found: Findings, reader: PdfFileReader, signature: EmbeddedPdfSignature, judged: Judged) -> str:
    """Return the highest level that the verified proofs amount to."""
    intact = judged.status is not None and judged.status.intact and judged.status.valid
    is_ber = any((one.code, one.field) == ("ber_contents", signature.field_name) for one in found.problems)
    last = max((stamp.revision for stamp in found.tokens if stamp.is_document), default=None)
    return stamps.level(
        baseline=intact and stamps.is_baseline(signature) and not is_ber,
        stamped=judged.stamped or judged.covered,
        known=judged.verdict == Verdict.PASSED,
        kept=stamps.keeps_proofs(reader),
        covered=judged.covered and last is not None and stamps.keeps_proofs(reader, last),
    )


async def _qualification(
    found: Findings, signature: EmbeddedPdfSignature, row: SignatureRow
) -> dict[str, str]:
    """Return of which level it is by the lists, at the hour that is proven, or now: one that is claimed is no
    hour (ETSI TS 119 615 § 4.4).
    """
    if found.lists is None:
        return {}
    after = [one.at for one in found.chain if one.revision > int(signature.signed_revision)]
    proven = row.timestamped_at or min(after, default=found.moment)
    others = [*signature.other_embedded_certs, *found.knowledge.known_certs]
    judged = await judging.judged(
        signature.signer_cert.dump(),
        [one.dump() for one in others],
        proven,
        found.lists,
        found.roots,
        found.moment,
    )
    return judged.as_facts()


def _row(
    found: Findings,
    signature: EmbeddedPdfSignature,
    status: PdfSignatureStatus | None,
    indication: str,
    level: str,
    *,
    stamped: bool,
) -> SignatureRow:
    certificate = signature.signer_cert
    verdict = worst([one.verdict for one in found.problems if one.field == signature.field_name])
    if indication == "OK" and verdict != Verdict.PASSED:
        indication = "SIG_CONSTRAINTS_FAILURE" if status and status.intact else "HASH_FAILURE"
    own = [one.at for one in found.tokens if one.field == signature.field_name] if stamped else []
    policies = certificate.certificate_policies_value or []
    return SignatureRow(
        field=signature.field_name,
        signer=name_in(certificate, "common_name"),
        organisation=name_in(certificate, "organization_name"),
        title=name_in(certificate, "title"),
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
