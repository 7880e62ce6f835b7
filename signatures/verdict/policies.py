"""What pyHanko is asked: which changes may follow a signature, what is trusted, and nothing fetched."""

from __future__ import annotations

from asn1crypto import x509 as asn1_x509
from pyhanko.sign.diff_analysis import (
    CatalogModificationRule,
    DocInfoRule,
    DSSCompareRule,
    FormUpdatingRule,
    GenericFieldModificationRule,
    MetadataUpdateRule,
    ModificationLevel,
    ObjectStreamRule,
    SigFieldCreationRule,
    SigFieldModificationRule,
    StandardDiffPolicy,
    XrefStreamRule,
)
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints

from signatures.roots import OTHERS_FRESHNESS, SIGNATORY_FRESHNESS, TIMESTAMP_FRESHNESS, validation_policy

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
# Other tools date their work in /Info at each revision; that only the date and the tool's
# name change there is checked before, on the bytes (``verification``).
_DATED = [
    *_STRUCTURE,
    DocInfoRule().as_qualified(_MAINTENANCE),
    MetadataUpdateRule().as_qualified(_MAINTENANCE),
]
OTHERS_SIGNING = StandardDiffPolicy(global_rules=_DATED, form_rule=SIGNING_ONLY.form_rule)
OTHERS_PROOFS = StandardDiffPolicy(global_rules=_DATED, form_rule=None)


def specification(roots: list[asn1_x509.Certificate], *, contract: bool) -> SignatureValidationSpec:
    """Return the rules of the validation: nothing fetched, revocation always known."""
    usage = {"non_repudiation"} if contract else {"non_repudiation", "digital_signature"}
    freshness = SIGNATORY_FRESHNESS if contract else OTHERS_FRESHNESS
    return SignatureValidationSpec(
        cert_validation_policy=validation_policy(roots, freshness),
        ts_cert_validation_policy=validation_policy(roots, TIMESTAMP_FRESHNESS),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
        key_usage_settings=KeyUsageConstraints(key_usage=usage, match_all_key_usages=contract),
    )
