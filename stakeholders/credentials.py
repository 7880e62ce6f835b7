"""What allauth tells of changed credentials: journaled, and the person's other sessions end."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.internal.flows.login import record_authentication
from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.signals import social_account_added, social_account_removed
from django.conf import settings
from django.dispatch import receiver
from django.http import HttpRequest

from stakeholders import second_factor
from stakeholders.account_actions import credentials_changed
from stakeholders.models import User


@receiver(authenticator_added)
def factor_added(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    """A passkey or an application: whoever adds one has just shown that they hold it."""
    if authenticator.type in second_factor.KINDS:
        fresh = time.time() - settings.ACCOUNT_REAUTHENTICATION_TIMEOUT
        proved = sorted({p["id"] for p in second_factor.proofs(request) if p["at"] >= fresh})
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)
        facts = {**_facts(authenticator), "authenticator": authenticator.pk, "proved": proved}
        credentials_changed("factor_added", user, request=request, **facts)


@receiver(authenticator_removed)
def factor_removed(request: HttpRequest, user: User, authenticator: Authenticator, **_kwargs: Any) -> None:
    """A factor that its owner took away."""
    if authenticator.type in second_factor.KINDS:
        credentials_changed("factor_removed", user, request=request, **_facts(authenticator))


@receiver(authenticator_reset)
def recovery_codes_renewed(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """New recovery codes: the former ones serve no more."""
    credentials_changed("recovery_codes_renewed", user, request=request)


@receiver(password_changed)
def password_was_changed(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """A password that replaced one the person knew."""
    credentials_changed("password_changed", user, request=request)


@receiver(password_set)
def password_was_set(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """A first password."""
    credentials_changed("password_set", user, request=request)


@receiver(password_reset)
def password_was_reset(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    """A password that was chosen from the mailbox."""
    credentials_changed("password_reset", user, request=request)


@receiver(social_account_added)
def identity_linked(request: HttpRequest, sociallogin: SocialLogin, **_kwargs: Any) -> None:
    """An identity provider may now vouch for this person."""
    provider = sociallogin.account.provider
    credentials_changed("identity_linked", sociallogin.user, request=request, provider=provider)


@receiver(social_account_removed)
def identity_unlinked(request: HttpRequest, socialaccount: SocialAccount, **_kwargs: Any) -> None:
    """An identity provider vouches for this person no more."""
    provider = socialaccount.provider
    credentials_changed("identity_unlinked", socialaccount.user, request=request, provider=provider)


def _facts(authenticator: Authenticator) -> dict[str, Any]:
    return {"factor": str(authenticator.type), "name": str(authenticator)}
