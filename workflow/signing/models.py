"""A refusal to sign."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models import Signatory
from workflow.engine.models import Act


class Refusal(Act):
    """A signatory refuses to sign, and says why."""

    signatory = models.ForeignKey(Signatory, models.PROTECT, related_name="refusals")

    class Meta:
        verbose_name = _("refus de signer")
        verbose_name_plural = _("refus de signer")
        constraints = [
            models.UniqueConstraint(fields=["version"], name="one_refusal_a_version"),
            models.CheckConstraint(
                name="refusal_says_why",
                condition=~Q(reason=""),
                violation_error_message=_("Dites pourquoi vous refusez de signer."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.signatory)
