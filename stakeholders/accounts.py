"""How accounts are opened and what allauth may decide about them."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders import devices
from stakeholders.models import User
from stakeholders.public_address import PublicAddressAdapter
from stakeholders.sealing import box

STRANGERS = {"strangers": "60/h/key"}  # wrong passwords for one account, from browsers it does not know


def _login_of(credentials: dict[str, Any]) -> str:
    return str(credentials.get("email") or credentials.get("username") or "").strip().lower()


class AccountAdapter(PublicAddressAdapter):
    """Nobody opens an account alone: an administrator does, with a mandate."""

    error_messages = {
        **PublicAddressAdapter.error_messages,
        "rate_limited": gettext_lazy("Trop d’essais en peu de temps : réessayez dans cinq minutes."),
        "too_many_strangers": gettext_lazy(
            "Trop d’essais ont visé ce compte depuis des appareils inconnus : réessayez dans une heure, "
            "connectez-vous depuis un appareil que vous avez déjà utilisé, avec une clé d’accès ou par un "
            "code reçu par courriel."
        ),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse self-service registration."""
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a try: by account and address together, and by account for all strangers.

        Somebody who tries from elsewhere shuts out neither the account's usual browsers nor
        those behind another address; many addresses together still get a bounded number of tries.
        """
        super().pre_authenticate(request, **credentials)
        self._strangers_usage = None
        login = _login_of(credentials)
        if devices.known(request, login):
            return
        self._strangers_usage = ratelimit.consume(
            request, app="stakeholders", action="strangers", config=STRANGERS, key=login
        )
        if not self._strangers_usage:
            raise self.validation_error("too_many_strangers")

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        login = _login_of(credentials)
        return f"{login}:{devices.known(request, login) or self.get_client_ip(request)}"

    def _rollback_login_failed_rl_usage(self) -> None:
        super()._rollback_login_failed_rl_usage()
        if usage := getattr(self, "_strangers_usage", None):
            usage.rollback()

    def post_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse:
        """Know this browser again."""
        response: HttpResponse = super().post_login(request, user, **facts)
        devices.remember(request, response, user.email)
        return response


class IdentityAdapter(DefaultSocialAccountAdapter):
    """An identity provider tells who somebody is; it never opens an account here."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Refuse: accounts are opened with a mandate."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Join an identity met for the first time to the active account of its verified address."""
        if sociallogin.is_existing:
            return
        verified = [address.email for address in sociallogin.email_addresses if address.verified]
        account = User.objects.filter(email__iexact=verified[0], is_active=True).first() if verified else None
        if account is None:
            messages.error(
                request,
                _(
                    "Aucun compte ouvert ne correspond à cette identité. Demandez une invitation à "
                    "l’organisation pour laquelle vous agissez."
                ),
            )
            raise ImmediateHttpResponse(redirect("account_login"))
        sociallogin.connect(request, account)


class FactorAdapter(DefaultMFAAdapter):
    """Passkeys, codes of an application, recovery codes: what they are called and where they belong."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": gettext_lazy("Cette vérification n’a pas abouti : recommencez."),
    }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the host of the public address, whatever host the request names."""
        return {"id": settings.PASSKEY_HOST, "name": "Contreseing"}

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:
        """Suggest a name that tells keys apart."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return _("Clé d’accès n° %(number)d") % {"number": number}

    def encrypt(self, text: str) -> str:
        """Keep the secrets of codes encrypted: a copy of the database does not give them away."""
        return str(box("contreseing.factors").encrypt(text.encode()), "ascii")

    def decrypt(self, encrypted_text: str) -> str:
        """Read what :meth:`encrypt` kept; also under an older key (``SECRET_KEY_FALLBACKS``)."""
        return str(box("contreseing.factors").decrypt(encrypted_text.encode("ascii")), "utf-8")
