"""The report as ETSI TS 119 102-2 writes it, V1.2.1's namespace: every signature, time-stamp and reason.

pyHanko has the types, made from the schema; its own report covers one signature, leaves time-stamps and
qualification out, and hashes the signed attributes under the tag [0] of their place in the CMS, where
RFC 5652 § 5.4 has the SET OF hashed that the key signed.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator

from django.utils.translation import gettext as _
from pyhanko.generated.etsi import ts_11910202 as vr
from pyhanko.generated.etsi import xades
from pyhanko.generated.w3c import xmldsig_core as ds
from xsdata.formats.dataclass.serializers import XmlSerializer
from xsdata.formats.dataclass.serializers.config import SerializerConfig

from signatures.etsi import indications
from signatures.etsi.attributes import attributes_of, digest_of, reference, stamp_id, written
from signatures.evidence import SignatureFacts, StampFacts
from signatures.kept import RULES
from signatures.profiles import profile_name
from signatures.report import Problem, SignatureRow, Verdict
from signatures.sheets import qualification_told
from signatures.validation import Examined

_NAMESPACES = {
    "vr": "http://uri.etsi.org/19102/v1.2.1#",
    "XAdES": "http://uri.etsi.org/01903/v1.3.2#",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "xs": "http://www.w3.org/2001/XMLSchema",
}
_BASE = "urn:etsi:019102:"
_MAIN = {
    Verdict.PASSED: "total-passed",
    Verdict.INDETERMINATE: "indeterminate",
    Verdict.FAILED: "total-failed",
}
_OF_A_PART = {**_MAIN, Verdict.PASSED: "passed", Verdict.FAILED: "failed"}
_QUALITY = "urn:cef:dss:signatureQualification:"
_LEVELS = {"qualified": "QESig", "advanced_qualified": "AdESigQC", "advanced": "AdESig", "unknown": "Unknown"}
_REASON = "urn:contreseing:reason:"
_DATA = "urn:contreseing:data:"


def as_xml(examined: Examined) -> str:
    """Return the report as XML, in UTF-8 once encoded."""
    report = examined.report
    reports = [_of_signature(examined, row) for row in report.signatures] or [_of_file(examined)]
    objects = tuple(_objects(examined))
    tree = vr.ValidationReport(
        signature_validation_report=tuple(reports),
        signature_validation_objects=vr.ValidationObjectListType(validation_object=objects),
    )
    text: str = XmlSerializer(config=SerializerConfig(indent="  ")).render(tree, ns_map=_NAMESPACES)
    return text


def _of_signature(examined: Examined, row: SignatureRow) -> vr.SignatureValidationReportType:
    report, facts = examined.report, examined.evidence.of(row.field)
    verdict, sub = indications.said_of(report, row)
    reasons = indications.concerning(report, row)
    whole = vr.SignatureValidationReportType(
        validation_constraints_evaluation_report=_constraints(examined, reasons),
        validation_time_info=_times(examined, row, facts),
        signature_validation_status=_status(verdict, sub, row, facts),
    )
    if facts is None:  # the signature was judged, and the rest of the file could not be read
        return whole
    algorithm = facts.digest_algorithm
    return vr.SignatureValidationReportType(
        signature_identifier=vr.SignatureIdentifierType(
            digest_alg_and_value=digest_of(algorithm, facts.attributes_digest),
            signature_value=ds.SignatureValue(value=base64.b64decode(facts.value)),
            hash_only=False,
            doc_hash_only=False,
            id=f"S-{_number(examined, row.field)}",
        ),
        validation_constraints_evaluation_report=whole.validation_constraints_evaluation_report,
        validation_time_info=whole.validation_time_info,
        signers_document=vr.SignersDocumentType(
            digest_alg_and_value=digest_of(algorithm, facts.document_digest),
            signers_document_ref=reference("D-0"),
        ),
        signature_attributes=attributes_of(
            facts, row, [(stamp_id(examined.evidence, one), one) for one in _stamps_over(examined, facts)]
        ),
        signer_information=vr.SignerInformationType(
            signer_certificate=reference(_certificate_id(facts.certificate)),
            signer=", ".join(part for part in (row.signer, row.title, row.organisation) if part),
        ),
        signature_quality=_quality(row, verdict),
        signature_validation_process=vr.SignatureValidationProcessType(
            signature_validation_process_id=f"{_BASE}validationprocess:{_process(examined, facts)}"
        ),
        signature_validation_status=whole.signature_validation_status,
    )


def _of_file(examined: Examined) -> vr.SignatureValidationReportType:
    """Report on a file in which no signature could be judged: the schema wants one report at least."""
    verdict, sub = indications.said_of_file(examined.report)
    return vr.SignatureValidationReportType(
        validation_constraints_evaluation_report=_constraints(examined, examined.report.problems),
        validation_time_info=_times(examined, None, None),
        signers_document=vr.SignersDocumentType(
            digest_alg_and_value=digest_of("sha256", _hex(examined.evidence.sha256)),
            signers_document_ref=reference("D-0"),
        ),
        signature_validation_status=_status(verdict, sub, None, None),
    )


def _constraints(examined: Examined, reasons: list[Problem]) -> vr.ValidationConstraintsEvaluationReportType:
    """Say by whose rules, and each reason against: its code, its indication, its sentence."""
    profile = examined.report.profile
    policy = _("Contreseing, règles %(rules)s") % {"rules": RULES}
    if profile:
        policy = f"{policy}, {profile_name(profile)}"
    return vr.ValidationConstraintsEvaluationReportType(
        signature_validation_policy=vr.SignatureValidationPolicyType(
            signature_policy_identifier=xades.SignaturePolicyIdentifierType(signature_policy_implied=""),
            policy_name=policy,
        ),
        validation_constraint=tuple(
            vr.IndividualValidationConstraintReportType(
                validation_constraint_identifier=f"{_REASON}{problem.code}",
                constraint_status=vr.ConstraintStatusType(status=f"{_BASE}constraintStatus:applied"),
                validation_status=vr.ValidationStatusType(
                    main_indication=f"{_BASE}mainindication:{_OF_A_PART[problem.verdict]}"
                ),
                indications=problem.message,
            )
            for problem in reasons
        ),
    )


def _quality(row: SignatureRow, verdict: Verdict) -> vr.SignatureQualityType | None:
    """Say of which level it is by the trusted lists, and no more of it than its verdict bears.

    The names are those that the Commission's validator (DSS) gives; nothing where no list was asked.
    """
    level = _LEVELS.get(row.qualification.get("level", ""))
    if level is None:
        return None
    if verdict == Verdict.FAILED:
        level = "notApplicable"
    elif verdict == Verdict.INDETERMINATE:
        level = f"indeterminate{level}"
    return vr.SignatureQualityType(signature_quality_information=(f"{_QUALITY}{level}",))


def _times(
    examined: Examined, row: SignatureRow | None, facts: SignatureFacts | None
) -> vr.ValidationTimeInfoType:
    """Say when it was validated, and the first proof of the signature: now, where nothing proves more."""
    now = examined.report.validated_at or dt.datetime.now(dt.UTC)
    proofs = [] if facts is None else [one for one in _stamps_over(examined, facts) if one.ok]
    first = min(proofs, key=lambda one: one.at, default=None)
    stamped = row.timestamped_at if row is not None else None
    if stamped is not None and facts is not None:
        own = [one for one in examined.evidence.stamps if one.field == facts.field and one.at == stamped]
        first = own[0] if own else first
    return vr.ValidationTimeInfoType(
        validation_time=written(now),
        best_signature_time=vr.POEType(
            poetime=written(first.at if first else now),
            type_of_proof=f"{_BASE}poetype:validation",
            poeobject=reference(stamp_id(examined.evidence, first)) if first else None,
        ),
    )


def _status(
    verdict: Verdict, sub: str, row: SignatureRow | None, facts: SignatureFacts | None
) -> vr.ValidationStatusType:
    said = [vr.TypedDataType(type_value=f"{_DATA}level", value=row.level)] if row and row.level else []
    if row is not None:
        told = qualification_told(row, verdict)
        said.append(vr.TypedDataType(type_value=f"{_DATA}qualification", value=told))
    if facts is not None:
        said += [
            vr.TypedDataType(type_value=f"{_DATA}later:{one.what}", value=one.field or str(one.revision))
            for one in facts.later
        ]
    data = vr.ValidationReportDataType(
        certificate_chain=vr.CertificateChainType(
            signing_certificate=reference(_certificate_id(facts.certificate))
        )
        if facts
        else None,
        additional_validation_report_data=vr.AdditionalValidationReportDataType(report_data=tuple(said))
        if said
        else None,
    )
    return vr.ValidationStatusType(
        main_indication=f"{_BASE}mainindication:{_MAIN[verdict]}",
        sub_indication=(f"{_BASE}subindication:{sub}",) if sub else (),
        associated_validation_report_data=(data,) if said or facts else (),
    )


def _objects(examined: Examined) -> Iterator[vr.ValidationObjectType]:
    """Yield the file by its digest, each certificate once, each time-stamp with its own report."""
    evidence = examined.evidence
    yield vr.ValidationObjectType(
        id="D-0",
        object_type=f"{_BASE}validationObject:signedData",
        validation_object_representation=vr.ValidationObjectRepresentationType(
            digest_alg_and_value=digest_of("sha256", _hex(evidence.sha256))
        ),
    )
    certificates = {one.certificate for one in evidence.signatures}
    certificates |= {one.certificate for one in evidence.stamps}
    for certificate in sorted(certificates):
        yield vr.ValidationObjectType(
            id=_certificate_id(certificate),
            object_type=f"{_BASE}validationObject:certificate",
            validation_object_representation=vr.ValidationObjectRepresentationType(
                base64=base64.b64decode(certificate)
            ),
        )
    for stamp in evidence.stamps:
        yield _stamp(examined, stamp)


def _stamp(examined: Examined, stamp: StampFacts) -> vr.ValidationObjectType:
    proof = vr.POEType(poetime=written(stamp.at), type_of_proof=f"{_BASE}poetype:validation")
    # what it is worth alone, now; a row of the report may know it verified by the one that follows it
    followed = any(row.ok for row in examined.report.document_timestamps if row.field == stamp.field)
    ok = stamp.ok or (stamp.is_document and followed)
    verdict = Verdict.PASSED if ok else _verdict_of_stamp(stamp)
    return vr.ValidationObjectType(
        id=stamp_id(examined.evidence, stamp),
        object_type=f"{_BASE}validationObject:timestamp",
        validation_object_representation=vr.ValidationObjectRepresentationType(
            base64=base64.b64decode(stamp.token)
        ),
        poe=proof if ok else None,
        poeprovisioning=vr.POEProvisioningType(
            poetime=written(stamp.at),
            validation_object=(reference("D-0"),) if stamp.is_document else (),
            signature_reference=()
            if stamp.is_document
            else (vr.SignatureReferenceType(pad_esfield_name=stamp.field),),
        )
        if ok
        else None,
        validation_report=vr.SignatureValidationReportType(
            signer_information=vr.SignerInformationType(
                signer_certificate=reference(_certificate_id(stamp.certificate)), signer=stamp.authority
            ),
            signature_validation_status=vr.ValidationStatusType(
                main_indication=f"{_BASE}mainindication:{_OF_A_PART[verdict]}",
                sub_indication=() if ok else (f"{_BASE}subindication:{stamp.indication}",),
            ),
        ),
    )


def _verdict_of_stamp(stamp: StampFacts) -> Verdict:
    return Verdict.FAILED if stamp.indication in indications.FAILED else Verdict.INDETERMINATE


def _stamps_over(examined: Examined, facts: SignatureFacts) -> list[StampFacts]:
    """Return its own time-stamps, and those of the document after it."""
    return [
        one
        for one in examined.evidence.stamps
        if (one.revision > facts.revision if one.is_document else one.field == facts.field)
    ]


def _process(examined: Examined, facts: SignatureFacts) -> str:
    """Name the process of EN 319 102-1 by what it had to work on (§ 5.3, 5.5, 5.6)."""
    over = _stamps_over(examined, facts)
    if any(one.is_document for one in over):
        return "LTA"
    return "LTVM" if over else "Basic"


def _number(examined: Examined, field: str) -> int:
    return [one.field for one in examined.evidence.signatures].index(field)


def _certificate_id(certificate: str) -> str:
    return f"C-{hashlib.sha256(base64.b64decode(certificate)).hexdigest()}"


def _hex(digest: str) -> str:
    return base64.b64encode(bytes.fromhex(digest)).decode()
