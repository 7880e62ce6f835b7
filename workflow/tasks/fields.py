"""The reason that an act asks for: what a person fills in, never who they are or what they act on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stakeholders.text import LinesField

MAX_REASON = 20_000  # characters


def reason_field(label: Any, *, required: bool = False, help_text: Any = "") -> LinesField:
    """Return the field of a reason that others will read."""
    return LinesField(
        label=label,
        required=required,
        max_length=MAX_REASON,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def ask_why(form: forms.BaseForm, sentence: Any) -> None:
    """Add the sentence to the form's reason where none was typed."""
    if not form.cleaned_data.get("reason", "").strip():
        form.add_error("reason", sentence)


class ReasonForm(forms.Form):
    """A reason that everybody reads: a refusal to sign, a version taken back."""

    reason = reason_field(
        _("Motif"),
        required=True,
        help_text=_("Toutes les parties le liront. Il figurera dans l’historique du contrat."),
    )
