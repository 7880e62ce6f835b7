"""How accounts are opened and what allauth may decide about them."""

from __future__ import annotations

from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.stagekit import clear_login
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders import devices
from stakeholders.models import User
from stakeholders.public_address import PublicAddressAdapter
from stakeholders.sealing import box
from stakeholders.security_events import Name, tell
from stakeholders.sessions import ONLY
from stakeholders.wording import moment

BY_MAILBOX = frozenset({"code", "password_reset"})
MAILBOX_PROOFS = frozenset({"account/email/login_code", "account/email/password_reset_key"})
LIMITS = frozenset({"rate_limited", "too_many_login_attempts", "too_many_strangers"})
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

    def validation_error(self, code: str, *args: Any) -> ValidationError:
        """Return the error of that name; tell the log when a limit is what refused."""
        if code in LIMITS:
            tell(Name.LIMIT_REACHED, limit=code)
        error: ValidationError = super().validation_error(code, *args)
        return error

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
        """Limit the session to what was asked, if it was; know this browser again."""
        only = (facts.get("signal_kwargs") or {}).get(ONLY)
        if only is None:
            request.session.pop(ONLY, None)  # whoever logs in has the whole account
        else:
            request.session[ONLY] = only
            request.session.set_expiry(0)  # as for the others: no longer than the browser
        response: HttpResponse = super().post_login(request, user, **facts)
        devices.remember(request, response, user.email)
        return response

    def pre_login(self, request: HttpRequest, user: User, **facts: Any) -> HttpResponse | None:
        """Refuse also what a mailbox proves that is the account's no more, or not yet."""
        last: dict[str, Any] = next(reversed(get_authentication_records(request, user)), {})
        stale = str(last.get("email", "")).lower() != user.email.lower()
        if last.get("method") in BY_MAILBOX and (user.mailbox_is_held or stale):
            clear_login(request)
            messages.error(request, _("Cette adresse ne permet pas de se connecter par un code."))
            return redirect("account_login")
        answer: HttpResponse | None = super().pre_login(request, user, **facts)
        return answer

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send neither code nor link to a mailbox that proves nothing yet: say when it will."""
        owner = User.objects.filter(email__iexact=email).first()
        if template_prefix in MAILBOX_PROOFS and owner is not None and owner.mailbox_is_held:
            send_mail(*_held(owner), None, [email])
        else:
            super().send_mail(template_prefix, email, context)


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
        if account.mailbox_is_held:
            messages.error(
                request,
                _(
                    "L’adresse de ce compte vient d’être changée par un administrateur : dans trois jours au "
                    "plus, elle permettra de vous reconnaître. D’ici là, utilisez votre mot de passe."
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


def _held(person: User) -> tuple[str, str]:
    with translation.override(settings.LANGUAGE_CODE):
        until = moment(person.mailbox_held_until)
        return "[Contreseing] " + _("L’adresse de votre compte attend d’être confirmée"), _(
            "Vous avez demandé un code ou un lien pour vous connecter. Un administrateur a donné cette "
            "adresse à votre compte il y a peu : elle ne permettra de se connecter par courriel qu’à partir "
            "du %(until)s, ou dès qu’un second administrateur l’aura confirmée.\n\n"
            "D’ici là, connectez-vous avec votre mot de passe ou votre clé d’accès.\n"
        ) % {"until": until}
