"""A passkey as the proof of who signs: its signature covers the hash of the document that was read.

WebAuthn level 3, section 7.2. The keys are those that people registered on their accounts
(allauth); the challenge is ours, kept here until it is answered once.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Mapping
from typing import Any

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    UserVerificationRequirement,
)

from signatures import means
from signatures.models import CHALLENGE_LASTS, PasskeyChallenge


def has_passkey(user: AbstractBaseUser) -> bool:
    """Whether a passkey that counts is registered on the account."""
    return bool(means.counting(user, Authenticator.Type.WEBAUTHN))


def ask(user: AbstractBaseUser, *, document_sha256: str) -> dict[str, Any]:
    """Keep a new challenge; return the browser's options, as JSON (PublicKeyCredentialRequestOptions)."""
    now = timezone.now()
    PasskeyChallenge.objects.filter(user_id=user.pk, answered_at=None, expires_at__lte=now).delete()
    kept = PasskeyChallenge.objects.create(
        user_id=user.pk,
        document_sha256=document_sha256,
        nonce=secrets.token_bytes(32),
        created_at=now,
        expires_at=now + CHALLENGE_LASTS,
    )
    options, _state = _server().authenticate_begin(
        [key for key, _row in _keys(user)], UserVerificationRequirement.REQUIRED, kept.challenge
    )
    return dict(options)


def proves(user: AbstractBaseUser, assertion: Mapping[str, Any], *, document_sha256: str) -> bool:
    """Whether one of the person's passkeys, unlocked by its owner, answered a challenge about this document.

    A challenge is spent by the first answer, right or wrong. Runs in its own transaction.
    """
    try:
        given = AuthenticationResponse.from_dict(assertion)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError, struct.error):
        return False  # as its form says first (stakeholders/passkeys.py)
    kept = _spend(user, given.response.client_data.challenge, document_sha256)
    if kept is None:
        return False
    state = {
        "challenge": websafe_encode(kept.challenge),
        "user_verification": UserVerificationRequirement.REQUIRED,
    }
    keys = _keys(user)
    try:
        used = _server().authenticate_complete(state, [key for key, _row in keys], assertion)
    except ValueError:
        return False
    for key, authenticator in keys:
        if key.credential_id == used.credential_id:
            authenticator.record_usage()
            return True
    return False


def _keys(user: AbstractBaseUser) -> list[tuple[AttestedCredentialData, Authenticator]]:
    """Return the credentials of the person's passkeys that count: the others are neither asked nor heard."""
    rows = means.counting(user, Authenticator.Type.WEBAUTHN)
    found = [(row.wrap().authenticator_data.credential_data, row) for row in rows]
    return [(credential, row) for credential, row in found if credential is not None]


def _spend(user: AbstractBaseUser, challenge: bytes, document_sha256: str) -> PasskeyChallenge | None:
    """Mark the challenge as answered; None unless it was this person's, on this document, in time, once."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        asked = PasskeyChallenge.objects.select_for_update().filter(
            user_id=user.pk, document_sha256=document_sha256, answered_at=None, expires_at__gt=now
        )
        kept = next((c for c in asked if secrets.compare_digest(c.challenge, challenge)), None)
        if kept is not None:
            kept.answered_at = now
            kept.save(update_fields=["answered_at"])
    return kept


def _server() -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=settings.PASSKEY_HOST, name="Contreseing"))
