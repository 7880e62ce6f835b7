"""To which certificates of an authority a qualifier applies (TS 119 612 § 5.5.9.2), as JSON data.

pyHanko reads the criteria; it holds one usage of several for enough, where the standard wants each as it is
written: they are applied here.
"""

from __future__ import annotations

from typing import Any

from asn1crypto import x509
from pyhanko.sign.validation.qualified.tsp import (
    CertSubjectDNCriterion,
    CriteriaList,
    Criterion,
    KeyUsageCriterion,
    PolicySetCriterion,
)


def kept(criterion: Criterion) -> dict[str, Any]:
    """Return a criterion as JSON data; raises ValueError for one of an unknown kind."""
    if isinstance(criterion, CriteriaList):
        parts = sorted((kept(each) for each in criterion.criteria), key=repr)
        return {"combine": criterion.combine_as.value, "of": parts}
    if isinstance(criterion, KeyUsageCriterion):
        usages = criterion.settings
        return {
            "usage": sorted(usages.key_usage or ()),
            "without": sorted(usages.key_usage_forbidden or ()),
            "extended": sorted(usages.extd_key_usage or ()),
        }
    if isinstance(criterion, PolicySetCriterion):
        return {"policies": sorted(criterion.required_policy_oids)}
    if isinstance(criterion, CertSubjectDNCriterion):
        return {"names": sorted(criterion.required_rdn_part_oids)}
    raise ValueError(f"criterion {type(criterion).__name__}")


def matches(criterion: dict[str, Any], certificate: x509.Certificate) -> bool:
    """Tell whether a certificate meets a criterion that ``kept`` wrote."""
    if "combine" in criterion:
        each = [matches(one, certificate) for one in criterion["of"]]
        return {"all": all(each), "atLeastOne": any(each), "none": not any(each)}[criterion["combine"]]
    if "policies" in criterion:
        return set(criterion["policies"]) <= policies_of(certificate)
    if "names" in criterion:
        held = {pair["type"].dotted for part in certificate.subject.chosen for pair in part}
        return set(criterion["names"]) <= held
    usages = certificate.key_usage_value.native if certificate.key_usage_value else set()
    extended = certificate.extended_key_usage_value
    purposes = {one.dotted for one in extended} if extended else set()
    return (
        set(criterion["usage"]) <= usages
        and not set(criterion["without"]) & usages
        and set(criterion["extended"]) <= purposes
    )


def policies_of(certificate: x509.Certificate) -> set[str]:
    """Return the policies that a certificate names, by number."""
    return {one["policy_identifier"].dotted for one in certificate.certificate_policies_value or ()}
