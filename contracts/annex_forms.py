"""The form of an annex, but for its file; where an annex goes in the list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from contracts import annexes
from contracts.models import Annex, Contract
from contracts.seen import SeenForm
from contracts.soundness import why_not_restricted


def _yes(value: Any) -> bool:
    return value in (True, "True")


class AnnexForm(SeenForm[Annex]):
    """What an annex is, whether the public may read it and why not, how it travels.

    ``size`` is that of the file it will have, in bytes. One that is restricted is never attached.
    """

    conditional = frozenset({"reason", "reason_words"})
    publishable = forms.TypedChoiceField(
        label=_("Communication au public"),
        choices=[(True, _("Publiable")), (False, _("Restreinte : elle n’est pas publiée"))],
        coerce=_yes,
        empty_value=None,
        initial=True,
        widget=forms.RadioSelect,
    )
    attached = forms.TypedChoiceField(
        label=_("Où elle voyage"),
        choices=[
            (True, _("Jointe : dans le PDF du contrat, que les signatures couvrent")),
            (False, _("À côté : sur la plateforme, désignée dans le contrat par son empreinte")),
        ],
        coerce=_yes,
        empty_value=None,
        initial=True,
        widget=forms.RadioSelect,
        help_text=_("Une annexe restreinte reste toujours à côté."),
    )

    class Meta:
        model = Annex
        fields = ("title", "kind", "publishable", "reason", "reason_words", "attached")
        labels = {"reason": _("Règle qui s’oppose à sa publication"), "reason_words": _("Précision")}
        help_texts = {
            "title": _("Il est imprimé dans le contrat : n’y mettez rien de ce qu’une restriction protège."),
            "reason": _("Due pour une annexe restreinte ; elle est imprimée dans le contrat."),
            "reason_words": _("Due pour un autre secret : citez l’article de loi."),
        }

    def __init__(self, *args: Any, contract: Contract, size: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract, self.size = contract, size or self.instance.size

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of a restriction; take none of what is published; hold to the limits."""
        cleaned = super().clean()
        publishable = cleaned.get("publishable")
        if publishable:
            cleaned["reason"], cleaned["reason_words"] = "", ""
        elif publishable is False:
            cleaned["attached"] = False
            owed = why_not_restricted(False, cleaned.get("reason", ""), cleaned.get("reason_words", ""))
            if owed == "reason":
                self.add_error(owed, _now("Dites quelle règle s’oppose à la publication de cette annexe."))
            elif owed:
                self.add_error(owed, _now("Précisez de quel secret il s’agit, et l’article de loi."))
        wished = Annex(pk=self.instance.pk, size=self.size, attached=bool(cleaned.get("attached")))
        field, refusal = annexes.why_too_much(self.contract, wished)
        if refusal:
            self.add_error(field if field in self.fields else None, refusal)
        return cleaned


class AnnexMoveForm(forms.Form):
    """Where an annex goes: by one place, or to a place."""

    direction = forms.ChoiceField(
        choices=[(annexes.UP, _("Monter")), (annexes.DOWN, _("Descendre"))], required=False
    )
    place = forms.IntegerField(min_value=1, max_value=annexes.AT_MOST, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or not (cleaned.get("direction") or cleaned.get("place")):
            raise ValidationError(_now("Dites où déplacer cet élément."), code="required")
        return cleaned
