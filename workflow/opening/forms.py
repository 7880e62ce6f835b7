"""The forms of the five pages. What may be left empty is proposed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.figures import CountField
from contracts.kinds import kind
from contracts.models import Contract, SignatoryKind
from stakeholders.days import DayField, of_contract
from stakeholders.kinds import KINDS
from stakeholders.models import Office, Organisation
from stakeholders.terms import Zone
from stakeholders.text import LineField, LinesField, one_line
from workflow.opening import timetable
from workflow.opening.models import KIND_CHOICES, OrganisationRequest
from workflow.opening.participants import INTERMUNICIPALITY, MUNICIPALITY, offered
from workflow.opening.proposals import parts_open_to, proposed_part
from workflow.opening.schedule import DIAGNOSTIC

LONGEST_STEP = 366  # working days
STEPS = {
    "contribute": gettext_lazy("Contributions au diagnostic"),
    "synthesise": gettext_lazy("Synthèse du diagnostic"),
    "accept_synthesis": gettext_lazy("Synthèse à valider"),
    "draft": gettext_lazy("Rédaction du projet"),
    "freeze": gettext_lazy("Version à figer"),
    "review": gettext_lazy("Avis"),
    "approve": gettext_lazy("Approbation"),
    "council_resolution": gettext_lazy("Délibération exécutoire"),
    "sign": gettext_lazy("Signature, pour chaque signataire"),
}


class OrganisationBoxes(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Organisations by boxes, each with its territory where its name does not say it."""

    widget = forms.CheckboxSelectMultiple

    def label_from_instance(self, obj: Any) -> str:
        """Show the name, and where it is."""
        where = obj.territory if obj.territory and obj.territory not in obj.name else ""
        return f"{obj.name} ({where})" if where else str(obj.name)


