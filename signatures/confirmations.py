"""Saying again who one is, just before signing: bound to a document, short-lived, used once."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from signatures import means, passkeys
from signatures.errors import ConfirmationRefused, at_time
from signatures.models import (
    CONFIRMATION_LASTS,
    FAILURE_WINDOW,
    MAX_FAILURES,
    Confirmation,
    FailedConfirmation,
)

Proof = Confirmation.Proof


def confirm(user: AbstractBaseUser, password: str, *, document_sha256: str) -> str:
    """Check the password and return a token that allows one signature of this document.

    The token is worth two minutes and one use. After five failures within ten minutes,
    whatever the means, the door stays closed, even to the right answer. Opens its own
    transactions, so it must not be called inside one: a failure has to be counted
    whatever happens next. Raises ConfirmationRefused.
    """
    if not means.password_counts(user):
        raise ConfirmationRefused(
            _(
                "Votre mot de passe vient d’être choisi depuis votre messagerie : il ne permet de signer "
                "qu’au bout d’un jour, ou une fois confirmé par qui administre votre organisation."
            )
        )
    return _confirmed(
        user, document_sha256, Proof.PASSWORD, lambda: user.check_password(password), _wrong_password
    )


def confirm_by_code(user: AbstractBaseUser, code: str, *, document_sha256: str) -> str:
    """Check the code that the person's application shows (RFC 6238), as :func:`confirm` does a password."""
    return _confirmed(user, document_sha256, Proof.CODE, lambda: _shows(user, code), _wrong_code)


def confirm_by_passkey(user: AbstractBaseUser, assertion: Mapping[str, Any], *, document_sha256: str) -> str:
    """Check what a passkey signed (:func:`signatures.passkeys.ask`), as :func:`confirm` does a password."""
    return _confirmed(
        user,
        document_sha256,
        Proof.PASSKEY,
        lambda: passkeys.proves(user, assertion, document_sha256=document_sha256),
        _wrong_passkey,
    )


def has_codes(user: AbstractBaseUser) -> bool:
    """Whether an application that shows codes is associated with the account, and counts."""
    return bool(means.counting(user, Authenticator.Type.TOTP))


def _shows(user: AbstractBaseUser, code: str) -> bool:
    return any(found.wrap().validate_code(code) for found in means.counting(user, Authenticator.Type.TOTP))


def _confirmed(
    user: AbstractBaseUser,
    document_sha256: str,
    proof: Proof,
    is_right: Callable[[], bool],
    wrong: Callable[[int], str],
) -> str:
    attempt, already = _count_attempt(user)
    if not (user.is_active and is_right()):
        remaining = MAX_FAILURES - already - 1
        if remaining <= 0:
            raise _closed(attempt.attempted_at + FAILURE_WINDOW)
        raise ConfirmationRefused(wrong(remaining) % {"count": remaining}, remaining=remaining)
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic(durable=True):
        attempt.delete()
        Confirmation.objects.create(
            user=_as_user(user),
            document_sha256=document_sha256,
            proof=proof,
            token_hash=_hash(token),
            created_at=now,
            expires_at=now + CONFIRMATION_LASTS,
        )
    return token


def _wrong_password(remaining: int) -> str:
    return ngettext(
        "Mot de passe incorrect : il reste %(count)d essai.",
        "Mot de passe incorrect : il reste %(count)d essais.",
        remaining,
    )


def _wrong_code(remaining: int) -> str:
    return ngettext(
        "Code incorrect : il reste %(count)d essai.",
        "Code incorrect : il reste %(count)d essais.",
        remaining,
    )


def _wrong_passkey(remaining: int) -> str:
    return ngettext(
        "La clé d’accès n’a pas pu être vérifiée : il reste %(count)d essai.",
        "La clé d’accès n’a pas pu être vérifiée : il reste %(count)d essais.",
        remaining,
    )


def lot_of(hashes: Iterable[str]) -> str:
    """Return the SHA-256 that stands for several documents at once: of their own, sorted, one a line."""
    return hashlib.sha256("\n".join(sorted(set(hashes))).encode()).hexdigest()


@transaction.atomic
def share(user: AbstractBaseUser, token: str, hashes: Sequence[str]) -> dict[str, str]:
    """Use up the confirmation of a lot (:func:`lot_of`), and return a token for each of its documents.

    Each is a confirmation of its own: for that document, one use, and no longer than the lot's. Raises
    ConfirmationRefused.
    """
    whole = consume(user, token, document_sha256=lot_of(hashes))
    tokens = {document: secrets.token_urlsafe(32) for document in sorted(set(hashes))}
    Confirmation.objects.bulk_create(
        Confirmation(
            user=_as_user(user),
            document_sha256=document,
            proof=whole.proof,
            token_hash=_hash(given),
            created_at=whole.created_at,
            expires_at=whole.expires_at,
        )
        for document, given in tokens.items()
    )
    return tokens


def consume(user: AbstractBaseUser, token: str, *, document_sha256: str) -> Confirmation:
    """Use the confirmation up, within the caller's transaction, and return it.

    Raises ConfirmationRefused when the token is not this person's, speaks of another
    document, is older than two minutes, or was used.
    """
    now = timezone.now()
    used = Confirmation.objects.filter(
        user=_as_user(user),
        token_hash=_hash(token),
        document_sha256=document_sha256,
        used_at=None,
        expires_at__gt=now,
    ).update(used_at=now)
    if not used:
        raise ConfirmationRefused(
            _(
                "Votre confirmation n’est plus valable : elle dure deux minutes et ne sert qu’une fois. "
                "Recommencez."
            )
        )
    return Confirmation.objects.get(token_hash=_hash(token))


def left_to_the_key(user: AbstractBaseUser, *, document_sha256: str) -> Confirmation:
    """Return a confirmation, used up, of whoever signs with a key whose own code proves who they are.

    Within the caller's transaction. It says that nothing else was asked: the value that the key makes,
    which verifies with the certificate enrolled by this person, is the proof.
    """
    now = timezone.now()
    return Confirmation.objects.create(
        user=_as_user(user),
        document_sha256=document_sha256,
        proof=Proof.KEY,
        token_hash=_hash(secrets.token_urlsafe(32)),
        created_at=now,
        expires_at=now + CONFIRMATION_LASTS,
        used_at=now,
    )


def _count_attempt(user: AbstractBaseUser) -> tuple[FailedConfirmation, int]:
    """Count an attempt as failed until it is shown otherwise, so that parallel guesses count too."""
    now = timezone.now()
    with transaction.atomic(durable=True):
        get_user_model()._default_manager.select_for_update(no_key=True).get(pk=user.pk)
        recent = FailedConfirmation.objects.filter(user=_as_user(user), attempted_at__gt=now - FAILURE_WINDOW)
        moments = sorted(recent.values_list("attempted_at", flat=True))
        if len(moments) < MAX_FAILURES:
            return FailedConfirmation.objects.create(user=_as_user(user), attempted_at=now), len(moments)
    raise _closed(moments[-MAX_FAILURES] + FAILURE_WINDOW)


def _closed(until: dt.datetime) -> ConfirmationRefused:
    return ConfirmationRefused(
        _("Trop d’essais infructueux : réessayez après %(time)s.")
        % {"time": at_time(until + dt.timedelta(minutes=1))},
        remaining=0,
        retry_at=until,
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _as_user(user: AbstractBaseUser) -> Any:
    """Say that this account is one of AUTH_USER_MODEL (which this room does not import)."""
    return user
