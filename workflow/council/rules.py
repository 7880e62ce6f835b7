"""Whether the council has authorised the signature (CGCT L2121-29, L2131-1)."""

from __future__ import annotations

from contracts.models import Contract, ContractVersion, Signatory
from workflow.council.models import CouncilResolution


def resolution_on(version: ContractVersion) -> CouncilResolution | None:
    """Return the council's resolution on this exact text, whichever version number carries it."""
    return (
        CouncilResolution.objects.filter(
            version__contract=version.contract_id, version_sha256=version.content_sha256
        )
        .order_by("-at")
        .first()
    )


def council_is_due(contract: Contract, version: ContractVersion) -> bool:
    """Whether a signatory needs a resolution that the council has not yet adopted on this text."""
    if version.recalls.exists():
        return False
    resolution = resolution_on(version)
    return contract.signatories.filter(needs_council_resolution=True).exists() and not (
        resolution and resolution.is_enforceable
    )


def council_allows(signatory: Signatory, version: ContractVersion) -> bool:
    """Whether this signatory's place is unlocked (CGCT L2121-29, L2131-1)."""
    if not signatory.needs_council_resolution:
        return True
    resolution = resolution_on(version)
    return resolution is not None and resolution.is_enforceable
