"""What an organisation writes for itself about a contract."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract
from stakeholders.models import Mandate, Organisation
from stakeholders.text import Lines


class InternalNote(models.Model):
    """A note that only the people of one organisation read.

    It is no act: neither the journal nor an event tells of it, since all parties read those.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="internal_notes")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="internal_notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="+")
    text = Lines(_("note"))
    at = models.DateTimeField(_("le"), auto_now_add=True)

    class Meta:
        verbose_name = _("note interne")
        verbose_name_plural = _("notes internes")
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(name="internal_note_says_something", condition=~Q(text=""))]
        indexes = [models.Index(fields=["contract", "organisation"])]

    def __str__(self) -> str:
        return f"{self.organisation.short_name}, {self.contract_id}"
