"""Forms of the acts: what a person fills in, never who they are or what they act on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contracts.forms import DayInput
from stakeholders.models import Organisation
from stakeholders.text import LineField, LinesField, MailField, NameField
from workflow import rules
from workflow.models import CouncilResolution, OpinionValue

MAX_REASON = 20_000  # characters


def reason_field(label: Any, *, required: bool = False, help_text: Any = "") -> LinesField:
    """Return the field of a reason that others will read."""
    return LinesField(
        label=label,
        required=required,
        max_length=MAX_REASON,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class FreezeForm(forms.Form):
    """What the version is for, in a few words."""

    label = LineField(
        label=_("Objet de la version"),
        required=False,
        max_length=200,
        help_text=_("Par exemple : « après les remarques de la police nationale »."),
    )


class OpinionForm(forms.Form):
    """An organisation's opinion on the version whose SHA-256 the page carried."""

    conditional = frozenset({"reason"})  # neither required nor « facultatif »: it depends on the rest

    value = forms.ChoiceField(
        label=_("Votre avis"),
        choices=[choice for choice in OpinionValue.choices if choice[0] != OpinionValue.NO_OPINION],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choisissez un avis.")},
    )
    reason = reason_field(
        _("Motif"),
        help_text=_("Nécessaire pour tout avis autre que favorable. Toutes les parties le liront."),
    )
    version_sha256 = LineField(widget=forms.HiddenInput, max_length=64)

    def clean(self) -> dict[str, Any]:
        """Ask why, where it is owed."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        value = cleaned.get("value")
        if value and rules.reason_is_owed(value) and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Dites pourquoi : un motif est requis pour cet avis."))
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
        if cleaned.get("decision") == "return" and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Dites pourquoi le texte est renvoyé en rédaction."))
        return cleaned


class ResolutionForm(forms.ModelForm[CouncilResolution]):
    """The council's resolution, as its extract reads."""

    conditional = frozenset({"published_on", "transmitted_on", "received_on", "reason"})
    adopted = forms.TypedChoiceField(
        label=_("Le conseil municipal a"),
        choices=[("yes", _("autorisé le maire à signer")), ("no", _("refusé"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": _("Dites ce que le conseil a décidé.")},
    )
    reason = reason_field(_("Motif du refus"), help_text=_("Seulement si le conseil a refusé."))

    class Meta:
        model = CouncilResolution
        fields = (
            "adopted",
            "number",
            "session_on",
            "votes_for",
            "votes_against",
            "abstentions",
            "published_on",
            "transmitted_on",
            "received_on",
            "reason",
        )
        widgets = {
            "session_on": DayInput,
            "published_on": DayInput,
            "transmitted_on": DayInput,
            "received_on": DayInput,
        }
        help_texts = {
            "received_on": _("Date de l’accusé de réception du contrôle de légalité."),
        }

    def clean(self) -> dict[str, Any]:
        """Ask for the dates that make an adopted resolution enforceable (CGCT L2131-1), or for the reason."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("adopted") is False and not cleaned.get("reason", "").strip():
            self.add_error("reason", _("Dites pourquoi le conseil a refusé."))
        if cleaned.get("adopted"):
            for name in ("published_on", "transmitted_on", "received_on"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(
                        name,
                        _("Sans cette date, la délibération n’est pas exécutoire : enregistrez-la ensuite."),
                    )
        return cleaned

    def _post_clean(self) -> None:
        """Leave the model's own checks to the act, which knows the version and the author."""


class PasswordForm(forms.Form):
    """Who signs says again who they are."""

    password = forms.CharField(
        label=_("Votre mot de passe"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("Donnez votre mot de passe pour confirmer que c’est vous.")},
    )
    document_sha256 = LineField(widget=forms.HiddenInput, max_length=64)


class CodeForm(forms.Form):
    """Who signs says again who they are, with the code that their application shows."""

    code = LineField(
        label=_("Code de votre application"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": _("Donnez le code que votre application affiche.")},
    )
    document_sha256 = LineField(widget=forms.HiddenInput, max_length=64)


class PasskeyForm(forms.Form):
    """What a passkey signed, as the browser hands it over."""

    credential = forms.JSONField(widget=forms.HiddenInput)
    document_sha256 = LineField(widget=forms.HiddenInput, max_length=64)


class ReasonForm(forms.Form):
    """A reason that everybody reads: a refusal to sign, a version taken back."""

    reason = reason_field(
        _("Motif"), required=True, help_text=_("Toutes les parties le liront. Il figurera au bordereau.")
    )


class ContactForm(forms.Form):
    """Whom an organisation wants asked; the organisations offered are those the reader may name for."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Organisation"),
        empty_label=None,
        error_messages={"invalid_choice": _("Choisissez une des organisations proposées.")},
    )
    first_name = NameField(label=_("Prénom"), max_length=150)
    last_name = NameField(label=_("Nom"), max_length=150)
    quality = LineField(
        label=_("Fonction"),
        max_length=150,
        help_text=_("Telle qu’elle figurera à côté de l’avis, par exemple « directrice de la proximité »."),
    )
    email = MailField(
        label=_("Adresse électronique"),
        help_text=_("Nominative : le code de confirmation n’est envoyé qu’à cette adresse."),
    )

    def __init__(self, *args: Any, organisations: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["organisation"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (declared above)
        field.queryset = Organisation.objects.filter(pk__in=[o.pk for o in organisations])


class MailedCodeForm(forms.Form):
    """The six digits of the mail; spaces between them are forgiven."""

    code = LineField(
        label=_("Code à six chiffres"),
        max_length=20,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "autofocus": True}
        ),
        error_messages={"required": _("Tapez les six chiffres reçus par courriel.")},
    )

    def clean_code(self) -> str:
        """Drop what people put between the digits."""
        return "".join(str(self.cleaned_data["code"]).split())


class ReportForm(forms.Form):
    """« Ce n’est pas moi », with a word of explanation for whoever named the address."""

    reason = LinesField(
        label=_("Précision"),
        required=False,
        max_length=500,
        help_text=_(
            "Par exemple : « cette personne a quitté l’organisme ». "
            "Lue par qui tient les contacts du contrat."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class NoteForm(forms.Form):
    """A note that the organisation keeps for itself."""

    text = LinesField(
        label=_("Ajouter une note"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Écrivez la note avant de la garder.")},
    )
