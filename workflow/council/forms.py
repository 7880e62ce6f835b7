"""The form of the council's resolution."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.figures import CountField
from workflow.council.models import REJECTION_OWES_WHY, CouncilResolution
from workflow.tasks.fields import ask_why, reason_field


class ResolutionForm(forms.ModelForm[CouncilResolution]):
    """The council's resolution, as its extract reads."""

    conditional = frozenset({"published_on", "transmitted_on", "received_on", "reason"})
    adopted = forms.TypedChoiceField(
        label=_("Le conseil municipal a"),
        choices=[("yes", _("autorisé le maire à signer")), ("no", _("refusé"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Dites ce que le conseil a décidé.")},
    )
    reason = reason_field(_("Motif du refus"), help_text=_("Seulement si le conseil a refusé."))

    class Meta:
        model = CouncilResolution
        fields = (
            "adopted",
            "number",
            "session_on",
            "votes_for",
            "votes_against",
            "abstentions",
            "published_on",
            "transmitted_on",
            "received_on",
            "reason",
        )
        field_classes = {"votes_for": CountField, "votes_against": CountField, "abstentions": CountField}
        help_texts = {
            "received_on": _("Date de l’accusé de réception du contrôle de légalité."),
        }

    def clean(self) -> dict[str, Any]:
        """Ask for the dates that make an adopted resolution enforceable (CGCT L2131-1), or for the reason."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("adopted") is False:
            ask_why(self, REJECTION_OWES_WHY)
        if cleaned.get("adopted"):
            for name in ("published_on", "transmitted_on", "received_on"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(
                        name,
                        _("Sans cette date, la délibération n’est pas exécutoire : enregistrez-la ensuite."),
                    )
        return cleaned

    def _post_clean(self) -> None:
        """Leave the model's own checks to the act, which knows the version and the author."""
