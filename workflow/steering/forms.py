"""What is sought, and the name under which it is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.words import LONGEST
from stakeholders.kinds import ContractKind
from stakeholders.models import Organisation
from stakeholders.text import LineField
from workflow.steering.filters import STEPS, Chosen
from workflow.steering.models import SavedFilter


class ChosenForm(forms.Form):
    """The filters of the page, as they were understood."""

    q = LineField(label=_("Référence, titre ou territoire"), required=False, max_length=LONGEST)
    nature = forms.ChoiceField(
        label=_("Nature"), required=False, choices=[("", _("Toutes")), *ContractKind.choices]
    )
    etape = forms.ChoiceField(
        label=_("Étape"),
        required=False,
        choices=[("", _("Toutes, en cours")), *((step.value, step.label) for step in STEPS)],
    )
    organisation = forms.ChoiceField(label=_("Organisation"), required=False)
    retard = forms.BooleanField(label=_("Seulement en retard"), required=False)

    def __init__(self, chosen: Chosen, bodies: list[Organisation]) -> None:
        super().__init__(
            initial={
                "q": chosen.words,
                "nature": chosen.kind,
                "etape": chosen.step,
                "organisation": chosen.organisation or "",
                "retard": chosen.late,
            }
        )
        everybody: list[tuple[Any, Any]] = [("", _("Toutes"))]
        self.fields["organisation"].choices = everybody + [(body.pk, body.name) for body in bodies]  # type: ignore[attr-defined]
        self.fields["retard"].widget.attrs["value"] = "1"


class SavedFilterForm(forms.ModelForm[SavedFilter]):
    """Under which name, and whether the page opens with it."""

    class Meta:
        model = SavedFilter
        fields = ("name", "default")
