"""Leaving for a remote signing service, and coming back: believed once, in time, of the same person.

The state that goes there and comes back (RFC 6749 § 10.12) is derived from the errand, the session and the
installation's secret: it is written nowhere, and whoever reads the table cannot make one.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils import timezone
from django.utils.translation import gettext as _

from signatures.csc.client import Access, Scope
from signatures.errors import SignatureError
from signatures.models import RemoteErrand

LASTS = dt.timedelta(minutes=10)
POCKET_ROOM = 3800  # characters: a browser keeps a cookie of 4096


class ErrandRefused(SignatureError):
    """What came back is of no errand of this person, in this session; or comes twice, or too late."""

    code = "csc_errand"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce retour du service de signature ne correspond à aucune demande en cours dans votre "
                "session, ou a déjà été traité : rien n’a été signé par lui. Reprenez depuis la page du "
                "contrat."
            )
        )


class TokenTooLong(SignatureError):
    """The account's token does not fit where it has to wait."""

    code = "csc_token_room"

    def __init__(self) -> None:
        super().__init__(
            _(
                "Ce service de signature donne un jeton trop long pour être gardé dans votre navigateur : "
                "signez par un autre moyen, et prévenez l’administrateur de la plateforme."
            )
        )


def leave(
    user: AbstractBaseUser,
    session: str,
    service: str,
    scope: Scope,
    purpose: RemoteErrand.Purpose,
    *,
    requests: Sequence[int] = (),
    back_to: str = "",
) -> RemoteErrand:
    """Write down that this person goes to a service, in this session, for these signature requests."""
    now, whose = timezone.now(), _as_user(user)
    return RemoteErrand.objects.create(
        user=whose,
        service=service,
        scope=scope,
        purpose=purpose,
        session_hash=_hash(session),
        nonce=secrets.token_urlsafe(24),
        requests=list(requests),
        back_to=back_to,
        created_at=now,
        expires_at=now + LASTS,
    )


def state_of(errand: RemoteErrand) -> str:
    """Return the state that this errand leaves with."""
    told = f"{errand.pk}.{errand.nonce}.{errand.session_hash}.{errand.user_id}"
    mark = hmac.digest(settings.SECRET_KEY.encode(), b"signatures.csc.state:" + told.encode(), "sha256")
    return f"{errand.pk}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def under_way(user: AbstractBaseUser, session: str, number: int) -> RemoteErrand:
    """Return an errand that has not come back yet; raises ErrandRefused."""
    rows = RemoteErrand.objects.filter(
        pk=number,
        user=_as_user(user),
        session_hash=_hash(session),
        used_at=None,
        expires_at__gt=timezone.now(),
    )
    found = rows.first()
    if found is None:
        raise ErrandRefused
    return found


def come_back(user: AbstractBaseUser, session: str, state: str) -> RemoteErrand:
    """Use up the errand that this state is of, and return it; raises ErrandRefused.

    Another person, another session, a state that was made up, that served or is too old: all the same.
    """
    number, _dot, _mark = state.partition(".")
    if not number.isascii() or not number.isdecimal() or len(number) > 18:
        raise ErrandRefused
    found = under_way(user, session, int(number))
    if not hmac.compare_digest(state_of(found).encode(), state.encode()):
        raise ErrandRefused
    if not RemoteErrand.objects.filter(pk=found.pk, used_at=None).update(used_at=timezone.now()):
        raise ErrandRefused
    return found


def pocket(user: AbstractBaseUser, session: str, service: str, access: Access, **facts: Any) -> str:
    """Return the account's token, sealed for the browser of its owner, who keeps it ten minutes.

    ``facts`` (what is asked of the service later) go with it. Raises TokenTooLong.
    """
    told = {"user": user.pk, "service": service, "token": access.token, **facts}
    sealed = _fernet(session).encrypt(json.dumps(told).encode()).decode()
    if len(sealed) > POCKET_ROOM:
        raise TokenTooLong
    return sealed


def from_pocket(
    user: AbstractBaseUser, session: str, service: str, sealed: str
) -> tuple[Access, dict[str, Any]] | None:
    """Return the token that was sealed for this person, session and service, within ten minutes; or None."""
    try:
        data = _fernet(session).decrypt(sealed.encode(), ttl=int(LASTS.total_seconds()))
    except InvalidToken:
        return None
    told = json.loads(data)
    if told.pop("user") != user.pk or told.pop("service") != service:
        return None
    return Access(told.pop("token"), int(LASTS.total_seconds())), told


def _fernet(session: str) -> Fernet:
    """Return what seals for one session: a cookie taken to another opens nothing there."""
    told = b"signatures.csc.pocket:" + session.encode()
    return Fernet(base64.urlsafe_b64encode(hmac.digest(settings.SECRET_KEY.encode(), told, "sha256")))


def _hash(session: str) -> str:
    return hashlib.sha256(b"signatures.csc.session:" + session.encode()).hexdigest()


def _as_user(user: AbstractBaseUser) -> Any:
    return user
