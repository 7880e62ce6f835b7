"""Each time-stamp judged for itself, and what level a signature has proven (EN 319 142-1 § 6).

A level is what its proofs, verified, amount to; a token that nobody checked amounts to nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.generic import IndirectObject, StreamObject
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed, AdESSubIndic
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.validation import generic_cms
from pyhanko.sign.validation.ades import ades_timestamp_validation
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.policy_decl import LocalKnowledge, SignatureValidationSpec
from pyhanko_certvalidator.ltv.types import ValidationTimingInfo
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer

# Two authorities may differ by the second that a token's time is rounded to.
CLOCKS_DIFFER = dt.timedelta(seconds=2)

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


def knowledge_of(reader: PdfFileReader) -> LocalKnowledge:
    """Return the certificates and what authorities said of them that the file keeps (DSS)."""
    try:
        dss = DocumentSecurityStore.read_dss(reader)
    except NoDSSFoundError:
        return LocalKnowledge()
    return LocalKnowledge(
        known_ocsps=[
            container
            for response in dss.ocsps
            for container in OCSPContainer.load_multi(ocsp.OCSPResponse.load(_stream(response)))
        ],
        known_crls=[CRLContainer(crl.CertificateList.load(_stream(listed))) for listed in dss.crls],
        known_certs=list(dss.load_certs()),
    )


def has_revocation(knowledge: LocalKnowledge, certificate: x509.Certificate) -> bool:
    """Tell whether the file keeps anything that an authority said of this certificate."""
    for container in knowledge.known_ocsps:
        answer = container.extract_single_response()
        if answer and answer["cert_id"]["serial_number"].native == certificate.serial_number:
            return True
    return any(listed.crl_data.issuer == certificate.issuer for listed in knowledge.known_crls)


async def stamps_of(
    reader: PdfFileReader,
    specification: SignatureValidationSpec,
    knowledge: LocalKnowledge,
    timing: ValidationTimingInfo,
) -> list[Stamp]:
    """Judge every time-stamp of the file, by revision."""
    found: list[Stamp] = []
    for embedded in sorted(reader.embedded_signatures, key=lambda one: int(one.signed_revision)):
        if embedded.sig_object_type == "/DocTimeStamp":
            tokens = [embedded.signed_data]
            imprint = _digest_of(embedded)
        else:
            tokens = list(generic_cms.extract_tst_data_iter(embedded.signer_info, signed=False))
            imprint = generic_cms.message_imprint_checker(embedded.signer_info)
        for token in tokens:
            result = await ades_timestamp_validation(
                token, specification, expected_tst_imprint=imprint, timing_info=timing
            )
            found.append(
                Stamp(
                    int(embedded.signed_revision),
                    embedded.field_name,
                    embedded.sig_object_type == "/DocTimeStamp",
                    token["encap_content_info"]["content"].parsed["gen_time"].native,
                    result.ades_subindic,
                    has_revocation(knowledge, extract_certificate_info(token).signer_cert),
                )
            )
    return found


def backwards(stamps: Sequence[Stamp]) -> Stamp | None:
    """Return the first time-stamp that says an earlier time than one it covers; None when all follow."""
    for position, stamp in enumerate(stamps):
        earlier = [other.at for other in stamps[:position] if other.revision < stamp.revision]
        if earlier and stamp.at < max(earlier) - CLOCKS_DIFFER:
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


def _digest_of(embedded: EmbeddedPdfSignature) -> Callable[[str], bytes]:
    digest = embedded.compute_digest()
    return lambda algorithm: digest if algorithm == embedded.md_algorithm else b""


def _stream(reference: IndirectObject) -> bytes:
    stream = reference.get_object()
    if not isinstance(stream, StreamObject):
        raise ValueError("a proof that is no stream")
    return bytes(stream.data)
