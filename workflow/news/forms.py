"""How somebody wants to be mailed."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract
from workflow.news.kinds import KINDS
from workflow.notices.models import MailChoice

HOURS = [(hour, f"{hour} h") for hour in range(6, 21)]
WORKING_DAYS = [(number, WEEKDAYS[number]) for number in range(5)]


class MailChoiceForm(forms.ModelForm[MailChoice]):
    """When, and about what; what one has to do is never switched off."""

    hour = forms.TypedChoiceField(
        label=_("Heure du courriel groupé"),
        coerce=int,
        choices=HOURS,
        help_text=_("Les jours ouvrés, à l’heure de Paris."),
    )
    weekday = forms.TypedChoiceField(
        label=_("Jour du courriel de la semaine"),
        coerce=int,
        choices=WORKING_DAYS,
        help_text=_("Si ce jour est férié, le courriel part le jour ouvré suivant."),
    )
    unwanted = forms.MultipleChoiceField(
        label=_("Ne m’écrivez pas quand"),
        required=False,
        choices=[(kind.code, kind.label) for kind in KINDS.values() if not kind.is_owed],
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Ces nouvelles restent sur la page « Nouvelles ». Ce que vous avez à faire, un refus, une "
            "version retirée ou la fin d’un contrat vous sont toujours écrits."
        ),
    )

    class Meta:
        model = MailChoice
        fields = ("rhythm", "hour", "weekday", "unwanted")
        widgets = {"rhythm": forms.RadioSelect}  # noqa: RUF012 (Django's own way)


class CalendarForm(forms.Form):
    """What a calendar is to follow: everything, or one contract."""

    contract = forms.ChoiceField(label=_("Que suit ce calendrier ?"), required=False)

    def __init__(self, *args: Any, contracts: list[Contract], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["contract"])
        field.choices = [("", _("Toutes mes échéances"))] + [
            (str(one.pk), f"{one.title} ({one.reference})") for one in contracts
        ]
