"""The file as a whole: its bytes, its fields, its time-stamps, its end; then each signature in turn."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.status import SignatureCoverageLevel

from signatures import clocks, knowledge, stamps, verification
from signatures.limited.limits import MAX_BYTES
from signatures.profiles import CONTRACT, check_locks, recognised
from signatures.reading import Reader
from signatures.report import TimestampRow, Verdict
from signatures.verdict import policies, proven
from signatures.verdict.each import check_signature, judge_content
from signatures.verdict.findings import Findings, name_in
from signatures.verdict.indications import between
from signatures.verdict.outcome import verdict_of
from signatures.verdict.policies import PROOFS_ONLY

MAX_PAGES = 2_000
MAX_SIGNATURES = 30
MAX_REVISIONS = 100


def shape_is_bad(found: Findings) -> bool:
    """Look at the bytes before any parser does."""
    if len(found.pdf) > MAX_BYTES:
        found.refuse("too_large")
    elif not found.pdf.startswith(b"%PDF-"):
        found.refuse("not_pdf")
    elif found.pdf.rfind(b"%%EOF") < 0:
        found.refuse("truncated")
    elif found.pdf[found.pdf.rfind(b"%%EOF") + 5 :].strip(b"\r\n"):
        found.refuse("trailing_bytes")
    return bool(found.problems)


async def check(found: Findings) -> None:
    """Check everything, in the order that gives the clearest first reason."""
    strict = not found.may_be_anothers
    odd: list[verification.Fault] = []
    try:
        covered = verification.examine(found.pdf, None if strict else odd)
    except verification.Fault as fault:
        found.refuse(fault.code, fault.field, verdict_of(fault.code, contract=strict), fault.facts)
        if fault.code == "hybrid_table":
            await _look_for_breaks(found)
        return
    reader = Reader(found.pdf)
    if _is_too_much(found, reader):
        return
    names = {name: value for name, value, _ref in enumerate_sig_fields(reader)}
    signed = list(reader.embedded_regular_signatures)
    if found.profile is None:
        found.profile = CONTRACT if found.expected is not None else recognised(names)
    for one in odd:  # open for another's file, and refused when its fields are ours after all
        found.odd.add(one.code)
        found.refuse(one.code, one.field)
    for stranger in verification.unlisted(covered, found.authorities):
        verdict = Verdict.FAILED if found.is_contract else None
        found.refuse(stranger.code, stranger.field, verdict)
    _check_fields(found, names, [signature.field_name for signature in signed])
    if not reader.embedded_signatures:
        return
    _check_tail(found, reader)
    await _check_stamps(found, reader)
    if not signed:
        _only_stamped(found)
        return
    if found.is_contract:
        found.problems += check_locks(signed, awaited=[name for name, held in names.items() if held is None])
    for signature in signed:
        if found.is_late:
            found.refuse("too_long")
            return
        await check_signature(found, reader, signature)
    found.reader = reader


async def _check_stamps(found: Findings, reader: PdfFileReader) -> None:
    """Judge every time-stamp for itself, then their order; a contract must be sealed by one."""
    found.knowledge = knowledge.knowledge_of(reader)
    latest = stamps.latest_of(reader)
    if latest is not None and found.moment < latest <= found.moment + clocks.TOLERANCE:
        found.shown = latest
    specification = replace(found.specification(), local_knowledge=found.knowledge)
    found.tokens = await stamps.stamps_of(reader, specification, found.knowledge, found.timing)
    found.chain = await proven.chain_of(found, reader)
    for embedded in reader.embedded_timestamp_signatures:
        stamp = next(one for one in found.tokens if one.field == embedded.field_name)
        authority = name_in(embedded.signer_cert, "common_name")
        found.timestamps.append(TimestampRow(stamp.field, authority, stamp.at, stamp.ok))
        if stamp.fault == "timestamp_broken":
            found.refuse("timestamp_broken", stamp.field, facts={"which": "document"})
    late = stamps.backwards(found.tokens)
    if late is not None:
        found.refuse("timestamps_backwards", late.field)
    if not found.timestamps and found.is_contract and not found.intermediate:
        found.refuse("not_sealed")


def _only_stamped(found: Findings) -> None:
    """A document time-stamp alone proves a date, and engages nobody."""
    if found.problems:
        return
    verified = all(stamp.ok for stamp in found.tokens)
    found.refuse("only_timestamp", facts={} if verified else {"which": "unverified"})


async def _look_for_breaks(found: Findings) -> None:
    """Ask of a file that we do not read to its end whether it is known to be broken all the same."""
    found.stopped = True
    for signature in PdfFileReader(BytesIO(found.pdf), strict=False).embedded_regular_signatures:
        status = await between(found, signature)
        judge_content(found, signature.field_name, status)


def _is_too_much(found: Findings, reader: PdfFileReader) -> bool:
    if reader.encrypted:
        found.refuse("encrypted")
    elif int(reader.root["/Pages"]["/Count"]) > MAX_PAGES:
        found.refuse("too_many_pages")
    elif len(reader.embedded_signatures) > MAX_SIGNATURES or reader.xrefs.total_revisions > MAX_REVISIONS:
        found.refuse("too_many_signatures")
    return bool(found.problems)


def _check_fields(found: Findings, fields: dict[str, object], signed: list[str]) -> None:
    """Every field signed, by those expected, and by nobody else."""
    for name, value in fields.items():
        if value is None and not found.intermediate:
            # another tool's file may well await a signature: that is no fault of those it has
            verdict = None if found.is_contract or not signed else Verdict.INDETERMINATE
            found.refuse("unsigned_field", name, verdict)
    if found.expected is None:
        return
    for name in found.expected:
        if name not in signed and name not in fields:
            found.refuse("missing_signature", name)
        elif name not in signed and found.intermediate:
            found.refuse("unsigned_field", name)
    for name in signed:
        if name not in found.expected:
            found.refuse("unexpected_signature", name)


def _check_tail(found: Findings, reader: PdfFileReader) -> None:
    """Nothing but validation data after the last signature or time-stamp."""
    last = max(reader.embedded_signatures, key=lambda signature: int(signature.signed_revision))
    if "form_filled" in found.odd:
        policy = policies.others(found.odd)
    else:
        policy = PROOFS_ONLY if found.is_contract else policies.others(found.odd, form=False)
    last.compute_integrity_info(diff_policy=policy)
    covered = last.coverage == SignatureCoverageLevel.ENTIRE_FILE
    extended = last.coverage == SignatureCoverageLevel.ENTIRE_REVISION and isinstance(
        last.diff_result, DiffResult
    )
    if not (covered or extended):
        found.refuse("changed_after_last")
