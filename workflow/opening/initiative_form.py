"""The first page of an opening: who asks, by which letter, for what kind of contract, from which other."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.kinds import kinds
from contracts.models import LONG_TEXT, Contract
from stakeholders.days import DayField
from stakeholders.text import LineField, LinesField
from workflow.opening.models import Initiative
from workflow.tasks.act_files import ActFileField


class InitiativeForm(forms.Form):
    """Who asks, by which letter, for what kind of contract."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Nature du contrat"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choisissez la nature du contrat.")},
    )
    initiative = forms.ChoiceField(
        label=gettext_lazy("À l’initiative de"),
        choices=Initiative.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Dites qui demande le contrat.")},
    )
    copied_from = forms.ModelChoiceField(
        queryset=Contract.objects.none(),
        required=False,
        label=gettext_lazy("Reprendre un contrat antérieur"),
        empty_label=gettext_lazy("Non, partir du modèle"),
        help_text=gettext_lazy(
            "Ses volets, ses engagements et ses clauses ; les échéances, les personnes et les signataires "
            "restent à donner."
        ),
    )
    with_figures = forms.BooleanField(
        required=False,
        label=gettext_lazy("Avec ses chiffres"),
        help_text=gettext_lazy("Valeurs de départ, cibles et budgets : relisez-les, ils datent d’alors."),
    )
    title = LineField(
        label=gettext_lazy("Titre"),
        required=False,
        max_length=250,
        help_text=gettext_lazy("Laissé vide, il reprend la nature du contrat et le territoire."),
    )
    reference = LineField(
        label=gettext_lazy("Référence"),
        required=False,
        max_length=40,
        help_text=gettext_lazy("Laissée vide, elle est numérotée d’elle-même, comme CSI-2027-001."),
    )
    letter_on = DayField(label=gettext_lazy("Date de la lettre d’initiative"), required=False)
    letter_text = LinesField(
        label=gettext_lazy("Texte de la lettre"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    letter = ActFileField(
        required=False,
        label=gettext_lazy("Ou la lettre, en PDF"),
        help_text=gettext_lazy("10 Mo au plus. Elle reste jointe au contrat."),
    )

    def __init__(self, *args: Any, earlier: QuerySet[Contract] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if earlier is None:  # a contract is copied when it is begun, and not later
            del self.fields["copied_from"], self.fields["with_figures"]
        else:
            self.fields["copied_from"].queryset = earlier  # type: ignore[attr-defined]
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            (one.code, one.title) for one in kinds().values()
        ]

    def clean(self) -> dict[str, Any]:
        """An earlier contract is taken up into one of its own kind."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        source, chosen = cleaned.get("copied_from"), cleaned.get("kind")
        if source is not None and chosen and source.kind != chosen:
            self.add_error(
                "copied_from",
                _("Ce contrat est d’une autre nature : choisissez-en un de la même, ou partez du modèle."),
            )
        return cleaned

    @property
    def conditional(self) -> frozenset[str]:
        """The fields of which one or the other is given: none is said to be optional."""
        return frozenset({"letter_text", "letter"})
