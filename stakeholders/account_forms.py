"""allauth's forms in our words, and stricter where ours must be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.utils.translation import gettext_lazy as _

from stakeholders.security_events import Name, tell


def _code(label: Any, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=help_text,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )


class RequestCodeForm(RequestLoginCodeForm):
    """Where to send the code."""

    email = forms.EmailField(
        label=_("Adresse électronique"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


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

    code = _code(_("Code"), _("Celui de votre application, ou l’un de vos codes de secours."))


class SecondFactorAgainForm(_ToldWhenRefused, ReauthenticateForm):
    """A second factor that is typed, to say again who one is."""

    code = _code(_("Code"), _("Celui de votre application, ou l’un de vos codes de secours."))


class ActivateTotpForm(ActivateTOTPForm):
    """The first code of an application, which shows that it holds the secret."""

    code = _code(_("Code affiché par l’application"))


class AddPasskeyForm(AddWebAuthnForm):
    """A new passkey: always kept by the device and unlocked by its owner, so that it can log in alone."""

    name = forms.CharField(
        label=_("Nom de la clé"), max_length=100, help_text=_("Pour la reconnaître parmi vos clés.")
    )
    passwordless = forms.BooleanField(initial=True, widget=forms.HiddenInput)


class LoginByPasskeyForm(_ToldWhenRefused, LoginWebAuthnForm):
    """What a passkey answers to whoever logs in by it."""

    def clean_credential(self) -> Any:
        return self._told(super().clean_credential)


class PasskeyAgainForm(_ToldWhenRefused, ReauthenticateWebAuthnForm):
    """What a passkey answers to whoever says again who they are."""

    def clean_credential(self) -> Any:
        return self._told(super().clean_credential)


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(label=_("Nom de la clé"), max_length=100)
