"""The signatories: sign, or refuse and say why."""

from __future__ import annotations

from contracts.models import ContractVersion, Signatory
from signatures import actions as signing
from signatures import keys
from signatures.brought import Brought
from signatures.errors import SignatureError
from signatures.models import Confirmation, SignatureRequest
from stakeholders.authority import Basis
from stakeholders.models import User
from stakeholders.wording import in_sentence
from workflow.council import rules as council
from workflow.engine import purposes
from workflow.record.refusals import Locked
from workflow.signing import holders, levels, rules
from workflow.signing.models import REFUSAL_OWES_WHY, Refusal, SigningAct
from workflow.tasks.act import Doing, doing, owed, save
from workflow.tasks.rounds import signing_round_of


def sign(
    user: User,
    task_id: int,
    brought: Brought | None = None,
    /,
    *,
    confirmation: str = "",
    document_sha256: str,
    key_id: str = "",
    supplied_sha256: str = "",
) -> None:
    """A signatory signs the exact bytes that were shown, having just said again who they are.

    ``key_id`` names the means of signing that they chose among theirs; none, the last that they used.
    ``brought`` and ``supplied_sha256`` are of a document signed elsewhere (``upload_acts``). The
    signature itself is made by the worker, with what the key gives; the circuit goes on when it is in the
    file.
    """
    with doing(user, task_id, purposes.SIGN) as act:
        signatory: Signatory = act.task.seed
        if obstacle := rules.why_not_sign(signatory, act.version):
            raise Locked(obstacle)
        envelope = signing_round_of(act).envelope
        stamp = stamp_of(user, signatory, act.version, act.standing.basis)
        try:
            request, used = signing.request_signature(
                envelope,
                signatory.field_name,
                user,
                key=levels.sufficient(keys.one_of(user, key_id), signatory, envelope),
                confirmation=confirmation,
                document_sha256=document_sha256,
                stamp_lines=stamp,
                brought=brought,
                supplied_sha256=supplied_sha256,
            )
        except SignatureError as error:
            raise Locked(str(error)) from error
        save(signing_act(act, request, used))
        act.tell(
            "signature_requested",
            signatory=signatory.capacity,
            signer=signer_of(user, stamp),
            document_sha256=document_sha256,
            request=request.pk,
            version=act.version.number,
        )
        act.complete()


def signing_act(act: Doing, request: SignatureRequest, confirmation: Confirmation) -> SigningAct:
    """Return the row of a signature asked for: who signs, as what, having proved who they are how."""
    basis = act.standing.basis
    assert basis is not None  # noqa: S101 (no standing to sign is without one)
    return SigningAct(
        **act.common_fields(),
        task=act.task,
        signatory=act.task.seed,
        request=request,
        confirmation=confirmation,
        basis=basis.kind,
        authority=basis.authority,
        source=basis.source,
        office=str(basis.office),
        document=basis.authority.act if basis.authority else basis.mandate.act,
        organisation=act.mandate.office.organisation.short_name,
    )


def stamp_of(user: User, signatory: Signatory, version: ContractVersion, basis: Basis | None) -> list[str]:
    """Return what the stamp says: the name, the quality, for a delegate on what act it rests.

    Which resolution empowers a signatory who waited for one; where the text names a former holder, also
    that this was accepted, and why.
    """
    lines = basis.stamp_lines if basis else []
    return [
        str(user),
        *(lines or [signatory.capacity]),
        signatory.office.organisation.name,
        *council.stamp_lines(signatory, version),
        *holders.stamp_lines(signatory, version),
    ]


def signer_of(user: User, stamp: list[str]) -> str:
    """Say who signs and as what, as their stamp does: « Mme Vasseur-Mondière, préfète de l’Orme »."""
    return f"{user.short_name}, {in_sentence(stamp[1])}"


def refuse_signature(user: User, task_id: int, *, reason: str) -> Refusal:
    """A signatory refuses, with a reason that everybody reads; the contract returns to drafting."""
    with doing(user, task_id, purposes.SIGN) as act:
        signatory: Signatory = act.task.seed
        reason = owed(reason, REFUSAL_OWES_WHY)
        refusal = Refusal(**act.common_fields(), signatory=signatory, reason=reason)
        save(refusal)
        signing.void_envelope(signing_round_of(act).envelope, reason)
        act.tell(
            "signature_refused",
            signatory=signatory.capacity,
            signer=signer_of(user, stamp_of(user, signatory, act.version, act.standing.basis)),
            reason=reason,
            version=act.version.number,
        )
        act.complete()
    return refusal


def cancel_signature(user: User, act: SigningAct) -> None:
    """Take back a signature whose signatory's own key is awaited; its task is then given back to them.

    Raises Locked once the key has served.
    """
    try:
        signing.cancel(act.request, user)
    except SignatureError as error:
        raise Locked(str(error)) from error
