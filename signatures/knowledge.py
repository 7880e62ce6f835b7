"""What a file keeps of certificates, and what the authorities said of them (DSS, EN 319 142-1 § 5.4.2)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace

from asn1crypto import crl, ocsp, x509
from pyhanko.pdf_utils.generic import IndirectObject, StreamObject
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.policy_decl import LocalKnowledge
from pyhanko_certvalidator.ltv.types import ValidationTimingParams
from pyhanko_certvalidator.policy_decl import CertRevTrustPolicy
from pyhanko_certvalidator.revinfo.archival import CRLContainer, OCSPContainer, RevinfoUsability

# How long what has no nextUpdate holds: an authority that gives none says more whenever it is asked
# (RFC 6960 § 4.2.2.1), so an answer says how things were about when it was made.
WITHOUT_END = dt.timedelta(hours=1)


class Answer(OCSPContainer):
    """What a responder said; without an end of its own, it holds for ``WITHOUT_END``."""

    def usable_at(
        self, policy: CertRevTrustPolicy, timing_params: ValidationTimingParams
    ) -> RevinfoUsability:
        """Judge by ``policy``, or by the end that is supposed where both are silent."""
        said = self.extract_single_response()
        if policy.freshness is None and said is not None and said["next_update"].native is None:
            policy = replace(policy, freshness=WITHOUT_END)
        return super().usable_at(policy, timing_params)


def knowledge_of(reader: PdfFileReader, revision: int | None = None) -> LocalKnowledge:
    """Return the certificates, and what authorities said of them, that the file keeps as of ``revision``."""
    try:
        dss = DocumentSecurityStore.read_dss(
            reader if revision is None else HistoricalResolver(reader, revision=revision)
        )
    except NoDSSFoundError:
        return LocalKnowledge()
    answers = [ocsp.OCSPResponse.load(_stream(response)) for response in dss.ocsps]
    lists = [crl.CertificateList.load(_stream(listed)) for listed in dss.crls]
    return knowledge_from(answers, lists, list(dss.load_certs()))


def knowledge_from(
    answers: Iterable[ocsp.OCSPResponse],
    lists: Iterable[crl.CertificateList],
    certificates: Iterable[x509.Certificate] = (),
) -> LocalKnowledge:
    """Return what these OCSP answers and lists say, in the form that a validation takes."""
    return LocalKnowledge(
        known_ocsps=[
            Answer(one.ocsp_response_data, one.index)
            for answer in answers
            for one in OCSPContainer.load_multi(answer)
        ],
        known_crls=[CRLContainer(listed) for listed in lists],
        known_certs=list(certificates),
    )


def has_revocation(knowledge: LocalKnowledge, certificate: x509.Certificate) -> bool:
    """Tell whether the file keeps anything that an authority said of this certificate."""
    return any(True for _said in _said_of(knowledge, certificate))


def known_at(knowledge: LocalKnowledge, certificate: x509.Certificate) -> dt.datetime | None:
    """Return the moment (thisUpdate) of the latest that an authority said of this certificate, if any."""
    moments = [one.issuance_date for one in _said_of(knowledge, certificate)]
    return max((moment for moment in moments if moment), default=None)


def _said_of(
    knowledge: LocalKnowledge, certificate: x509.Certificate
) -> Iterator[OCSPContainer | CRLContainer]:
    for container in knowledge.known_ocsps:
        answer = container.extract_single_response()
        if answer and answer["cert_id"]["serial_number"].native == certificate.serial_number:
            yield container
    yield from (listed for listed in knowledge.known_crls if listed.crl_data.issuer == certificate.issuer)


def _stream(reference: IndirectObject) -> bytes:
    stream = reference.get_object()
    if not isinstance(stream, StreamObject):
        raise ValueError("a proof that is no stream")
    return bytes(stream.data)
