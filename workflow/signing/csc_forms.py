"""What a person types on our page for their remote signing service: it goes there, and is kept nowhere."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.csc.credentials import Credential, is_enough
from stakeholders.text import LineField

MOST = 64  # characters of a code


class CodesForm(forms.Form):
    """The codes of one credential: a PIN, a one-time code… each under a name that no draft is kept of."""

    def __init__(self, credential: Credential, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.credential = credential
        self.names: dict[str, str] = {}
        for number, asked in enumerate(credential.asked):
            name = f"pin_{number}" if asked.secret else f"otp_{number}"
            self.names[name] = asked.identifier
            kept_off = {"autocomplete": "off" if asked.secret else "one-time-code"}
            mode = {"inputmode": "numeric"} if asked.digits else {}
            widget = forms.PasswordInput if asked.secret else forms.TextInput
            label = _("Code PIN") if asked.secret else _("Code à usage unique")
            self.fields[name] = LineField(
                label=f"{label} ({asked.label})" if asked.label not in ("", asked.identifier) else label,
                max_length=MOST,
                required=not credential.expression,
                widget=widget(attrs={**kept_off, **mode}),
                error_messages={"required": gettext_lazy("Donnez ce code : votre service le demande.")},
            )

    def clean(self) -> dict[str, Any]:
        """Refuse what the service says is not enough."""
        given = {self.names[name] for name, value in self.cleaned_data.items() if value}
        if not self.errors and not is_enough(self.credential.expression, self.credential.asked, given):
            raise forms.ValidationError(_("Il manque un code : votre service les demande ensemble."))
        return self.cleaned_data

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, by the identifiers that the service gave."""
        return {self.names[name]: value for name, value in self.cleaned_data.items() if value}
