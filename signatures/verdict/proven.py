"""A signature judged at the hour that a verified document time-stamp proves (EN 319 102-1 § 5.6.2).

The time-stamps after it are a chain: the last is judged now, each of the others at the hour of the next.
All that the revision of a verified one holds existed then: the signature, its certificate, and what the
authorities said of it. Judged at that hour, with that and no more, it does not change as time passes; at
any later one pyHanko's own answer depends on which of the authorities' lists has ended meanwhile.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.validation.ades import ades_basic_validation, ades_with_time_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import LocalKnowledge
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from signatures import knowledge, stamps
from signatures.verdict.findings import Findings

_WITHDRAWN = {AdESFailure.REVOKED, AdESIndeterminate.REVOKED_NO_POE, AdESIndeterminate.REVOKED_CA_NO_POE}


@dataclass(frozen=True)
class Proven:
    """What a signature was worth at ``at``: its indication, and whether its own time-stamp holds.

    ``known_at`` is when the authorities last spoke of its certificate, as far as was known then.
    """

    at: dt.datetime
    indication: AdESSubIndic
    stamped: bool
    known_at: dt.datetime | None


async def chain_of(found: Findings, reader: PdfFileReader) -> list[stamps.Stamp]:
    """Return the document time-stamps that are verified, oldest first: the last now, each by the next."""
    chain: list[stamps.Stamp] = []
    for stamp in reversed([one for one in found.tokens if one.is_document]):
        if not chain:
            verified = stamp.ok
        else:
            following = chain[-1]
            known, hour = found.known_by(reader, following.revision), max(following.at, stamp.at)
            indication = await stamp.judge(found.specification_then(known, hour), _at(hour))
            verified = indication == AdESPassed.OK
        if not verified:
            break
        chain.append(stamp)
    return chain[::-1]


async def proven(found: Findings, signature: EmbeddedPdfSignature) -> Proven | None:
    """Judge a signature at the first hour at which it passes, else the last; None when no hour is proven."""
    judged: Proven | None = None
    for stamp in found.chain:
        if stamp.revision <= int(signature.signed_revision):
            continue
        judged = await _then(found, signature, stamp)
        if judged.indication == AdESPassed.OK:
            break
    return judged


async def _then(found: Findings, signature: EmbeddedPdfSignature, stamp: stamps.Stamp) -> Proven:
    known = found.known_by(signature.reader, stamp.revision)
    own = [one for one in found.tokens if one.field == signature.field_name]
    hour = max([stamp.at, *(one.at for one in own)])
    timing, specification = _at(hour), found.specification_then(known, hour)
    worth = [await one.judge(specification, timing) for one in own]
    stamped = any(each == AdESPassed.OK for each in worth)
    indication = await _judge(signature, specification, timing, stamped=stamped)
    if indication == AdESPassed.OK and _says_more(found.knowledge, known):
        later = found.specification_then(found.knowledge, hour)
        again = await _judge(signature, later, timing, stamped=stamped)
        indication = again if again in _WITHDRAWN else indication
    return Proven(stamp.at, indication, stamped, knowledge.known_at(known, signature.signer_cert))


async def _judge(
    signature: EmbeddedPdfSignature, specification: Any, timing: ValidationTimingInfo, *, stamped: bool
) -> AdESSubIndic:
    """With its time-stamp (EN 319 102-1 § 5.5), or alone (§ 5.3) when that proves nothing."""
    validation = ades_with_time_validation if stamped else ades_basic_validation
    result = await validation(
        signature.signed_data,
        validation_spec=specification,
        timing_info=timing,
        raw_digest=signature.compute_digest(),
    )
    return result.ades_subindic


def _says_more(whole: LocalKnowledge, then: LocalKnowledge) -> bool:
    """Tell whether authorities spoke again in a later revision: of a revocation, it may be."""
    return len(whole.known_ocsps) + len(whole.known_crls) > len(then.known_ocsps) + len(then.known_crls)


def _at(moment: dt.datetime) -> ValidationTimingInfo:
    return ValidationTimingInfo(moment, moment, True)
