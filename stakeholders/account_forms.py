"""allauth's forms in our words, and stricter where ours must be."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, EditWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


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


class MailedCodeForm(ConfirmLoginCodeForm):
    """The code that was mailed."""

    code = _code(_("Code reçu"))


class SecondFactorForm(AuthenticateForm):
    """A second factor that is typed, when logging in."""

    code = _code(_("Code"), _("Celui de votre application, ou l’un de vos codes de secours."))


class SecondFactorAgainForm(ReauthenticateForm):
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


class RenamePasskeyForm(EditWebAuthnForm):
    """Another name for a passkey."""

    name = forms.CharField(label=_("Nom de la clé"), max_length=100)
