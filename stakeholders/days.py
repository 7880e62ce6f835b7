"""Days as people type them: a plausible year, in forms, in the administration's pages and in what acts save.

A year cut short (« 0026 ») or one figure too many is a slip that a calendar lets through, and a resolution
« exécutoire depuis 0026 » would open a signature. One class of field for forms, one for models.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from stakeholders import wording

CENTURY = 100  # years, before and after the present one
BEFORE_OPENING = 10  # years: what a contract cites is not older


def plausible(day: dt.date) -> None:
    """Raise ValidationError, which says what to type, unless the day is within a century of today."""
    if day.year < 1000:
        raise ValidationError(
            _("L’année %(year)s n’est pas plausible : écrivez-la sur quatre chiffres.") % {"year": day.year},
            code="year",
        )
    if abs(day.year - timezone.localdate().year) > CENTURY:
        raise ValidationError(
            _("L’année %(year)s n’est pas plausible : vérifiez-la.") % {"year": day.year}, code="year"
        )


def of_contract(day: dt.date, opened_in: int) -> None:
    """Raise ValidationError for a day that is not plausible, or too old for a contract opened that year."""
    plausible(day)
    if day.year < opened_in - BEFORE_OPENING:
        raise ValidationError(
            _(
                "Le %(day)s est trop ancien pour un contrat ouvert en %(opened)s : vérifiez l’année, "
                "pas avant %(first)s."
            )
            % {"day": wording.day(day), "opened": opened_in, "first": opened_in - BEFORE_OPENING},
            code="too_old",
        )


class DayInput(forms.DateInput):
    """The browser's own calendar; the value travels in ISO 8601."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"format": "%Y-%m-%d", **kwargs})


class DayField(forms.DateField):
    """A plausible day; typed where there is no calendar, day first whatever the language."""

    widget = DayInput
    input_formats = ("%Y-%m-%d", "%d/%m/%Y")
    default_validators = [plausible]  # noqa: RUF012 (Django's own)


if TYPE_CHECKING:  # mypy knows by its own class whether a column may be empty
    Day = models.DateField
else:

    class Day(models.DateField):
        """A column of plausible days; migrations see Django's own class."""

        default_validators = [plausible]  # noqa: RUF012 (Django's own)

        def formfield(self, **kwargs: Any) -> Any:
            """Ask for it by the field of the same rules."""
            return super().formfield(**{"form_class": DayField, **kwargs})

        def deconstruct(self) -> Any:
            """Be Django's own class for migrations: the column is the same."""
            name, _path, args, kwargs = super().deconstruct()
            return name, "django.db.models.DateField", args, kwargs
