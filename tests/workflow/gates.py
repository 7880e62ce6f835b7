"""What must be true of any signature, read from the rows alone: the rules a second time."""

from __future__ import annotations

from typing import Any

from contracts.models import PILOTING, ContractVersion, Part
from signatures.models import SignatureRequest
from workflow.council.models import CouncilResolution
from workflow.engine.models import SigningRound
from workflow.opinions.models import Approval, Opinion

NEGATIVE = {"changes_requested", "unfavourable"}


def assert_signed_after_its_gates(request: SignatureRequest) -> None:
    """Check the opinions, the approvals, the council and the order behind one asked signature."""
    signing = SigningRound.objects.select_related("version__contract", "envelope").get(
        envelope=request.slot.envelope_id
    )
    version = signing.version
    contract = version.contract
    parts = list(contract.participations.values_list("part", "organisation_id"))
    assert signing.envelope.base_sha256 == version.pdf_sha256
    for part, organisation in parts:
        if part in PILOTING:
            approval = Approval.objects.get(version=version, organisation=organisation)
            assert approval.approved
            assert approval.pdf_sha256 == signing.envelope.base_sha256
            assert approval.at <= request.requested_at
        if part == Part.REVIEWER:
            _assert_favourable(organisation, version)
    signatory = contract.signatories.get(order=request.slot.order)
    assert request.user_id in signatory.office.mandates.values_list("person_id", flat=True)
    for before in request.slot.envelope.slots.filter(order__lt=request.slot.order):
        done = before.requests.get(state=SignatureRequest.State.DONE)
        assert done.done_at is not None
        assert done.done_at <= request.requested_at
    if signatory.needs_council_resolution:
        assert _council_authorised(request, version), "signed before the council allowed it"


def _assert_favourable(organisation: int, version: ContractVersion) -> None:
    """The organisation's last word is not against, and what it leads is what it read."""
    last = (
        Opinion.objects.filter(
            organisation=organisation, version__contract=version.contract, version__number__lte=version.number
        )
        .select_related("version")
        .order_by("-version__number")[0]
    )
    assert last.value not in NEGATIVE
    assert last.version_sha256 == last.version.content_sha256
    assert led_by(organisation, last.version) == led_by(organisation, version)


def led_by(organisation: int, version: ContractVersion) -> list[dict[str, Any]]:
    """Return the commitments of a frozen text that an organisation leads."""
    return [
        commitment
        for volet in version.content["volets"]
        for commitment in volet["commitments"]
        if commitment["lead"]["id"] == organisation
    ]


def _council_authorised(request: SignatureRequest, version: ContractVersion) -> bool:
    return any(
        resolution.version_sha256 == version.content_sha256
        and resolution.at <= request.requested_at
        and resolution.published_on
        and resolution.transmitted_on
        and resolution.received_on
        and resolution.received_on >= resolution.transmitted_on >= resolution.session_on
        for resolution in CouncilResolution.objects.filter(version__contract=version.contract)
        if resolution.outcome == "adopted"
    )
