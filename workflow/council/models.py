"""The resolution of the municipal council."""

from __future__ import annotations

import datetime as dt

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from stakeholders.days import Day
from stakeholders.text import Line
from workflow.engine.models import Act

REJECTION_OWES_WHY = _("Dites pourquoi le conseil a refusé.")


class CouncilResolution(Act):
    """The resolution of the municipal council on a version (CGCT L2121-29, L2131-1).

    Enforceable once published and received by the State's representative; ``adopted``
    false means that the council refused.
    """

    number = Line(_("numéro de la délibération"), max_length=60)
    session_on = Day(_("séance du"))
    adopted = models.BooleanField(_("adoptée"), default=True)
    votes_for = models.PositiveSmallIntegerField(_("voix pour"))
    votes_against = models.PositiveSmallIntegerField(_("voix contre"), default=0)
    abstentions = models.PositiveSmallIntegerField(_("abstentions"), default=0)
    published_on = Day(_("publiée le"), null=True, blank=True)
    transmitted_on = Day(_("transmise le"), null=True, blank=True)
    received_on = Day(_("accusé de réception du"), null=True, blank=True)

    class Meta:
        verbose_name = _("délibération")
        verbose_name_plural = _("délibérations")
        constraints = [
            models.UniqueConstraint(fields=["version"], name="one_resolution_a_version"),
            models.CheckConstraint(
                name="adopted_resolution_is_enforceable",
                # a comparison with NULL is neither true nor false, and a check lets it pass
                condition=Q(adopted=False)
                | Q(
                    published_on__isnull=False,
                    transmitted_on__isnull=False,
                    received_on__isnull=False,
                    published_on__gte=F("session_on"),
                    transmitted_on__gte=F("session_on"),
                    received_on__gte=F("transmitted_on"),
                ),
                violation_error_message=_(
                    "La délibération n’est pas exécutoire : il faut sa publication, sa transmission "
                    "et l’accusé de réception, dans l’ordre."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_enforceable(self) -> bool:
        """Whether it unlocks the mayor's signature."""
        return self.enforceable_on is not None

    @property
    def enforceable_on(self) -> dt.date | None:
        """The day from which it may be carried out (CGCT, art. L. 2131-1); None before, or if rejected."""
        if not (self.adopted and self.published_on and self.transmitted_on and self.received_on):
            return None
        return max(self.published_on, self.received_on)
