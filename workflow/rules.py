"""The questions that the circuit asks: pure predicates, no writes, no request."""

from __future__ import annotations

from django.utils.translation import gettext as _
from viewflow.workflow.models import Task

from contracts.canonical import changed_leads
from contracts.models import Contract, ContractVersion, Part, Signatory
from signatures.models import SignatureRequest
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import mandate_for, mandates_in_force
from workflow.models import (
    BLOCKING_OPINIONS,
    CouncilResolution,
    Opinion,
    OpinionValue,
    Refusal,
    SigningRound,
)

# --- who -----------------------------------------------------------------------------


def pilots(contract: Contract) -> list[Organisation]:
    """Return the two pilots: the State's first, then the city's."""
    return [pilot(contract, Part.STATE_PILOT), pilot(contract, Part.CITY_PILOT)]


def pilot(contract: Contract, part: Part) -> Organisation:
    """Return the organisation that pilots the contract on one side."""
    participation = contract.participations.select_related("organisation__group").get(part=part)
    return participation.organisation


def due_reviewers(contract: Contract, version: ContractVersion) -> list[Organisation]:
    """Return who owes an opinion on this version.

    Everybody on the first round. Later, those who never gave one, those who asked for
    changes, and those who lead a commitment that differs from the text of their last opinion.
    """
    reviewers = [
        participation.organisation
        for participation in contract.participations.filter(part=Part.REVIEWER).select_related(
            "organisation__group"
        )
    ]
    last = {
        opinion.organisation_id: opinion
        for opinion in Opinion.objects.filter(version__contract=contract)
        .select_related("version")
        .order_by("version__number")
    }
    return [
        organisation
        for organisation in reviewers
        if (opinion := last.get(organisation.pk)) is None
        or opinion.is_blocking
        or organisation.pk in changed_leads(opinion.version.content, version.content)
    ]


def mandate_to_act(user: User, task: Task) -> Mandate | None:
    """Return the mandate by which the person may do this task today, or None.

    A signature belongs to one office; any other task to whoever holds the power in the
    organisation that owes it.
    """
    if isinstance(task.seed, Signatory):
        office = task.seed.office_id
        return next((m for m in mandates_in_force(user) if m.office_id == office), None)
    organisation = task.owner_permission_obj
    codename = (task.owner_permission or "").rpartition(".")[2]
    if organisation is None or codename not in set(Power):
        return None
    return mandate_for(user, Power(codename), organisation)


# --- the text ------------------------------------------------------------------------


def reason_is_owed(value: str) -> bool:
    """Whether an opinion of this value must say why: anything but favourable."""
    return value != OpinionValue.FAVOURABLE


def changes_are_asked(version: ContractVersion) -> bool:
    """Whether the text goes back to drafting after its reviews."""
    return (
        version.recalls.exists()
        or Opinion.objects.filter(version=version, value__in=BLOCKING_OPINIONS).exists()
    )


def is_sent_back(version: ContractVersion) -> bool:
    """Whether a party refused to approve."""
    return version.approvals.filter(approved=False).exists()


def approved_by_all(contract: Contract, version: ContractVersion) -> bool:
    """Whether both parties approved these exact bytes."""
    approvals = {
        approval.organisation_id: approval.pdf_sha256 == version.pdf_sha256 and approval.approved
        for approval in version.approvals.all()
    }
    return all(approvals.get(organisation.pk, False) for organisation in pilots(contract))


# --- the signatures ------------------------------------------------------------------


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


def signed_fields(version: ContractVersion) -> set[str]:
    """Return the names of the fields that hold a finished signature."""
    return set(
        SignatureRequest.objects.filter(
            slot__envelope__signing_round__version=version, state=SignatureRequest.State.DONE
        ).values_list("slot__field_name", flat=True)
    )


def next_signatory(contract: Contract, version: ContractVersion) -> Signatory | None:
    """Return whose turn it is, or None when all have signed."""
    signed = signed_fields(version)
    signatories = contract.signatories.select_related("office__organisation__group")
    return next((s for s in signatories if s.field_name not in signed), None)


def signing_is_stopped(version: ContractVersion) -> bool:
    """Whether a signatory refused, or the council did."""
    return (
        Refusal.objects.filter(version=version).exists()
        or CouncilResolution.objects.filter(version=version, adopted=False).exists()
    )


def why_not_sign(signatory: Signatory, version: ContractVersion) -> str:
    """Return the sentence that says which gate is closed, or nothing when all are open."""
    contract = signatory.contract
    signing = SigningRound.objects.filter(version=version).select_related("envelope").first()
    if version != contract.latest_version or signing is None:
        return _("Ce texte n’est pas celui qui est en signature.")
    if signing.envelope.base_sha256 != version.pdf_sha256 or not approved_by_all(contract, version):
        return _("Le document n’est pas celui que les deux parties ont approuvé.")
    if not council_allows(signatory, version):
        return _(
            "La délibération du conseil municipal n’est pas encore exécutoire : "
            "la signature s’ouvrira dès que le service des assemblées l’aura enregistrée."
        )
    if next_signatory(contract, version) != signatory:
        return _("Ce n’est pas encore votre tour de signer.")
    return ""
