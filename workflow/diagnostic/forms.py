"""Forms of the diagnostic: a contribution with its figures and files, the synthesis, its acceptance."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from contracts.figures import CountField, FigureField
from contracts.models import LONG_TEXT
from stakeholders.text import LineField, LinesField
from workflow.diagnostic.models import RETURN_OWES_WHY, plausible_year
from workflow.tasks.act_files import ActFileField
from workflow.tasks.fields import ask_why, reason_field


class WrittenForm(forms.Form):
    """A text that colleagues write together; ``revision`` is that of the text which the page showed."""

    conditional = frozenset({"text"})  # neither required nor « facultatif »: it depends on the rest
    text = LinesField(
        label="", required=False, max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": 12})
    )
    revision = forms.IntegerField(min_value=0, max_value=2_000_000_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, label: Any = "", help_text: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label, self.fields["text"].help_text = label, help_text

    def clean(self) -> dict[str, Any]:
        """Say that the page itself is not as it was sent, where its hidden part is not."""
        if "revision" in self.errors:
            self.add_error(None, _now("Cette page n’est pas telle qu’elle a été envoyée : rouvrez la tâche."))
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        return cleaned


class FigureForm(forms.Form):
    """One more figure: all of it, or nothing."""

    prefix = "chiffre"
    conditional = frozenset({"label", "value", "unit", "year", "source"})
    owed = ("label", "value", "year", "source")

    label = LineField(label=_("Ce qui est compté"), required=False, max_length=200)
    value = FigureField(label=_("Valeur"), required=False, max_digits=14, decimal_places=2)
    unit = LineField(label=_("Unité"), required=False, max_length=60)
    year = CountField(label=_("Année"), required=False, validators=[plausible_year])
    source = LineField(label=_("Source"), required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        """Ask for what a figure cannot do without, once anything of it is given."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.is_given:
            for name in self.owed:
                if name not in self.errors and cleaned.get(name) in (None, ""):
                    self.add_error(
                        name, _now("Un chiffre se donne avec ce qu’il compte, son année et sa source.")
                    )
        return cleaned

    @property
    def is_given(self) -> bool:
        """Whether anything of a figure was typed."""
        return any(str(self.data.get(self.add_prefix(name), "")).strip() for name in self.fields)


class FileForm(forms.Form):
    """One more file, with what it is."""

    prefix = "fichier"
    conditional = frozenset({"title", "document"})
    title = LineField(label=_("Titre du fichier"), required=False, max_length=200)
    document = ActFileField(
        label=_("Le fichier, en PDF"), required=False, help_text=_("10 Mo au plus, en PDF.")
    )

    def clean(self) -> dict[str, Any]:
        """A file has a title; a title alone is no file."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("document") and not cleaned.get("title"):
            self.add_error(
                "title", _now("Donnez un titre à ce fichier : les participants le liront dans la liste.")
            )
        if cleaned.get("title") and not cleaned.get("document") and "document" not in self.errors:
            self.add_error("document", _now("Choisissez le fichier qui porte ce titre, ou effacez le titre."))
        return cleaned


class AnswerForm(forms.Form):
    """A pilot accepts the synthesis whose number the page carried, or returns it."""

    conditional = frozenset({"reason"})
    decision = forms.ChoiceField(
        label=_("Votre réponse"),
        choices=[("accept", _("Je valide cette synthèse")), ("return", _("Je la renvoie à ses rédacteurs"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez une réponse.")},
    )
    reason = reason_field(
        _("Ce qui est à revoir"), help_text=_("Nécessaire pour renvoyer la synthèse. Les pilotes le liront.")
    )
    synthesis = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def accepted(self) -> bool:
        """Whether the synthesis is accepted."""
        return bool(self.cleaned_data["decision"] == "accept")

    def clean(self) -> dict[str, Any]:
        """Ask what is to be reworked."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("decision") == "return":
            ask_why(self, RETURN_OWES_WHY)
        return cleaned
