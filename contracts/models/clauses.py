"""The clauses of a contract beside its volets: those of its kind, as its pilots adapt them."""

from __future__ import annotations

from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.long_text import LongText
from contracts.models.contract import LONG_TEXT, Contract
from stakeholders.text import Line


class ClausePlace(models.TextChoices):
    """Where a clause stands in the act."""

    VISAS = "visas", _("visas")
    BEFORE = "before", _("avant les volets")
    AFTER = "after", _("après les volets")


class Clause(models.Model):
    """A clause of one contract: taken from its kind when first edited, or added by its pilots.

    ``code`` is the kind's own, blank of one that was added; ``text`` has named fields in braces
    (:mod:`contracts.clauses`). ``left_out``: it stays in the draft and is not printed; ``reason`` is owed
    where the kind holds the clause to be required.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="clauses")
    code = models.SlugField(_("code"), max_length=40, blank=True)
    heading = Line(_("intitulé"), max_length=200)
    text = LongText(_("texte"), validators=[MaxLengthValidator(LONG_TEXT)])
    place = models.CharField(_("place"), max_length=10, choices=ClausePlace.choices)
    order = models.PositiveSmallIntegerField(_("ordre"))
    left_out = models.BooleanField(_("écartée"), default=False)
    reason = Line(_("motif"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("clause")
        verbose_name_plural = _("clauses")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "order"], name="one_clause_a_place"),
            models.UniqueConstraint(
                fields=["contract", "code"], condition=~Q(code=""), name="one_clause_a_code"
            ),
            models.CheckConstraint(
                name="clause_place_known",
                condition=Q(place__in=[place for place, _label in ClausePlace.choices]),
            ),
        ]

    def __str__(self) -> str:
        return self.heading
