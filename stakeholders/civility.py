"""How somebody is addressed: chosen, so that a sentence agrees with it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stakeholders.titles import FEMININE, MASCULINE

CHOICES = [("", _("non précisée")), (FEMININE, _("Madame")), (MASCULINE, _("Monsieur"))]


class CivilityField(forms.ChoiceField):
    """« Madame », « Monsieur » or neither; the value is what stands before the name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Civilité"), "required": False, "choices": CHOICES, **kwargs})
