"""Each time-stamp judged for itself, and what level a signature has proven (EN 319 142-1 § 6).

A level is what its proofs, verified, amount to; a token that nobody checked amounts to nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from asn1crypto import cms
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation import generic_cms
from pyhanko.sign.validation.ades import ades_timestamp_validation
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import LocalKnowledge, SignatureValidationSpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo

from signatures import clocks
from signatures.knowledge import has_revocation

_EXPIRED = {
    AdESIndeterminate.OUT_OF_BOUNDS_NO_POE,
    AdESIndeterminate.OUT_OF_BOUNDS_NOT_REVOKED,
    AdESIndeterminate.EXPIRED,
}
_REVOKED = {AdESIndeterminate.REVOKED_NO_POE, AdESIndeterminate.REVOKED_CA_NO_POE, AdESFailure.REVOKED}
_BROKEN = {AdESFailure.HASH_FAILURE, AdESFailure.SIG_CRYPTO_FAILURE, AdESFailure.FORMAT_FAILURE}


@dataclass(frozen=True)
class Stamp:
    """One time-stamp: the revision it is in, its time, and what it is worth now, taken alone."""

    revision: int
    field: str
    is_document: bool
    at: dt.datetime
    indication: AdESSubIndic
    has_revocation: bool
    token: cms.SignedData = dataclasses.field(compare=False, repr=False)
    imprint: Callable[[str], bytes] = dataclasses.field(compare=False, repr=False)

    async def judge(
        self, specification: SignatureValidationSpec, timing: ValidationTimingInfo
    ) -> AdESSubIndic:
        """Return what it is worth at another moment, with other proofs."""
        result = await ades_timestamp_validation(
            self.token, specification, expected_tst_imprint=self.imprint, timing_info=timing
        )
        return result.ades_subindic

    @property
    def ok(self) -> bool:
        """Tell whether it is verified, trusted and known not to be revoked."""
        return self.indication == AdESPassed.OK

    @property
    def fault(self) -> str:
        """Return the code of what keeps it from proving anything; blank when nothing does."""
        if self.ok:
            return ""
        if self.indication in _BROKEN:
            return "timestamp_broken"
        if self.indication == AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND:
            return "timestamp_untrusted"
        if self.indication in _REVOKED:
            return "timestamp_revoked"
        if self.indication in _EXPIRED:
            return "timestamp_expired"
        if self.indication == AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE:
            return "timestamp_unusable"
        return "timestamp_stale" if self.has_revocation else "timestamp_unproven"


def latest_of(reader: PdfFileReader) -> dt.datetime | None:
    """Return the latest hour that a time-stamp of the file tells, verified or not."""
    tokens = [token for embedded in reader.embedded_signatures for token, _imprint in _tokens_of(embedded)]
    return max((_time_of(token) for token in tokens), default=None)


def tokens_in(signature: EmbeddedPdfSignature) -> list[cms.SignedData]:
    """Return the tokens in a signature: those over what it signs, then those over its value; or itself."""
    found = [signature.signed_data] if signature.sig_object_type == "/DocTimeStamp" else []
    for signed in (True, False):
        found += generic_cms.extract_tst_data_iter(signature.signer_info, signed=signed)
    return found


def signed_at(signature: EmbeddedPdfSignature) -> dt.datetime | None:
    """Return the first hour at which a person's signature was stamped, verified or not, if it was."""
    return min((_time_of(token) for token, _imprint in _tokens_of(signature)), default=None)


async def stamps_of(
    reader: PdfFileReader,
    specification: SignatureValidationSpec,
    known: LocalKnowledge,
    timing: ValidationTimingInfo,
) -> list[Stamp]:
    """Judge every time-stamp of the file, by revision."""
    found: list[Stamp] = []
    for embedded in sorted(reader.embedded_signatures, key=lambda one: int(one.signed_revision)):
        for token, imprint in _tokens_of(embedded):
            result = await ades_timestamp_validation(
                token, specification, expected_tst_imprint=imprint, timing_info=timing
            )
            found.append(
                Stamp(
                    int(embedded.signed_revision),
                    embedded.field_name,
                    embedded.sig_object_type == "/DocTimeStamp",
                    _time_of(token),
                    result.ades_subindic,
                    has_revocation(known, extract_certificate_info(token).signer_cert),
                    token,
                    imprint,
                )
            )
    return found


def backwards(stamps: Sequence[Stamp]) -> Stamp | None:
    """Return the first time-stamp that says an earlier time than one it covers; None when all follow."""
    for position, stamp in enumerate(stamps):
        earlier = [other.at for other in stamps[:position] if other.revision < stamp.revision]
        if earlier and stamp.at < max(earlier) - clocks.TOLERANCE:
            return stamp
    return None


def is_baseline(signature: EmbeddedPdfSignature) -> bool:
    """Tell whether the signature is a PAdES one, bound to its certificate (EN 319 142-1 § 6.3)."""
    attributes = {attribute["type"].native for attribute in signature.signer_info["signed_attrs"]}
    return (
        signature.sig_object.get("/SubFilter") == "/ETSI.CAdES.detached"
        and "signing_certificate_v2" in attributes
    )


def level(*, baseline: bool, stamped: bool, known: bool, kept: bool, covered: bool) -> str:
    """Return the highest level whose conditions all hold, blank without the first.

    ``stamped``: a time-stamp proves when; ``known``: chain and revocation verified with what the
    file keeps (``kept``: in its DSS); ``covered``: a verified document time-stamp covers that.
    """
    if not baseline:
        return ""
    if not stamped:
        return "B-B"
    if not (known and kept):
        return "B-T"
    return "B-LTA" if covered else "B-LT"


def keeps_proofs(reader: PdfFileReader, revision: int | None = None) -> bool:
    """Tell whether the file, as of this revision, keeps what authorities said (DSS)."""
    root = reader.root if revision is None else reader.get_historical_root(revision)
    return "/DSS" in root and bool({"/OCSPs", "/CRLs"} & set(root["/DSS"]))


def _tokens_of(embedded: EmbeddedPdfSignature) -> Iterator[tuple[cms.SignedData, Callable[[str], bytes]]]:
    """Yield a document time-stamp, or those of a person's signature, each with what it must stamp."""
    if embedded.sig_object_type == "/DocTimeStamp":
        yield embedded.signed_data, _digest_of(embedded)
        return
    imprint = generic_cms.message_imprint_checker(embedded.signer_info)
    for token in generic_cms.extract_tst_data_iter(embedded.signer_info, signed=False):
        yield token, imprint


def _time_of(token: cms.SignedData) -> dt.datetime:
    moment: dt.datetime = token["encap_content_info"]["content"].parsed["gen_time"].native
    return moment


def _digest_of(embedded: EmbeddedPdfSignature) -> Callable[[str], bytes]:
    digest = embedded.compute_digest()
    return lambda algorithm: digest if algorithm == embedded.md_algorithm else b""
