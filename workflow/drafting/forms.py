"""The form that freezes a version: what it is for, and what its page showed."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from stakeholders.text import LineField


class FreezeForm(forms.Form):
    """What the version is for, in a few words; ``shown`` is the text that the page showed."""

    label = LineField(
        label=_("Objet de la version"),
        required=False,
        max_length=200,
        help_text=_("Par exemple : « après les remarques de la police nationale »."),
    )
    shown = LineField(widget=forms.HiddenInput)
