"""Forms of the draft: contract, volets, commitments; none overwrites what it has not shown (``seen``)."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from contracts import order, owners
from contracts.figures import AmountField, FigureField
from contracts.kinds import volets_offered
from contracts.models import Commitment, Contract, Volet
from contracts.seen import SeenForm
from stakeholders import days
from stakeholders.communes import CommuneNamesField
from stakeholders.models import Organisation


class ContractForm(SeenForm[Contract]):
    """What the first pages of the contract say."""

    communes = CommuneNamesField(
        label=_("Communes du périmètre"),
        help_text=_("Séparées par des virgules."),
    )

    class Meta:
        model = Contract
        fields = (
            "title",
            "territory",
            "communes",
            "perimeter_extension",
            "preamble",
            "period_start",
            "period_end",
            "period_rule",
            "document_date",
        )
        labels = {"period_rule": _("Mode de calcul de la durée")}

    def clean(self) -> dict[str, Any]:
        """Take no day older than such a contract can cite."""
        cleaned = super().clean()
        refuse_old_days(self, self.instance, "period_start", "period_end", "document_date")
        return cleaned


class VoletForm(SeenForm[Volet]):
    """A chapter: its model, its title, its text."""

    class Meta:
        model = Volet
        fields = ("template", "title", "lead", "text")

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        self.fields["lead"].queryset = participants(contract)  # type: ignore[attr-defined]
        offered = volets_offered(contract.kind, self.instance.template)
        self.fields["template"].choices = offered  # type: ignore[attr-defined]

    def save(self, commit: bool = True) -> Volet:
        """Put a new volet last."""
        if not self.instance.pk:
            self.instance.contract = self.contract
            self.instance.order = order.next_place(self.contract.volets.all())
        return super().save(commit)


_IN_ITS_UNIT = _("Dans l’unité de l’indicateur.")


class CommitmentForm(SeenForm[Commitment]):
    """One promise, its indicator, its date."""

    class Meta:
        model = Commitment
        fields = (
            "volet",
            "title",
            "description",
            "party",
            "lead",
            "owner",
            "contributors",
            "indicator",
            "unit",
            "baseline",
            "target",
            "direction",
            "periodicity",
            "due_date",
            "budget_eur",
            "publishable",
        )
        widgets = {
            "contributors": forms.CheckboxSelectMultiple,
        }
        field_classes = {"baseline": FigureField, "target": FigureField, "budget_eur": AmountField}
        labels = {
            "direction": _("Évolution attendue"),
            "publishable": _("Communicable au public (CRPA, art. L. 311-5)"),
        }
        help_texts = {
            "owner": _("Une personne en fonction dans l’organisation responsable."),
            "baseline": _IN_ITS_UNIT,
            "target": _IN_ITS_UNIT,
        }

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contract = contract
        organisations = participants(contract)
        self.fields["volet"].queryset = contract.volets.all()  # type: ignore[attr-defined]
        self.fields["lead"].queryset = organisations  # type: ignore[attr-defined]
        self.fields["contributors"].queryset = organisations  # type: ignore[attr-defined]
        owner = cast(forms.ModelChoiceField[Any], self.fields["owner"])
        owner.queryset = owners.eligible(organisations, self.instance.owner_id)
        owner.choices = owners.grouped(organisations, owner.queryset, self.instance.owner_id)
        owner.widget.attrs["data-follows"] = self["lead"].id_for_label

    def clean(self) -> dict[str, Any]:
        """Ask for an indicator before its figures."""
        cleaned = super().clean()
        figures = any(cleaned.get(name) is not None for name in ("baseline", "target"))
        if figures and not cleaned.get("indicator"):
            self.add_error("indicator", _("Nommez l’indicateur dont vous donnez les valeurs."))
        if {"owner", "lead"} & set(self.changed_data) and (
            refusal := owners.why_not_owner(cleaned.get("owner"), cleaned.get("lead"))
        ):
            self.add_error("owner", refusal)
        refuse_old_days(self, self.contract, "due_date")
        return cleaned

    def save(self, commit: bool = True) -> Commitment:
        """Put a commitment that is new to its volet last; the one that it leaves closes up."""
        volet = self.instance.volet
        before = Commitment.objects.get(pk=self.instance.pk).volet if self.instance.pk else volet
        if not self.instance.pk or before != volet:
            self.instance.order = order.next_place(volet.commitments.all())
        saved = super().save(commit)
        if before != volet:
            order.close_up(before.commitments.all())
        return saved


def refuse_old_days(form: forms.BaseForm, contract: Contract, *names: str) -> None:
    """Add to each field the sentence that says its day is too old for the contract."""
    for name in names:
        if day := form.cleaned_data.get(name):
            try:
                days.of_contract(day, contract.created_at.year)
            except ValidationError as error:
                form.add_error(name, error)


class MoveForm(forms.Form):
    """Where a volet or a commitment goes: by one place, or to a place, of another volet too."""

    direction = forms.ChoiceField(
        choices=[(order.UP, _("Monter")), (order.DOWN, _("Descendre"))], required=False
    )
    place = forms.IntegerField(min_value=1, max_value=10_000, required=False)
    volet = forms.ModelChoiceField(Volet.objects.none(), required=False)

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["volet"].queryset = contract.volets.all()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors or not (cleaned.get("direction") or cleaned.get("place")):
            raise ValidationError(_("Dites où déplacer cet élément."), code="required")
        return cleaned


def participants(contract: Contract) -> QuerySet[Organisation]:
    """Return the organisations that take part in the contract."""
    return Organisation.objects.filter(participations__contract=contract).order_by("name")
