"""Forms of the clauses of an act, and of what empowers who signs it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.clauses import fields, unknown_fields, why_not_left_out
from contracts.models import Clause, ClausePlace, Signatory
from contracts.seen import SeenForm, plain


class ClauseForm(SeenForm[Clause]):
    """A clause: its words, and whether it is left out and why; its place where the pilots added it."""

    class Meta:
        model = Clause
        fields = ("place", "heading", "text", "left_out", "reason")
        labels = {"left_out": _("Écarter cette clause"), "reason": _("Motif")}
        help_texts = {
            "left_out": _("Elle reste dans le projet et ne sera pas imprimée."),
            "reason": _("Dû lorsque la clause fait partie de ce type de contrat."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = ", ".join(f"{{{name}}}" for name in fields())
        self.fields["text"].help_text = (
            _("Un visa par ligne, sans « Vu » ni point-virgule.")
            if self.instance.place == ClausePlace.VISAS
            else _("Entre accolades, ce que l’impression remplit : %(known)s.") % {"known": known}
        )
        if self.instance.place == ClausePlace.VISAS:
            self.fields["text"].widget = forms.Textarea()  # its lines are visas
        if self.instance.code:
            del self.fields["place"]
        else:
            places = [(place.value, place.label) for place in (ClausePlace.BEFORE, ClausePlace.AFTER)]
            self.fields["place"].choices = places  # type: ignore[attr-defined]
        if not self.instance.code and not self.instance.pk:
            del self.fields["left_out"], self.fields["reason"]

    def _values_of_row(self) -> dict[str, Any]:
        """Return its values: a clause of the kind has words before it has a row."""
        return {name: plain(getattr(self.instance, name)) for name in self._own_fields()}

    def clean(self) -> dict[str, Any]:
        """Refuse a field that nothing fills, and a required clause left out without a word."""
        cleaned = super().clean()
        if unknown := unknown_fields(cleaned.get("text") or ""):
            said = _("Rien ne remplit %(names)s : corrigez, ou retirez les accolades.")
            self.add_error("text", said % {"names": ", ".join(f"{{{name}}}" for name in unknown)})
        refusal = why_not_left_out(self.instance, cleaned.get("reason") or "")
        if cleaned.get("left_out") and refusal:
            self.add_error("reason", refusal)
        return cleaned


class AuthorisedForm(SeenForm[Signatory]):
    """The resolution that empowers a signatory, where it exists before the text is final."""

    class Meta:
        model = Signatory
        fields = ("authorised_by",)


class ClauseMoveForm(forms.Form):
    """Which way a clause goes among those of its place."""

    direction = forms.ChoiceField(choices=[("up", _("Monter")), ("down", _("Descendre"))])
