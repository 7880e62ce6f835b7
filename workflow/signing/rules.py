"""The questions of the signatures: whose turn it is, what is signed, what stands in the way."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contracts.models import Contract, ContractVersion, Signatory
from signatures.models import SignatureRequest
from stakeholders.models import User
from stakeholders.reading import asked_once
from workflow.council.models import SENDING_BACK, CouncilResolution
from workflow.council.rules import council_allows
from workflow.engine.models import SigningRound
from workflow.engine.tasks import Task
from workflow.opinions.rules import approved_by_all
from workflow.signing import holders
from workflow.signing.models import Refusal, SigningAct

State = SignatureRequest.State


@asked_once
def signed(contract: Contract) -> list[tuple[Signatory, SigningAct | None]]:
    """Return the signatories in order, each with the signature asked on the last version, if any."""
    version = contract.latest_version
    by_place = {act.signatory_id: act for act in _acts(version)} if version else {}
    return [(signatory, by_place.get(signatory.pk)) for signatory in contract.places]


@asked_once
def _acts(version: ContractVersion) -> list[SigningAct]:
    acts = SigningAct.objects.filter(version=version).exclude(request__state=State.ABANDONED)
    return list(acts.select_related("request", "author"))


def having_signed(version: ContractVersion) -> set[int]:
    """Return the signatories whose signature is in the file."""
    return {act.signatory_id for act in _acts(version) if act.request.state == State.DONE}


def signed_text(task: Task, user: User) -> str | None:
    """Return the SHA-256 of what this person asked to sign by this task, or None if they did not."""
    act = SigningAct.objects.filter(task=task, author=user).select_related("request").first()
    return act.request.document_sha256 if act else None


def is_signed(signatory: Signatory, version: ContractVersion) -> bool:
    """Whether this signatory's signature is in the file."""
    return signatory.pk in having_signed(version)


def next_signatory(contract: Contract, version: ContractVersion) -> Signatory | None:
    """Return whose turn it is, or None when all have signed."""
    signed = having_signed(version)
    return next((place for place in contract.places if place.pk not in signed), None)


def signing_is_stopped(version: ContractVersion) -> bool:
    """Whether a signatory refused, the council did, or the pilots took the version back."""
    return (
        version.recalls.exists()
        or Refusal.objects.filter(version=version).exists()
        or CouncilResolution.objects.filter(version=version, outcome__in=SENDING_BACK).exists()
    )


@asked_once
def round_of(version: ContractVersion) -> SigningRound | None:
    """Return the signing of a version, with its envelope, once its final text is settled."""
    return SigningRound.objects.filter(version=version).select_related("envelope").first()


def why_not_sign(signatory: Signatory, version: ContractVersion) -> str:
    """Return the sentence that says which gate is closed, or nothing when all are open."""
    contract = signatory.contract
    signing = round_of(version)
    if version != contract.latest_version or signing is None:
        return _("Ce texte n’est pas celui qui est en signature.")
    if signing.envelope.base_sha256 != version.pdf_sha256 or not approved_by_all(contract, version):
        return _("Le document n’est pas celui que les deux parties ont approuvé.")
    if not council_allows(signatory, version):
        return _(
            "La délibération du conseil municipal n’est pas encore exécutoire : le maire ne peut pas signer. "
            "La signature s’ouvrira dès que le service des assemblées aura enregistré ce qui manque."
        )
    if next_signatory(contract, version) != signatory:
        return _("Ce n’est pas encore votre tour de signer.")
    return holders.why_not_sign(signatory, version)


def differences(version: ContractVersion) -> list[holders.Difference]:
    """Return the places still to be signed that name a former holder, accepted or not."""
    found = holders.differences(version)
    done = having_signed(version) if found else set()
    return [one for one in found if one.signatory.pk not in done]
