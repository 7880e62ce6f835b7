"""allauth's forms in our words, and stricter where ours must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, LoginForm, RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse, RegistrationResponse

from stakeholders import devices, quotas
from stakeholders.passkeys import PasskeyField
from stakeholders.security_events import Name, tell
from stakeholders.text import LineField

_OF_A_SECOND_FACTOR = _("Celui de votre application, ou l’un de vos codes de secours.")


def _code(label: Any, help_text: Any = "") -> LineField:
    return LineField(
        label=label,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )


ADDRESS = _("Adresse électronique")


class PasswordForm(LoginForm):
    """Log in by address and password: one name for the address, here as on every other page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].label = ADDRESS
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)  # the label says it, and stays


class RequestCodeForm(RequestLoginCodeForm):
    """Where to send the code."""

    email = forms.EmailField(label=ADDRESS, widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def clean_email(self) -> str:
        """Count the mails to this address, whether or not it has an account."""
        _count_mail(self.cleaned_data["email"])
        return str(super().clean_email())


class AskResetForm(ResetPasswordForm):
    """Where to send the link that resets a password."""

    email = forms.EmailField(label=ADDRESS, widget=forms.EmailInput(attrs={"autocomplete": "email"}))

    def clean_email(self) -> str:
        """Count the mails to this address, whether or not it has an account."""
        _count_mail(self.cleaned_data["email"])
        return str(super().clean_email())


def _count_mail(email: str) -> None:
    """Answer 429, with when to try again, once an address was sent too many; a known browser counts apart."""
    request = context.request
    device = devices.known(request, email)
    try:
        quotas.spend("account mail", recipient=f"{device}+@{device}" if device else email)
    except quotas.QuotaSpent as error:
        request.try_again_at = error.until
        raise ImmediateHttpResponse(ratelimit.respond_429(request)) from error


class _ToldWhenRefused:
    """Tells the log of a code that was refused; whose, the request's account or its mark says."""

    def clean_code(self) -> Any:
        return self._told(super().clean_code)  # type: ignore[misc]

    def _told(self, check: Callable[[], Any]) -> Any:
        try:
            return check()
        except forms.ValidationError:
            tell(Name.CODE_REFUSED, form=type(self).__name__)
            raise


class MailedCodeForm(_ToldWhenRefused, ConfirmLoginCodeForm):
    """The code that was mailed."""

    code = _code(_("Code reçu"))


class SecondFactorForm(_ToldWhenRefused, AuthenticateForm):
    """A second factor that is typed, when logging in."""

    code = _code(_("Code"), _OF_A_SECOND_FACTOR)


class SecondFactorAgainForm(_ToldWhenRefused, ReauthenticateForm):
    """A second factor that is typed, to say again who one is."""

    code = _code(_("Code"), _OF_A_SECOND_FACTOR)


class ActivateTotpForm(ActivateTOTPForm):
    """The first code of an application, which shows that it holds the secret."""

    code = _code(_("Code affiché par l’application"))


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey: always kept by the device and unlocked by its owner, so that it can log in alone."""

    name = LineField(
        label=_("Nom de la clé"), max_length=100, help_text=_("Pour la reconnaître parmi vos clés.")
    )
    passwordless = forms.BooleanField(initial=True, widget=forms.HiddenInput)
    credential = PasskeyField(RegistrationResponse)


class LoginByPasskeyForm(_ToldWhenRefused, LoginWebAuthnForm):
    """What a passkey answers to whoever logs in by it."""

    credential = PasskeyField(AuthenticationResponse)

    def clean_credential(self) -> Any:
        return self._told(super().clean_credential)


class PasskeySecondForm(_ToldWhenRefused, AuthenticateWebAuthnForm):
    """What a passkey answers to whoever has given their password."""

    credential = PasskeyField(AuthenticationResponse)

    def clean_credential(self) -> Any:
        return self._told(super().clean_credential)


class PasskeyAgainForm(_ToldWhenRefused, ReauthenticateWebAuthnForm):
    """What a passkey answers to whoever says again who they are."""

    credential = PasskeyField(AuthenticationResponse)

    def clean_credential(self) -> Any:
        return self._told(super().clean_credential)


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name for a passkey."""

    name = LineField(label=_("Nom de la clé"), max_length=100)
