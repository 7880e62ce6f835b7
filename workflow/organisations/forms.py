"""Forms of an organisation's administrator: invite, appoint, say which proof signing asks for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.civility import CivilityField
from stakeholders.granting import needs_act
from stakeholders.invitations import Invitation
from stakeholders.models import Mandate, Organisation, User
from stakeholders.models.organisations import ENDS_BEFORE_IT_STARTS
from stakeholders.proofs import Proof
from stakeholders.text import LineField
from workflow.powers.appointments import ROLES_TO_ADD
from workflow.powers.asking import ACT_IS_OWED
from workflow.tasks.act_files import ActFileField

_FROM_AND_TO = {"starts_on": _("À compter du"), "ends_on": _("Jusqu’au")}
_WITHOUT_END = _("Laissez vide un mandat sans terme.")
_WHERE_AN_ACT_IS_DUE = _("Pour une autorité, un adjoint ou un délégué : comme il se cite, et joint en PDF.")


class InvitationForm(forms.ModelForm[Invitation]):
    """Who is invited, to which office of the organisation, from when to when."""

    conditional = frozenset({"act", "document"})
    act = LineField(
        label=_("Acte de nomination"), max_length=200, required=False, help_text=_WHERE_AN_ACT_IS_DUE
    )
    civility = CivilityField()
    document = ActFileField(required=False)

    class Meta:
        model = Invitation
        fields = ("email", "civility", "first_name", "last_name", "office", "starts_on", "ends_on")
        labels = _FROM_AND_TO
        help_texts = {
            "email": _("Le lien d’invitation y est envoyé."),
            "ends_on": _WITHOUT_END,
        }

    field_order = ["email", "civility"]

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["office"].queryset = organisation.offices.all()  # type: ignore[attr-defined]
        self.fields["office"].empty_label = _("Choisissez une fonction")  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = timezone.localdate

    def _post_clean(self) -> None:
        """Check the dates and the act alone: the act fills in the rest."""
        _check_dates(self)
        _check_act(self)


class MandateForm(forms.ModelForm[Mandate]):
    """An office for somebody whom the organisation already knows."""

    conditional = frozenset({"act", "document"})
    document = ActFileField(required=False)

    class Meta:
        model = Mandate
        fields = ("person", "office", "starts_on", "ends_on", "act")
        labels = _FROM_AND_TO
        help_texts = {
            "person": _("Qui exerce ou a exercé une fonction dans l’organisation."),
            "ends_on": _WITHOUT_END,
            "act": _WHERE_AN_ACT_IS_DUE,
        }

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = User.objects.filter(is_active=True, mandates__office__organisation=organisation)
        self.fields["person"].queryset = known.distinct()  # type: ignore[attr-defined]
        self.fields["person"].empty_label = _("Choisissez une personne")  # type: ignore[attr-defined]
        self.fields["office"].queryset = organisation.offices.all()  # type: ignore[attr-defined]
        self.fields["office"].empty_label = _("Choisissez une fonction")  # type: ignore[attr-defined]
        self.fields["starts_on"].initial = timezone.localdate

    def _post_clean(self) -> None:
        """Check the dates and the act alone: the act checks the rest under its lock."""
        _check_dates(self)
        _check_act(self)


class OfficeForm(forms.Form):
    """An office that the organisation lacks, of a role that gives no power to sign, approve or administer."""

    title = LineField(
        label=_("Intitulé"),
        max_length=200,
        help_text=_("Par exemple « chargée de mission, prévention de la délinquance »."),
    )
    role = forms.ChoiceField(
        label=_("Rôle"),
        choices=[(role.value, role.label) for role in ROLES_TO_ADD],
        widget=forms.RadioSelect,
        help_text=_(
            "Une fonction qui signe, approuve, enregistre les délibérations ou administre est créée par "
            "l’administrateur de la plateforme."
        ),
    )


class ProofForm(forms.Form):
    """What the organisation asks of its signatories."""

    signing_proof = forms.ChoiceField(
        label=_("Pour signer, il faut au moins"), choices=Proof.choices, widget=forms.RadioSelect
    )


def _check_dates(form: forms.ModelForm[Any]) -> None:
    starts_on, ends_on = form.cleaned_data.get("starts_on"), form.cleaned_data.get("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        form.add_error("ends_on", ENDS_BEFORE_IT_STARTS)


def _check_act(form: forms.ModelForm[Any]) -> None:
    office = form.cleaned_data.get("office")
    if office is None or not needs_act(office):
        return
    if not form.cleaned_data.get("act"):
        form.add_error("act", _("Citez l’acte qui nomme le titulaire de cette fonction."))
    if not form.cleaned_data.get("document") and "document" not in form.errors:
        form.add_error("document", ACT_IS_OWED)
