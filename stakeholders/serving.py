"""Who serves in an organisation, as forms offer them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.models import Mandate, Organisation
from stakeholders.wording import in_sentence


class MandateChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """People by name and office; who is no longer offered when the form is sent is refused in words."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _(
            "Cette personne ne peut pas, ou ne peut plus, être choisie ici : prenez-en une autre de la liste."
        )
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"empty_label": _("Choisissez une personne"), **kwargs})

    def label_from_instance(self, obj: Any) -> str:
        """Show who, as what."""
        return f"{obj.person}, {in_sentence(obj.office.title)}"


def serving(organisation: Organisation) -> QuerySet[Mandate]:
    """Return the mandates of an organisation that run today or will, people in order."""
    today = timezone.localdate()
    rows = Mandate.objects.filter(
        office__organisation=organisation, withdrawn_at=None, person__is_active=True, limited_type=None
    ).exclude(ends_on__lt=today)
    return rows.select_related("person", "office").order_by("person__last_name", "pk")
