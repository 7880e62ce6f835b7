"""What a pilot fills in to remind, or to put a term off."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from stakeholders.days import DayField
from stakeholders.text import LinesField
from workflow.engine.tasks import Task
from workflow.reminders.acts import LONGEST_WORD
from workflow.tasks.fields import reason_field


class RemindForm(forms.Form):
    """Whom to remind, among those who are awaited, and what to add."""

    task = forms.TypedMultipleChoiceField(
        label=_("Qui relancer"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("Cochez au moins une tâche à relancer."),
            "invalid_choice": _("Une des tâches cochées n’est plus attendue : relisez la liste."),
        },
    )
    word = LinesField(
        label=_("Un mot de votre part"),
        required=False,
        max_length=LONGEST_WORD,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Il est joint au courriel tel quel, sous votre nom, et reste au journal du contrat."),
    )

    def __init__(self, *args: Any, awaited: list[Task], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].choices = [(task.pk, str(task.title)) for task in awaited]  # type: ignore[attr-defined]


class ExtendForm(forms.Form):
    """Until when, and why."""

    due_on = DayField(label=_("Nouvelle échéance"))
    reason = reason_field(
        _("Motif"),
        required=True,
        help_text=_("Les intéressés le reçoivent ; tous les participants le lisent au journal."),
    )
