"""The questions that the circuit asks: pure predicates, no writes, no request."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q
from django.utils.translation import gettext as _
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from contracts.canonical import changed_leads
from contracts.models import Commitment, Contract, ContractVersion, Part, Signatory, Status, Volet
from signatures.models import SignatureRequest
from stakeholders.models import Mandate, Organisation, User
from stakeholders.proofs import Proof
from workflow.models import (
    BLOCKING_OPINIONS,
    CouncilResolution,
    Event,
    Opinion,
    OpinionValue,
    Refusal,
    SigningRound,
)
from workflow.nodes import OPEN_STATUSES
from workflow.standing import standing_to_act

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
    """Return the mandate by which the person may do this task today, or None (:mod:`workflow.standing`)."""
    standing = standing_to_act(user, task)
    return standing.mandate if standing else None


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


# --- who may change what of the draft ---------------------------------------------------


def is_independent_participant(organisation: Organisation, contract: Contract) -> bool:
    """Whether it takes part and is independent of the prefect: it then edits what it leads itself."""
    return organisation.is_independent and contract.participations.filter(organisation=organisation).exists()


@dataclass(frozen=True)
class Pen:
    """For whom somebody changes a draft, and whether it is the State's pilot."""

    organisation: Organisation
    is_states: bool


def pen_of(organisation: Organisation, contract: Contract) -> Pen:
    """Return the pen that an organisation holds on a contract."""
    return Pen(organisation, organisation == pilot(contract, Part.STATE_PILOT))


def why_not_edit(pen: Pen, row: Commitment | Volet | None) -> str:
    """Return why this pen may not change this part of the draft, or nothing.

    ``row`` is None for the contract's first pages. The prosecutor acts under the law alone
    (Constitution, art. 64; CPP, art. 39-1 for the local policy against crime): the
    prefecture neither edits nor assigns what the prosecution leads or contributes to. An
    independent organisation edits what it leads, and nothing else.
    """
    if pen.organisation.is_independent:
        if isinstance(row, Commitment) and row.lead_id == pen.organisation.pk:
            return ""
        return _("Vous ne pouvez modifier que les engagements dont votre organisation est responsable.")
    if row is None or not pen.is_states:
        return ""
    if (owner := independent_owner(row)) is None:
        return ""
    return _(
        "Cette partie relève de « %(organisation)s », autorité indépendante du préfet : la préfecture "
        "ne peut ni la lui attribuer, ni la modifier. Demandez-lui de le faire, ou au pilote de la commune."
    ) % {"organisation": owner.name}


def independent_owner(row: Commitment | Volet) -> Organisation | None:
    """Return the organisation independent of the prefect to which this part belongs, if any."""
    return next((o for o in _concerned(row) if o.is_independent), None)


def _concerned(row: Commitment | Volet) -> list[Organisation]:
    """Return who leads this part, or contributes to it."""
    if isinstance(row, Commitment):
        return [row.lead, *row.contributors.all()]
    led = [volet_lead] if (volet_lead := row.lead) else []
    return [*led, *(commitment.lead for commitment in row.commitments.all())]


def why_not_approve(user: User, version: ContractVersion) -> str:
    """Return why this person may not approve this version, or nothing: nobody approves what they wrote."""
    previous = version.contract.versions.filter(number=version.number - 1).first()
    wrote = Task.objects.filter(
        process__circuit__contract=version.contract_id,
        flow_task__endswith=".draft",
        status=STATUS.DONE,
        owner=user,
        finished__lte=version.frozen_at,
    )
    changed = Event.objects.filter(
        contract=version.contract_id, kind="draft_changed", actor=user, at__lte=version.frozen_at
    )
    if previous is not None:
        wrote = wrote.filter(finished__gt=previous.frozen_at)
        changed = changed.filter(at__gt=previous.frozen_at)
    if version.frozen_by_id != user.pk and not wrote.exists() and not changed.exists():
        return ""
    return _(
        "Vous avez rédigé, modifié ou figé cette version : une autre personne de votre organisation "
        "doit l’approuver."
    )


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


def why_not_this_proof(organisation: Organisation, proof: Proof) -> str:
    """Return what to do when the organisation asks for a stronger proof, or nothing."""
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
