"""Forms of the platform's administrator."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from stakeholders import identifiers
from stakeholders.civility import CivilityField
from stakeholders.kinds import KINDS
from stakeholders.models import Office, Organisation, Role, User
from stakeholders.text import LineField, MailField, NameField
from stakeholders.titles import Article, article_of
from workflow.platform.tables import LARGEST
from workflow.powers.forms import NewAccountForm
from workflow.tasks.fields import reason_field
from workflow.tasks.weighed import UNREADABLE, at_most

GUESSED = "auto"


class SiretField(LineField):
    """A SIRET, its digits grouped as one likes."""

    def clean(self, value: Any) -> str:
        """Check the number."""
        text: str = super().clean(value)
        return identifiers.siret(text) if text else ""


class CommunesField(LineField):
    """Codes of communes."""

    def clean(self, value: Any) -> Any:
        """Check each code; return the list."""
        return identifiers.communes(super().clean(value) or "")

    def prepare_value(self, value: Any) -> Any:
        """Show a list as it is typed."""
        return ", ".join(value) if isinstance(value, list) else value


class OrganisationForm(forms.ModelForm[Organisation]):
    """What is said of an organisation; its kind is settled once it exists."""

    article = forms.ChoiceField(
        label=_("Article, dans une phrase"),
        choices=[
            (GUESSED, _("d’après le nom : « préfecture », « parquet » ou « office » suffisent")),
            *Article.choices,
        ],
        required=False,
        widget=forms.RadioSelect,
        help_text=_(
            "Les courriels et les pages écrivent par exemple « la préfecture de l’Orme vous invite »."
        ),
    )
    siret = SiretField(
        label=_("SIRET"),
        required=False,
        max_length=30,
        help_text=_("Quatorze chiffres ; reconnaît l’organisation lors d’un import."),
    )
    communes = CommunesField(
        label=_("Communes"),
        required=False,
        max_length=6000,
        help_text=_(
            "Codes INSEE de la commune ou de celles du périmètre, séparés par des virgules : 61001, 2A004. "
            "Ce n’est pas le code postal."
        ),
    )

    class Meta:
        model = Organisation
        fields = ("kind", "name", "article", "short_name", "territory", "communes", "siret", "email_domain")
        help_texts = {
            "name": _("Nom entier, comme « Préfecture de l’Orme »."),
            "short_name": _("Pour les listes, comme « Préfecture »."),
            "territory": _("Département ou commune, comme les pages le nomment."),
            "email_domain": _("Celui des adresses de ses agents, comme ville.fr."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["kind"]
        else:
            self.initial["article"] = GUESSED

    def clean(self) -> dict[str, Any]:
        """Guess the article of the name where it is asked for."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("article") == GUESSED:
            cleaned["article"] = article_of(cleaned.get("name") or "").value
        return cleaned


class KindForm(forms.Form):
    """The kind of an organisation."""

    kind = forms.ChoiceField(
        label=_("Nature"),
        choices=[(kind.code, kind.label) for kind in KINDS.values()],
        widget=forms.RadioSelect,
        help_text=_(
            "Elle dit ce que l’organisation peut faire dans un contrat : rédiger, rendre un avis, approuver, "
            "délibérer, signer. Elle ne change que tant que rien n’en dépend."
        ),
    )


class WhyForm(forms.Form):
    """Why the administrator refuses or ends something."""

    reason = reason_field(
        _("Motif"), required=True, help_text=_("La personne concernée le lira ; il est porté au journal.")
    )


class OfficeForm(forms.ModelForm[Office]):
    """An office of any role; nobody holds it yet."""

    role = forms.ChoiceField(label=_("Rôle"), choices=Role.choices, widget=forms.RadioSelect)

    class Meta:
        model = Office
        fields = ("title", "role", "administers")
        help_texts = {"title": _("Comme dans l’arrêté ou l’organigramme : « Préfet de l’Orme ».")}

    def _post_clean(self) -> None:
        """Leave the rest to the act, which holds the organisation."""


class AdministratorForm(forms.Form):
    """A colleague who will administer the platform too."""

    email = MailField(
        label=_("Adresse électronique"), help_text=_("De quoi choisir un mot de passe y est envoyé.")
    )
    civility = CivilityField()
    first_name = NameField(label=_("Prénom"), max_length=150)
    last_name = NameField(label=_("Nom"), max_length=150)


class FirstCodeForm(forms.Form):
    """The code that the server printed."""

    code = LineField(
        label=_("Code de première installation"),
        max_length=60,
        help_text=_("Vingt signes en quatre groupes ; les tirets et les majuscules ne comptent pas."),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )


class FirstAdministratorForm(NewAccountForm):
    """Who administers the platform first, and their password."""

    email = MailField(label=_("Adresse électronique"), help_text=_("Elle sert à vous connecter."))
    civility = CivilityField()
    first_name = NameField(label=_("Prénom"), max_length=150)
    last_name = NameField(label=_("Nom"), max_length=150)

    field_order = ("email", "civility", "first_name", "last_name", "password1", "password2")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, person=User(), **kwargs)

    def clean_password1(self) -> str:
        """Refuse a password made of the name just typed."""
        known = ("email", "first_name", "last_name")
        self.person = User(**{name: self.cleaned_data.get(name, "") for name in known})
        return super().clean_password1()

    @property
    def facts(self) -> dict[str, str]:
        """What the act takes, once it is valid."""
        names = ("email", "civility", "first_name", "last_name")
        return {
            **{name: self.cleaned_data[name] for name in names},
            "password": self.cleaned_data["password1"],
        }


class ImportForm(forms.Form):
    """The file to import."""

    file = forms.FileField(
        label=_("Fichier"),
        help_text=_("Le modèle rempli, en CSV ou en .ods : deux mégaoctets au plus."),
        widget=forms.FileInput(attrs=at_most(LARGEST, accept=".csv,.ods,text/csv")),
        error_messages={"empty": UNREADABLE},
    )


def refuse(form: forms.BaseForm, message: str, field: str | None) -> None:
    """Say a refusal beside its field where the form has it."""
    form.add_error(field if field in form.fields else None, ValidationError(message))
