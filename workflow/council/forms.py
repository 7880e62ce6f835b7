"""The forms of the council's resolution: its vote, then its stages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.figures import CountField
from stakeholders.text import LineField
from workflow.council.models import (
    NUMBER_IS_OWED,
    SENDING_BACK,
    SENT_BACK_OWES_WHY,
    STAGES,
    CouncilResolution,
    Outcome,
)
from workflow.tasks.fields import ask_why, reason_field

HELP = {
    "published_on": _("Affichage ou mise en ligne."),
    "transmitted_on": _("Envoi à la préfecture, au titre du contrôle de légalité."),
    "received_on": _("Date portée sur l’accusé de réception de la préfecture."),
}


class VoteForm(forms.ModelForm[CouncilResolution]):
    """What the council decided, as its extract reads, with the stages that are already known."""

    conditional = frozenset({"number", "votes_for", "reason"})
    outcome = forms.ChoiceField(
        label=_("La délibération est"),
        choices=Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Dites ce que le conseil a décidé.")},
    )
    reason = reason_field(
        _("Motif ou modifications votées"),
        help_text=_("Nécessaire si le conseil a rejeté ou modifié le texte. Toutes les parties le liront."),
    )

    class Meta:
        model = CouncilResolution
        fields = (
            "outcome",
            "number",
            "session_on",
            "votes_for",
            "votes_against",
            "abstentions",
            "not_voting",
            *STAGES,
            "reason",
        )
        field_classes = dict.fromkeys(("votes_for", "votes_against", "abstentions", "not_voting"), CountField)
        help_texts = HELP

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["votes_for"].required = False  # an adjournment counts no voices

    def clean(self) -> dict[str, Any]:
        """Ask for the number and the voices of a vote, and for the reason of one that sends the text back."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        outcome = cleaned.get("outcome")
        if outcome in SENDING_BACK:
            ask_why(self, SENT_BACK_OWES_WHY)
        if outcome and outcome != Outcome.ADJOURNED:
            if not cleaned.get("number") and "number" not in self.errors:
                self.add_error("number", NUMBER_IS_OWED)
            if cleaned.get("votes_for") is None and "votes_for" not in self.errors:
                self.add_error("votes_for", _("Donnez le nombre de voix pour."))
        for name in ("votes_for", "votes_against", "abstentions", "not_voting"):
            if name in cleaned:
                cleaned[name] = cleaned[name] or 0
        return cleaned

    def _post_clean(self) -> None:
        """Leave the model's own checks to the act, which knows the version and the author."""


class CorrectionForm(VoteForm):
    """All of a resolution that was recorded, to put right what was typed wrongly, and why."""

    corrects = LineField(widget=forms.HiddenInput, max_length=30)
    why_corrected = reason_field(
        _("Motif de la correction"),
        required=True,
        help_text=_("Par exemple : « voix pour et contre inversées ». Le journal garde les deux saisies."),
    )

    class Meta(VoteForm.Meta):
        pass

    @property
    def facts(self) -> dict[str, Any]:
        """What the resolution says now."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


class StagesForm(forms.ModelForm[CouncilResolution]):
    """What has happened to an adopted resolution since; its page asks for what nobody recorded yet."""

    conditional = frozenset(STAGES)

    class Meta:
        model = CouncilResolution
        fields = STAGES
        help_texts = HELP

    def _post_clean(self) -> None:
        """Leave the model's own checks to the act, which reads the row under its lock."""
