"""The second factor of somebody who has logged in: a passkey, or the codes of an application."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode

from stakeholders.models import User

KINDS = (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP)  # recovery codes replace one, prove none
FRESH = 600  # seconds


def of(person: User | AnonymousUser) -> list[Authenticator]:
    """Return the person's passkeys and application of codes."""
    return list(Authenticator.objects.filter(user_id=person.pk, type__in=KINDS))


def was_proved(request: HttpRequest, *, within: float | None = None) -> bool:
    """Whether a second factor was proved in this session, ``within`` so many seconds if given."""
    after = 0 if within is None else time.time() - within
    return any(record["at"] >= after for record in proofs(request))


def proofs(request: HttpRequest) -> list[dict[str, Any]]:
    """Return what allauth noted of each proof of a second factor in this session: id, type, at (seconds)."""
    if not isinstance(request.user, User):
        return []
    records = get_authentication_records(request, request.user)
    return [record for record in records if record.get("method") == "mfa" and record.get("type") in KINDS]


def where_to_prove(person: User | AnonymousUser, then: str) -> str:
    """Return the page where the person proves a factor that they have, before they go on."""
    kinds = {factor.type for factor in of(person)}
    name = "mfa_reauthenticate" if Authenticator.Type.TOTP in kinds else "mfa_reauthenticate_webauthn"
    return f"{reverse(name)}?{urlencode({'next': then})}" if then else reverse(name)
