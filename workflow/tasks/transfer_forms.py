"""The form that passes a task on to a colleague."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stakeholders.models import Mandate, Organisation
from stakeholders.serving import MandateChoice, serving
from workflow.tasks.fields import reason_field


class TransferForm(forms.Form):
    """To which colleague, and why."""

    receiver = MandateChoice(queryset=Mandate.objects.none(), label=_("À qui"))
    reason = reason_field(
        _("Motif"), required=True, help_text=_("Vos collègues et les parties au contrat le liront.")
    )

    def __init__(self, *args: Any, organisation: Organisation, giver: Mandate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["receiver"].queryset = serving(organisation).exclude(  # type: ignore[attr-defined]
            person=giver.person_id
        )
