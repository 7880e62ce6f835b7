"""Forms of opinions, approvals and internal notes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stakeholders.text import LineField, LinesField
from workflow.opinions import rules
from workflow.opinions.models import NO_OPINION_CHOSEN, OPINION_OWES_WHY, RETURN_OWES_WHY
from workflow.record.values import OpinionValue
from workflow.tasks.fields import MAX_REASON, ask_why, reason_field


class OpinionForm(forms.Form):
    """An organisation's opinion on the version whose SHA-256 the page carried."""

    conditional = frozenset({"reason"})  # neither required nor « facultatif »: it depends on the rest

    value = forms.ChoiceField(
        label=_("Votre avis"),
        choices=OpinionValue.choices,
        widget=forms.RadioSelect,
        error_messages={"required": NO_OPINION_CHOSEN},
    )
    reason = reason_field(
        _("Réserves, motifs ou observations"),
        help_text=_("Nécessaire pour tout avis autre que favorable. Toutes les parties le liront."),
    )
    version_sha256 = LineField(widget=forms.HiddenInput, max_length=64)

    def clean(self) -> dict[str, Any]:
        """Ask why, where it is owed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        value = cleaned.get("value")
        if value and rules.reason_is_owed(value):
            ask_why(self, OPINION_OWES_WHY)
        return cleaned


class OpinionDraftForm(forms.Form):
    """What is typed so far; nothing is required of a draft."""

    value = LineField(required=False, max_length=30)
    reason = LinesField(required=False, max_length=MAX_REASON)


class ApprovalForm(forms.Form):
    """A party approves the bytes whose SHA-256 the page carried, or sends them back."""

    conditional = frozenset({"reason"})
    decision = forms.ChoiceField(
        label=_("Votre décision"),
        choices=[("approve", _("J’approuve ce texte")), ("return", _("Je le renvoie en rédaction"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez une décision.")},
    )
    reason = reason_field(
        _("Motif"), help_text=_("Nécessaire pour renvoyer le texte. Toutes les parties le liront.")
    )
    pdf_sha256 = LineField(widget=forms.HiddenInput, max_length=64)

    @property
    def approved(self) -> bool:
        """Whether the text is approved."""
        return bool(self.cleaned_data["decision"] == "approve")

    def clean(self) -> dict[str, Any]:
        """Ask why the text goes back."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("decision") == "return":
            ask_why(self, RETURN_OWES_WHY)
        return cleaned


class NoteForm(forms.Form):
    """A note that the organisation keeps for itself."""

    text = LinesField(
        label=_("Ajouter une note"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Écrivez la note avant de la garder.")},
    )
