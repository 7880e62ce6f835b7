"""The questions of the signatures: whose turn it is, what is signed, what stands in the way."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contracts.models import Contract, ContractVersion, Signatory
from contracts.models.contract import latest_version, places
from signatures.models import SignatureRequest
from stakeholders.models import User
from stakeholders.prepared import MARKER, Prepared
from stakeholders.reading import asked_for_each, asked_once, told
from workflow.council.models import SENDING_BACK, CouncilResolution
from workflow.council.rules import council_allows, sessions_on
from workflow.engine.models import SigningRound
from workflow.engine.tasks import Task
from workflow.opinions.last import read_with_silences
from workflow.opinions.rules import approvals_of, approved_by_all
from workflow.signing import holders
from workflow.signing.models import Refusal, SigningAct
from workflow.standing.holders import holder_of
from workflow.standing.parties import taking_part

State = SignatureRequest.State


@asked_once
def signed(contract: Contract) -> list[tuple[Signatory, SigningAct | None]]:
    """Return the signatories in order, each with the signature asked on the last version, if any."""
    version = contract.latest_version
    by_place = {act.signatory_id: act for act in _acts(version)} if version else {}
    return [(signatory, by_place.get(signatory.pk)) for signatory in contract.places]


def _acts(version: ContractVersion) -> list[SigningAct]:
    return [act for act in _asked(version) if act.request.state != State.ABANDONED]


@asked_for_each
def _asked(versions: list[ContractVersion]) -> dict[ContractVersion, list[SigningAct]]:
    """Return every signature that was asked for on each version, given back or not, from first to last."""
    found: dict[int, list[SigningAct]] = {}
    for act in _ASKED.rows([version.pk for version in versions]):
        found.setdefault(act.version_id, []).append(act)
    return {version: found.get(version.pk, []) for version in versions}


_ASKED: Prepared[SigningAct] = Prepared(
    lambda versions: SigningAct.objects.filter(version__among=versions).select_related("request", "author"),
    [MARKER],
)


def last_failure(signatory: Signatory, version: ContractVersion) -> str:
    """Return why the last signature asked for at this place was given back, or nothing."""
    asked = [act.request for act in _asked(version) if act.signatory_id == signatory.pk]
    last = max(asked, key=lambda request: request.pk, default=None)
    return last.error_text if last is not None and last.state == State.ABANDONED else ""


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


@asked_for_each
def refusal_of(versions: list[ContractVersion]) -> dict[ContractVersion, Refusal | None]:
    """Return the refusal that stopped the signing of each version, if one did: a version has one at most."""
    found = {row.version_id: row for row in _REFUSALS.rows([version.pk for version in versions])}
    return {version: found.get(version.pk) for version in versions}


_REFUSALS: Prepared[Refusal] = Prepared(
    lambda versions: Refusal.objects.filter(version__among=versions).select_related("signatory__office"),
    [MARKER],
)


def signing_is_stopped(version: ContractVersion) -> bool:
    """Whether a signatory refused, the council did, or the pilots took the version back."""
    return (
        version.recalls.exists()
        or Refusal.objects.filter(version=version).exists()
        or CouncilResolution.objects.filter(version=version, outcome__in=SENDING_BACK).exists()
    )


@asked_for_each
def round_of(versions: list[ContractVersion]) -> dict[ContractVersion, SigningRound | None]:
    """Return the signing of each version, with its envelope, once its final text is settled."""
    found = {row.version_id: row for row in _ROUNDS.rows([version.pk for version in versions])}
    return {version: found.get(version.pk) for version in versions}


_ROUNDS: Prepared[SigningRound] = Prepared(
    lambda versions: SigningRound.objects.filter(version__among=versions).select_related("envelope"), [MARKER]
)


def ask_ahead(contracts: list[Contract]) -> None:
    """Ask at once, for all these contracts, what ``why_not_sign`` asks of each."""
    places_of = places.of(contracts)
    holder_of.of({place.office for places in places_of.values() for place in places})
    taking_part.of(contracts)
    versions = with_rounds(contracts)
    for question in (_asked, approvals_of, sessions_on):
        question.of(versions)


def with_rounds(contracts: list[Contract]) -> list[ContractVersion]:
    """Return the last version of each contract that has one, read with its round and with its silences.

    Who signs asks for them all.
    """
    rows = ContractVersion.objects.filter(contract__in=contracts).annotate(silent=read_with_silences())
    rows = rows.select_related("frozen_by", "signing_round__envelope").order_by("contract_id", "-number")
    by_contract = {row.contract_id: row for row in rows.distinct("contract_id")}
    for contract in contracts:
        version = told(latest_version, by_contract.get(contract.pk), contract)
        if version is not None:
            version.contract = contract
            told(round_of, getattr(version, "signing_round", None), version)
    return list(by_contract.values())


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
