"""The ways to say again who one is, before an act that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.forms import Form

from signatures import actions as signing
from signatures import means
from stakeholders.models import Organisation, User
from stakeholders.proofs import Proof
from workflow.proofs import rules
from workflow.proofs.forms import CodeForm, PasskeyForm, PasswordForm


@dataclass(frozen=True)
class Way:
    """A way to say again who one is: what it proves, its form, the field of the proof, the check."""

    proof: Proof
    form: type[Form]
    field: str
    confirm: Callable[..., str]


WAYS = (  # the strongest first
    Way(Proof.PASSKEY, PasskeyForm, "credential", signing.confirm_by_passkey),
    Way(Proof.CODE, CodeForm, "code", signing.confirm_by_code),
    Way(Proof.PASSWORD, PasswordForm, "password", signing.confirm),
)


def ways_of(
    user: User,
    organisation: Organisation,
    document_sha256: str,
    forms: dict[Proof, Form],
    theirs: means.Held | None = None,
) -> dict[str, Any]:
    """Return the ways to say who one is that the person has and the organisation accepts, best first."""
    theirs = theirs or means.Held(user)
    held = {
        Proof.PASSKEY: theirs.has(Authenticator.Type.WEBAUTHN),
        Proof.CODE: theirs.has(Authenticator.Type.TOTP),
        Proof.PASSWORD: user.has_usable_password() and theirs.password_counts,
    }
    blank = {"document_sha256": document_sha256}
    ways = {
        way.proof.value: forms.get(way.proof) or way.form(initial=blank)
        for way in WAYS
        if held[way.proof] and not rules.why_not_this_proof(organisation, way.proof)
    }
    required = Proof(organisation.signing_proof)
    return {
        "ways": ways,
        "first_way": next(iter(ways), None),
        "proof_owed": "" if ways else rules.why_not_this_proof(organisation, Proof.PASSWORD),
        "proof_required": required.value,
        "unproved": theirs.some_wait,
    }
