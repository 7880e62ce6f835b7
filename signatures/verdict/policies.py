"""What pyHanko is asked: which changes may follow a signature, what is trusted, and nothing fetched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import replace

from pyhanko.pdf_utils.generic import IndirectObject
from pyhanko.pdf_utils.reader import HistoricalResolver, RawPdfPath
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
from pyhanko.sign.diff_analysis.rules_api import Context, ReferenceUpdate, WhitelistRule
from pyhanko.sign.validation.policy_decl import (
    CertificateFetchingRule,
    LocalKnowledge,
    RevinfoOnlineFetchingRule,
    RevocationInfoGatheringSpec,
    SignatureValidationSpec,
)
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator.registry import TrustManager

from signatures.roots import OTHERS_FRESHNESS, TIMESTAMP_FRESHNESS, validation_policy

_MAINTENANCE = ModificationLevel.LTA_UPDATES
_PROOFS = DSSCompareRule().as_qualified(_MAINTENANCE)
_STRUCTURE = [
    CatalogModificationRule(),
    XrefStreamRule().as_qualified(_MAINTENANCE),
    ObjectStreamRule().as_qualified(_MAINTENANCE),
    _PROOFS,
]
# The tools with which people sign date their work in /Info and the XMP metadata; that nothing else changes
# there, and only with a signature, is checked before, on the bytes (``verification``).
_DATED = [
    *_STRUCTURE,
    DocInfoRule().as_qualified(_MAINTENANCE),
    MetadataUpdateRule().as_qualified(_MAINTENANCE),
]
SIGNING_ONLY = StandardDiffPolicy(
    global_rules=_DATED,
    form_rule=FormUpdatingRule(
        field_rules=[SigFieldCreationRule(), SigFieldModificationRule(), GenericFieldModificationRule()]
    ),
)
PROOFS_ONLY = StandardDiffPolicy(global_rules=_STRUCTURE, form_rule=None)


class _AnyProofs(WhitelistRule):
    """Kept proofs written anew, which show nothing: that they were is said besides (« proofs_rewritten »)."""

    def apply(self, old: HistoricalResolver, new: HistoricalResolver) -> Iterable[ReferenceUpdate]:
        """Yield the objects of the new proofs, which take the place of none but the old proofs."""
        if "/DSS" not in new.root:
            return
        held = new.root.raw_get("/DSS")
        for reference in new.collect_dependencies(held, since_revision=old.revision + 1):
            if old.is_ref_unassignable(reference):
                yield ReferenceUpdate(reference)
        if isinstance(held, IndirectObject) and not old.is_ref_unassignable(held.reference):
            place = Context.from_absolute(old, RawPdfPath("/Root", "/DSS"))
            yield ReferenceUpdate(held.reference, context_checked=place)


def others(odd: Collection[str], *, form: bool = True) -> StandardDiffPolicy:
    """Return what may follow another tool's signature; ``odd`` are the codes of what is left open already.

    Without ``form``, nothing but proofs.
    """
    rules = list(_DATED)
    if "proofs_rewritten" in odd:
        rules = [rule for rule in rules if rule is not _PROOFS] + [_AnyProofs().as_qualified(_MAINTENANCE)]
    return StandardDiffPolicy(global_rules=rules, form_rule=SIGNING_ONLY.form_rule if form else None)


def specification(anchors: TrustManager, *, contract: bool) -> SignatureValidationSpec:
    """Return the rules of the validation: nothing fetched, revocation always known."""
    return _specification(anchors, OTHERS_FRESHNESS, contract=contract)


def specification_then(
    anchors: TrustManager, knowledge: LocalKnowledge, *, contract: bool
) -> SignatureValidationSpec:
    """Return the rules at a proven hour: what an authority says holds until its ``nextUpdate``."""
    return replace(_specification(anchors, None, contract=contract), local_knowledge=knowledge)


def _specification(
    anchors: TrustManager, freshness: dt.timedelta | None, *, contract: bool
) -> SignatureValidationSpec:
    usage = {"non_repudiation"} if contract else {"non_repudiation", "digital_signature"}
    return SignatureValidationSpec(
        cert_validation_policy=validation_policy(anchors, freshness),
        ts_cert_validation_policy=validation_policy(anchors, TIMESTAMP_FRESHNESS),
        revinfo_gathering_policy=RevocationInfoGatheringSpec(
            online_fetching_rule=RevinfoOnlineFetchingRule.LOCAL_ONLY,
            certificate_fetching_rule=CertificateFetchingRule.NEVER_FETCH,
        ),
        key_usage_settings=KeyUsageConstraints(key_usage=usage, match_all_key_usages=contract),
    )