class PerimeterForm(forms.Form):
    """Which communes, which EPCI, from when to when, beside which frameworks."""

    communes = OrganisationBoxes(
        queryset=Organisation.objects.none(),
        label=gettext_lazy("Communes"),
        help_text=gettext_lazy("Chacune a son maire signataire, et sa délibération s’il y a lieu."),
        error_messages={"required": gettext_lazy("Choisissez au moins une commune.")},
    )
    groups = OrganisationBoxes(
        queryset=Organisation.objects.none(),
        label=gettext_lazy("Métropole ou intercommunalité"),
        required=False,
    )
    territory = LineField(
        label=gettext_lazy("Territoire"),
        max_length=120,
        help_text=gettext_lazy("Tel que les listes le nomment."),
    )
    perimeter_extension = LineField(
        label=gettext_lazy("Extension du périmètre"),
        required=False,
        max_length=400,
        help_text=gettext_lazy("Par exemple : les lignes de transport qui sortent de la commune."),
    )
    period_start = DayField(label=gettext_lazy("Début"))
    period_end = DayField(label=gettext_lazy("Fin"))
    period_rule = LineField(label=gettext_lazy("Mode de calcul de la durée"), required=False, max_length=250)
    frameworks = LinesField(
        label=gettext_lazy("Cadres existants"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Un par ligne : contrat de ville, convention de coordination, STSPD…"),
    )

    def __init__(self, *args: Any, contract: Contract, sought: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        for name, code in (("communes", MUNICIPALITY), ("groups", INTERMUNICIPALITY)):
            rows = offered(contract, sought, code)
            queryset = Organisation.objects.filter(pk__in=[row.pk for row in rows]).order_by("name", "pk")
            self.fields[name].queryset = queryset  # type: ignore[attr-defined]
        if not self.fields["groups"].queryset:  # type: ignore[attr-defined]
            del self.fields["groups"]
        rules = " ; ".join(f"« {rule} »" for rule in kind(contract.kind).period_rules)
        self.fields["period_rule"].help_text = _("Par exemple : %(rules)s.") % {"rules": rules}

    def clean_frameworks(self) -> list[dict[str, str]]:
        """Return one framework a line, as the contract keeps them; those it had keep their kind."""
        before = {row["label"]: row["kind"] for row in self.contract.frameworks}
        lines = (one_line(line) for line in str(self.cleaned_data["frameworks"]).splitlines())
        return [{"kind": before.get(line, "other"), "label": line[:250]} for line in lines if line]

    def clean(self) -> dict[str, Any]:
        """Refuse a period in the wrong order, or of another age."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = cleaned.get("period_start"), cleaned.get("period_end")
        for name in ("period_start", "period_end"):
            if cleaned.get(name):
                try:
                    of_contract(cleaned[name], self.contract.created_at.year)
                except forms.ValidationError as error:
                    self.add_error(name, error)
        if start and end and end <= start:
            self.add_error("period_end", _("La fin du contrat est après son début."))
        return cleaned


class ParticipantsForm(forms.Form):
    """Each organisation with its part: a field « part-12 » for the organisation of that key."""

    def __init__(self, *args: Any, contract: Contract, sought: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        of_kind = kind(contract.kind)
        present = {row.organisation_id: row.part for row in contract.participations.all()}
        is_first = "participants" not in contract.opening.saved if hasattr(contract, "opening") else False
        communes = {key for key, part in present.items() if part == "city_pilot"}
        self.organisations = offered(contract, sought)
        for organisation in self.organisations:
            initial = present.get(organisation.pk, "")
            if is_first and not initial:
                initial = proposed_part(of_kind, organisation, communes) or ""
            parts = parts_open_to(organisation.kind)
            self.fields[self.name_of(organisation)] = forms.ChoiceField(
                label=organisation.name,
                required=False,
                choices=[("", _("Ne participe pas")), *((part.value, part.label) for part in parts)],
                initial=initial,
            )

    @staticmethod
    def name_of(organisation: Organisation) -> str:
        """Return the name of an organisation's field."""
        return f"part-{organisation.pk}"

    def rows(self) -> list[tuple[Organisation, forms.BoundField]]:
        """Return each organisation with its field, those of one kind together."""
        order = list(KINDS)
        ranked = sorted(self.organisations, key=lambda o: (order.index(o.kind), o.name))
        return [(organisation, self[self.name_of(organisation)]) for organisation in ranked]

    def parts(self) -> dict[Organisation, str]:
        """Return what was chosen, organisation by organisation, of what was sent."""
        return {
            organisation: self.cleaned_data[name]
            for organisation in self.organisations
            if (name := self.name_of(organisation)) in self.data
        }


class OrganisationRequestForm(forms.ModelForm[OrganisationRequest]):
    """An organisation that the platform does not know yet."""

    conditional = frozenset({"contact_name", "contact_email"})

    class Meta:
        model = OrganisationRequest
        fields = ("name", "kind", "contact_name", "contact_email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        kind.label = _("Nature de l’organisation")
        kind.choices = [("", _("Choisissez la nature de l’organisation")), *KIND_CHOICES]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Whoever is to be invited has a name and an address, or neither."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if bool(cleaned.get("contact_name")) != bool(cleaned.get("contact_email")) and not self.errors:
            empty = "contact_email" if cleaned.get("contact_name") else "contact_name"
            self.add_error(
                empty, _("Donnez le nom de la personne à inviter et son adresse, ou ni l’un ni l’autre.")
            )
        return cleaned


class PlaceForm(forms.Form):
    """One place on the signature page."""

    capacity = LineField(label=gettext_lazy("Qualité imprimée"), max_length=200)
    kind = forms.ChoiceField(label=gettext_lazy("Signe en tant que"), choices=SignatoryKind.choices)
    required = forms.BooleanField(label=gettext_lazy("Signature obligatoire"), required=False)
    council = forms.ChoiceField(label=gettext_lazy("Attend la délibération de"), required=False)

    def __init__(self, *args: Any, councils: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["council"].choices = [  # type: ignore[attr-defined]
            ("", _("N’attend aucune délibération")),
            *((str(o.pk), o.name) for o in councils),
        ]

    def facts(self) -> dict[str, Any]:
        """Return the columns of the place."""
        cleaned = self.cleaned_data
        return {
            "capacity": cleaned["capacity"],
            "kind": cleaned["kind"],
            "required": cleaned["required"],
            "needs_council_resolution": bool(cleaned["council"]),
            "council_id": int(cleaned["council"]) if cleaned["council"] else None,
        }


class OfficeChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Offices, each with its organisation."""

    def label_from_instance(self, obj: Any) -> str:
        """Show the office and whose it is."""
        return f"{obj.organisation.name}{_(' : ')}{obj.title}"


class SeatForm(forms.Form):
    """Another office that signs."""

    office = OfficeChoice(
        queryset=Office.objects.none(),
        label=gettext_lazy("Fonction qui signe"),
        empty_label=gettext_lazy("Choisissez une fonction"),
        error_messages={"required": gettext_lazy("Choisissez la fonction à ajouter.")},
    )

    def __init__(self, *args: Any, offices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = offices  # type: ignore[attr-defined]


class CalendarForm(forms.Form):
    """The target, the working days of each step, the holidays, the sessions of the councils."""

    target_date = DayField(label=gettext_lazy("Signature souhaitée le"), required=False)
    with_diagnostic = forms.BooleanField(
        label=gettext_lazy("Commencer par un diagnostic partagé"),
        required=False,
        help_text=gettext_lazy(
            "Chaque organisation y contribue avant la rédaction ; enregistrez pour en régler les délais."
        ),
    )
    zone = forms.ChoiceField(
        label=gettext_lazy("Jours fériés"), choices=Zone.choices, required=False, widget=forms.RadioSelect
    )
    keeps_good_friday = forms.BooleanField(
        label=gettext_lazy("Le Vendredi saint est chômé"),
        required=False,
        help_text=gettext_lazy(
            "En Alsace et en Moselle, dans les communes qui ont un temple protestant ou une église mixte."
        ),
    )

    conditional = frozenset({"zone"})  # « Droit commun » is an answer too

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = {**kind(contract.kind).days, **contract.days}
        self.of_contract = dict(own)
        self.councils = timetable.councils(contract)
        for step, label in STEPS.items():
            if step == "council_resolution" and not self.councils:
                continue
            if step in DIAGNOSTIC and not contract.with_diagnostic:
                continue
            self.fields[f"days-{step}"] = CountField(
                label=label,
                min_value=1,
                max_value=LONGEST_STEP,
                initial=own[step],
                help_text=_("En jours ouvrés."),
            )
        for council in self.councils:
            self.fields[f"session-{council.pk}"] = DayField(
                label=_("Séance du conseil : %(name)s") % {"name": council.name},
                required=False,
                initial=timetable.session_of(contract, council.pk),
            )

    def days(self) -> dict[str, int]:
        """Return the days of each step: those that were given, and the others as they were."""
        asked = [step for step in STEPS if f"days-{step}" in self.fields]
        return {**self.of_contract, **{step: int(self.cleaned_data[f"days-{step}"]) for step in asked}}

    def sessions(self) -> dict[int, dt.date | None]:
        """Return the day of each council's session."""
        return {council.pk: self.cleaned_data[f"session-{council.pk}"] for council in self.councils}
