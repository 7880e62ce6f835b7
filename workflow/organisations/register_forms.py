"""Forms of the register, of absences and of handovers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.communes import CommuneNamesField
from stakeholders.days import DayField
from stakeholders.kinds import ContractKind
from stakeholders.models import AuthorityKind, Mandate, Office, Organisation, SigningAuthority
from stakeholders.serving import MandateChoice, serving
from stakeholders.substitution import SUBSTITUTABLE
from stakeholders.text import LineField, LinesField
from workflow.tasks.act_files import ActFileField


class AuthorityForm(forms.ModelForm[SigningAuthority]):
    """One act, as it reads; what its kind does not need is left empty."""

    conditional = frozenset({"grantor", "published_in", "published_on", "document"})
    kind = forms.ChoiceField(
        label=_("Nature"),
        choices=[choice for choice in AuthorityKind.choices if choice[0] != AuthorityKind.OFFICE_HOLDER],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez la nature de l’acte.")},
    )
    grantor = MandateChoice(
        queryset=Mandate.objects.none(),
        label=_("Délégant, ou personne suppléée"),
        required=False,
        help_text=_("Laissez vide pour un intérim : la fonction est vacante."),
    )
    delegate = MandateChoice(queryset=Mandate.objects.none(), label=_("Bénéficiaire"))
    contract_kinds = forms.MultipleChoiceField(
        label=_("Natures de contrat"),
        choices=ContractKind.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Aucune case : toutes les natures."),
    )
    communes = CommuneNamesField(
        label=_("Communes couvertes"),
        required=False,
        help_text=_("Séparées par des virgules. Vide : tout le ressort de la fonction."),
    )
    document = ActFileField(required=False)

    class Meta:
        model = SigningAuthority
        fields = (
            "kind",
            "office",
            "grantor",
            "delegate",
            "act",
            "published_in",
            "published_on",
            "starts_on",
            "ends_on",
            "covers_contract_signature",
            "scope",
            "contract_kinds",
            "communes",
        )
        labels = {"starts_on": _("À compter du"), "ends_on": _("Jusqu’au")}
        help_texts = {
            "act": _("Comme il se cite : « Arrêté préfectoral n° … du … »."),
            "published_in": _("Par exemple : RAA. Une délégation ne vaut qu’une fois publiée."),
            "covers_contract_signature": _(
                "Une délégation générale ne la couvre pas toujours : lisez l’acte."
            ),
            "ends_on": _("Vide : jusqu’à nouvel ordre, ou jusqu’à la fin du mandat de qui l’a donnée."),
        }

    field_order = ["kind", "office", "grantor", "delegate", "act", "document"]

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = Mandate.objects.filter(office__organisation=organisation).select_related("person", "office")
        self.fields["office"].queryset = Office.objects.filter(  # type: ignore[attr-defined]
            organisation=organisation
        )
        self.fields["office"].empty_label = _("Choisissez une fonction")  # type: ignore[attr-defined]
        self.fields["office"].label_from_instance = lambda office: office.title  # type: ignore[attr-defined]
        self.fields["grantor"].queryset = people  # type: ignore[attr-defined]
        self.fields["delegate"].queryset = serving(organisation)  # type: ignore[attr-defined]


class AbsenceForm(forms.Form):
    """Who will be away, from when to when, who acts meanwhile, for which acts."""

    mandate = MandateChoice(queryset=Mandate.objects.none(), label=_("Qui s’absente"))
    substitute = MandateChoice(queryset=Mandate.objects.none(), label=_("Qui agit pendant ce temps"))
    starts_on = DayField(label=_("Premier jour"))
    ends_on = DayField(label=_("Dernier jour"))
    powers = forms.MultipleChoiceField(
        label=_("Actes confiés"),
        choices=[(power.value, label) for power, label in SUBSTITUTABLE.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "La signature ne se confie pas par une absence : elle demande une délégation ou une suppléance "
            "inscrite au registre des habilitations."
        ),
        error_messages={"required": _("Choisissez au moins un acte.")},
    )
    note = LineField(label=_("Remarque"), required=False, max_length=400)

    def __init__(
        self, *args: Any, organisation: Organisation, absentees: QuerySet[Mandate], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["mandate"].queryset = absentees  # type: ignore[attr-defined]
        self.fields["substitute"].queryset = serving(organisation)  # type: ignore[attr-defined]
        if len(absentees) == 1:
            self.initial.setdefault("mandate", absentees[0].pk)

    def clean_ends_on(self) -> dt.date:
        """An absence is declared before it is over."""
        last: dt.date = self.cleaned_data["ends_on"]
        if last < timezone.localdate():
            raise forms.ValidationError(_("Ce jour est passé : une absence se déclare avant sa fin."))
        return last


class HandoverForm(forms.Form):
    """The last day of a mandate, and what the next holder should know."""

    ends_on = DayField(label=_("Dernier jour du mandat"))
    handover = LinesField(
        label=_("Note de passation"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_(
            "Le prochain titulaire la lira en tête de ses tâches. "
            "N’y écrivez rien sur des affaires individuelles."
        ),
    )
