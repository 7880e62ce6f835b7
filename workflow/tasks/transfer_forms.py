"""The form that passes a task on to a colleague."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.incompatibilities import NEGOTIATING, keeping_apart
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation
from stakeholders.serving import MandateChoice, serving
from workflow.tasks.fields import reason_field


class TransferForm(forms.Form):
    """To which colleague, and why."""

    receiver = MandateChoice(queryset=Mandate.objects.none(), label=_("À qui"))
    reason = reason_field(
        _("Motif"), required=True, help_text=_("Vos collègues et les parties au contrat le liront.")
    )

    def __init__(
        self, *args: Any, organisation: Organisation, giver: Mandate, power: Power | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        colleagues = serving(organisation).filter(starts_on__lte=today).exclude(person=giver.person_id)
        if power in NEGOTIATING:
            colleagues = colleagues.exclude(person__in=keeping_apart(today, today).values("person"))
        self.fields["receiver"].queryset = colleagues  # type: ignore[attr-defined]
