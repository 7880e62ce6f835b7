"""Saying again who one is, just before signing: bound to a document, short-lived, used once."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from signatures.errors import ConfirmationRefused, at_time
from signatures.models import (
    CONFIRMATION_LASTS,
    FAILURE_WINDOW,
    MAX_FAILURES,
    Confirmation,
    FailedConfirmation,
)


def confirm(user: AbstractBaseUser, password: str, *, document_sha256: str) -> str:
    """Check the password and return a token that allows one signature of this document.

    The token is worth two minutes and one use. After five failures within ten minutes
    the door stays closed, even to the right password. Opens its own transactions, so it
    must not be called inside one: a failure has to be counted whatever happens next.
    Raises ConfirmationRefused.
    """
    attempt, already = _count_attempt(user)
    if not (user.is_active and user.check_password(password)):
        remaining = MAX_FAILURES - already - 1
        if remaining <= 0:
            raise _closed(attempt.attempted_at + FAILURE_WINDOW)
        raise ConfirmationRefused(
            ngettext(
                "Mot de passe incorrect : il reste %(count)d essai.",
                "Mot de passe incorrect : il reste %(count)d essais.",
                remaining,
            )
            % {"count": remaining},
            remaining=remaining,
        )
    token = secrets.token_urlsafe(32)
    now = timezone.now()
    with transaction.atomic(durable=True):
        attempt.delete()
        Confirmation.objects.create(
            user=_as_user(user),
            document_sha256=document_sha256,
            token_hash=_hash(token),
            created_at=now,
            expires_at=now + CONFIRMATION_LASTS,
        )
    return token


def consume(user: AbstractBaseUser, token: str, *, document_sha256: str) -> None:
    """Use the confirmation up, within the caller's transaction.

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
