"""What EN 319 102-1 says of one signature, with the proofs that the file keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pyhanko.sign.ades.report import AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.validation.ades import (
    ades_basic_validation,
    ades_lta_validation,
    ades_with_time_validation,
)
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature, async_validate_pdf_signature
from pyhanko.sign.validation.policy_decl import PdfSignatureValidationSpec
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko.sign.validation.status import PdfSignatureStatus
from pyhanko_certvalidator import ValidationContext

from signatures import clocks, knowledge, stamps
from signatures.report import Verdict
from signatures.roots import SIGNATORY_FRESHNESS
from signatures.verdict.findings import Findings
from signatures.verdict.outcome import verdict_of_indication
from signatures.verdict.policies import SIGNING_ONLY, others
from signatures.verdict.proven import Proven, proven

# pyHanko says any of these when it found nothing about revocation
_WANT_REVOCATION = {"TRY_LATER", "CERTIFICATE_CHAIN_GENERAL_FAILURE", "GENERIC"}


@dataclass(frozen=True)
class Judged:
    """What is known of one signature: its own indication, and what proves when it was made.

    ``stamped``: its own time-stamp is verified; ``covered``: document time-stamps after it are;
    ``time_fault``: the code of why neither is, or that it has none of its own, or blank; ``known``:
    the file says something of the revocation of its certificate.
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
        return verdict_of_indication(self.indication)

    @property
    def facts(self) -> dict[str, str]:
        """Return why, where one indication has several causes."""
        name = self.indication.standard_name
        if name in _WANT_REVOCATION and not self.known:
            return {"why": "no_revocation"}
        if name.startswith("REVOKED") and self.stamped:
            return {"why": "stamped_after"}
        unproven = name.endswith("NO_POE") or name in ("OUT_OF_BOUNDS_NOT_REVOKED", "TRY_LATER")
        return {"why": self.time_fault} if unproven and self.time_fault else {}


async def archived(found: Findings, signature: EmbeddedPdfSignature) -> Judged:
    """Validate as an archive does (EN 319 102-1 § 5.6.3), with what the file holds."""
    then = await proven(found, signature)
    if then is not None and then.indication == AdESPassed.OK:
        return await _at_a_proven_hour(found, signature, then)
    judged = await _as_it_stands(found, signature)
    if found.is_contract and judged.indication == AdESPassed.OK:
        # a contract is what it was at an hour that is proven: no later reading makes more of it
        return replace(judged, indication=then.indication if then else AdESIndeterminate.NO_POE)
    return judged


async def _at_a_proven_hour(found: Findings, signature: EmbeddedPdfSignature, then: Proven) -> Judged:
    status = await between(found, signature)
    own = [one for one in found.tokens if one.field == signature.field_name]
    fault = "" if own else "no_timestamp"
    indication: AdESSubIndic = AdESPassed.OK
    signed_at = min((one.at for one in own), default=then.at)
    before = clocks.TOLERANCE if found.known_after else SIGNATORY_FRESHNESS
    is_known = then.known_at is not None and then.known_at >= signed_at - before
    if found.is_contract and not is_known:
        indication = AdESIndeterminate.TRY_LATER
    return Judged(status, indication, then.stamped, covered=True, time_fault=fault, known=True)


async def _as_it_stands(found: Findings, signature: EmbeddedPdfSignature) -> Judged:
    """Judge now, by what the file holds, as far as pyHanko goes back."""
    policy = SIGNING_ONLY if found.is_contract else others(found.odd)
    specification = PdfSignatureValidationSpec(found.specification(), diff_policy=policy)
    result = await ades_lta_validation(signature, specification, timing_info=found.timing)
    own = [one for one in found.tokens if one.field == signature.field_name]
    after = [one for one in found.tokens if one.is_document and one.revision > int(signature.signed_revision)]
    covered = bool(after) and result.oldest_evidence_record_timestamp is not None
    if not own:  # a document time-stamp alone may prove when (EN 319 142-1 § 6.3), if it is verified now
        covered = covered and after[-1].ok
    stamped = any(one.ok for one in own) or (
        result.signature_timestamp_status is not None
        and result.signature_timestamp_status.ades_subindic == AdESPassed.OK
    )
    indication = result.ades_subindic
    if not (covered and own):
        indication = await _without_archive(found, signature, own, bool(own and after), indication)
    fault = "" if stamped or covered else next((one.fault for one in [*own, *after]), "no_timestamp")
    if not own and (found.is_contract or not fault):
        fault = "no_timestamp"
    known = knowledge.has_revocation(found.knowledge, signature.signer_cert)
    return Judged(result.api_status, indication, stamped, covered, fault, known)


async def _without_archive(
    found: Findings,
    signature: EmbeddedPdfSignature,
    own: list[stamps.Stamp],
    ended: bool,
    archived: AdESSubIndic,
) -> AdESSubIndic:
    """Return what may be said of a signature that no verified document time-stamp covers.

    pyHanko asks an archive's proofs of every file, and gives a time-stamp's fault for the
    signature's. Here: signature and time-stamp (EN 319 102-1 § 5.5), then the signature alone
    (§ 5.3) when its time-stamp proves nothing. ``ended``: document time-stamps follow its own.
    """
    asked: dict[str, Any] = {
        "validation_spec": replace(found.specification(), local_knowledge=found.knowledge),
        "timing_info": found.timing,
        "raw_digest": signature.compute_digest(),
    }
    known: AdESSubIndic
    if any(one.ok for one in own):
        known = (await ades_with_time_validation(signature.signed_data, **asked)).ades_subindic
    else:
        known = (await ades_basic_validation(signature.signed_data, **asked)).ades_subindic
    return archived if ended and known != AdESPassed.OK else known


async def between(found: Findings, signature: EmbeddedPdfSignature) -> PdfSignatureStatus:
    """Validate our own file between two signatures, or one that we do not read; revocation left out."""
    context = ValidationContext(
        trust_manager=found.anchors,
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=found.timing.validation_time,
    )
    is_ours = not found.stopped and (found.is_contract or found.intermediate)
    return await async_validate_pdf_signature(
        signature,
        context,
        diff_policy=SIGNING_ONLY if is_ours else others(found.odd),
        key_usage_settings=KeyUsageConstraints(key_usage={"non_repudiation"}),
    )
