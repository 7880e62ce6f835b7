"""Forms of contacts and of guests."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stakeholders.civility import CivilityField
from stakeholders.models import Organisation
from stakeholders.text import LineField, LinesField, MailField, NameField


class ContactForm(forms.Form):
    """Whom an organisation wants asked; the organisations offered are those the reader may name for."""

    organisation = forms.ModelChoiceField(
        Organisation.objects.none(),
        label=_("Organisation"),
        empty_label=None,
        error_messages={"invalid_choice": _("Choisissez une des organisations proposées.")},
    )
    civility = CivilityField()
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
        # never the first of several by default: a contract would be sent to the wrong one by a click
        field.empty_label = _("Choisissez une organisation") if len(organisations) > 1 else None


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
