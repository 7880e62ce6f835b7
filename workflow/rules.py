"""The questions that the circuit asks: pure predicates, no writes, no request."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from contracts.canonical import changed_leads
from contracts.models import Contract, ContractVersion, Part, Signatory, Status
from signatures.models import SignatureRequest
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import mandate_for, mandates_in_force
from stakeholders.proofs import Proof
from workflow.models import (
    BLOCKING_OPINIONS,
    CouncilResolution,
    Opinion,
    OpinionValue,
    Refusal,
    SigningRound,
)
from workflow.nodes import OPEN_STATUSES

# --- who -----------------------------------------------------------------------------


def pilots(contract: Contract) -> list[Organisation]:
    """Return the two pilots: the State's first, then the city's."""
    return [pilot(contract, Part.STATE_PILOT), pilot(contract, Part.CITY_PILOT)]


def pilot(contract: Contract, part: Part) -> Organisation:
    """Return the organisation that pilots the contract on one side."""
    participation = contract.participations.select_related("organisation__group").get(part=part)
    return participation.organisation


def due_reviewers(contract: Contract, version: ContractVersion) -> list[Organisation]:
    """Return who owes an opinion on this version: nobody once it is recalled.

    Everybody on the first round. Later, those who never gave one, those who asked for
    changes, and those who lead a commitment that differs from the text of their last opinion.
    """
    if version.recalls.exists():
        return []
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
    """Whether a party refused to approve, or the pilots took the version back."""
    return version.recalls.exists() or version.approvals.filter(approved=False).exists()


def approved_by_all(contract: Contract, version: ContractVersion) -> bool:
    """Whether both parties approved these exact bytes."""
    approvals = {
        approval.organisation_id: approval.pdf_sha256 == version.pdf_sha256 and approval.approved
        for approval in version.approvals.all()
    }
    return all(approvals.get(organisation.pk, False) for organisation in pilots(contract))


# The steps that a recall may end, so that its news reaches the join that sends the text back:
# what people are asked, and what the system has failed at.
RECALLED_FROM = ("render", "review", "approve", "final_text", "council_resolution", "sign", "make_signature")


def recall_carrier(contract: Contract) -> Task | None:
    """Return the task that would carry a recall of the last version, or None."""
    asked = Q(flow_task_type="HUMAN", status__in=OPEN_STATUSES)
    failed = Q(flow_task_type="JOB", status=STATUS.ERROR)
    tasks = Task.objects.filter(asked | failed, process__circuit__contract=contract).order_by("pk")
    return next((task for task in tasks if task.flow_task.name in RECALLED_FROM), None)


def why_not_recall(contract: Contract) -> str:
    """Return the sentence that says why no version can be taken back now."""
    version = contract.latest_version
    if contract.status == Status.DRAFTING or version is None:
        return _("Le contrat est en rédaction : il n’y a pas de version à retirer.")
    if next_signatory(contract, version) is None:
        return _("Tous ont signé : la version ne peut plus être retirée.")
    return _("Un traitement automatique est en cours : attendez qu’il se termine, puis recommencez.")


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


def signed_fields(version: ContractVersion) -> set[str]:
    """Return the names of the fields that hold a finished signature."""
    return set(
        SignatureRequest.objects.filter(
            slot__envelope__signing_round__version=version, state=SignatureRequest.State.DONE
        ).values_list("slot__field_name", flat=True)
    )


def signed_text(task: Task, user: User) -> str | None:
    """Return the SHA-256 of what this person asked to sign by this task, or None if they did not."""
    signatory: Signatory = task.seed
    request = SignatureRequest.objects.filter(
        slot__envelope__signing_round__version__contract=signatory.contract_id,
        slot__field_name=signatory.field_name,
        user=user,
        requested_at__range=(task.created, task.finished),
    ).first()
    return request.document_sha256 if request else None


def is_signed(signatory: Signatory, version: ContractVersion) -> bool:
    """Whether this signatory's signature is in the file."""
    return signatory.field_name in signed_fields(version)


def next_signatory(contract: Contract, version: ContractVersion) -> Signatory | None:
    """Return whose turn it is, or None when all have signed."""
    signed = signed_fields(version)
    signatories = contract.signatories.select_related("office__organisation__group")
    return next((s for s in signatories if s.field_name not in signed), None)


def signing_is_stopped(version: ContractVersion) -> bool:
    """Whether a signatory refused, the council did, or the pilots took the version back."""
    return (
        version.recalls.exists()
        or Refusal.objects.filter(version=version).exists()
        or CouncilResolution.objects.filter(version=version, adopted=False).exists()
    )


def why_not_this_proof(signatory: Signatory, proof: Proof) -> str:
    """Return what to do when the signatory's organisation asks for a stronger proof, or nothing."""
    organisation = signatory.office.organisation
    if proof.suffices(organisation.signing_proof):
        return ""
    return _(
        "Votre organisation demande davantage pour signer : %(proof)s. Ajoutez ce moyen depuis "
        "« Sécurité de mon compte », puis revenez à cette page."
    ) % {"proof": str(Proof(organisation.signing_proof).label).lower()}


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
