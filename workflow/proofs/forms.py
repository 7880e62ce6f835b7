"""Forms of the proofs: a password, a code, a passkey, the code given by voice."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from fido2.webauthn import AuthenticationResponse

from stakeholders.passkeys import NO_PASSKEY, PasskeyField
from stakeholders.text import LineField


class PasswordForm(forms.Form):
    """Who signs says again who they are."""

    password = forms.CharField(
        label=_("Votre mot de passe"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Donnez votre mot de passe pour confirmer que c’est vous.")},
    )
    document_sha256 = LineField(widget=forms.HiddenInput, max_length=64)


class CodeForm(forms.Form):
    """Who signs says again who they are, with the code that their application shows."""

    code = LineField(
        label=_("Code de votre application"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Donnez le code que votre application affiche.")},
    )
    document_sha256 = LineField(widget=forms.HiddenInput, max_length=64)


class PasskeyForm(forms.Form):
    """What a passkey signed, as the browser hands it over."""

    credential = PasskeyField(AuthenticationResponse)
    document_sha256 = LineField(widget=forms.HiddenInput, max_length=64)

    def clean(self) -> dict[str, Any] | None:
        """Say above the form what its hidden field lacks."""
        if "credential" in self.errors:
            self.add_error(None, NO_PASSKEY)
        return super().clean()


class ProofCodeForm(forms.Form):
    """The code that an administrator said, and the means of proof that it confirms."""

    means = forms.IntegerField(widget=forms.HiddenInput)
    code = LineField(
        label=_("Code reçu de vive voix"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )
