"""What is promised: the volets, their commitments and how each is measured."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxLengthValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.long_text import LongText
from contracts.models.contract import LONG_TEXT, Contract
from contracts.volets import VoletTemplate
from stakeholders.days import Day
from stakeholders.models import Organisation
from stakeholders.text import Line


class Volet(models.Model):
    """A chapter of the contract."""

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="volets")
    template = models.CharField(
        _("modèle"), max_length=40, choices=VoletTemplate.choices, default=VoletTemplate.OTHER
    )
    title = Line(_("titre"), max_length=200)
    order = models.PositiveSmallIntegerField(_("ordre"))
    lead = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("chef de file")
    )
    text = LongText(_("texte"), blank=True, validators=[MaxLengthValidator(LONG_TEXT)])

    class Meta:
        verbose_name = _("volet")
        verbose_name_plural = _("volets")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "order"],
                name="one_volet_a_place",
                deferrable=models.Deferrable.DEFERRED,  # places are exchanged in several statements
                violation_error_message=_("Un autre volet occupe déjà cette place : changez l’ordre."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.order}. {self.title}"


class Party(models.TextChoices):
    """Who commits."""

    STATE = "state", _("État")
    CITY = "city", _("Commune")
    JUDICIAL = "judicial", _("Autorité judiciaire")
    PARTNER = "partner", _("Partenaire")
    SHARED = "shared", _("Engagement partagé")


class Direction(models.TextChoices):
    """Which way the indicator should go."""

    INCREASE = "increase", _("à la hausse")
    DECREASE = "decrease", _("à la baisse")
    MAINTAIN = "maintain", _("maintien")


class Periodicity(models.TextChoices):
    """How often the indicator is measured."""

    ONCE = "once", _("une fois")
    WEEKLY = "weekly", _("chaque semaine")
    MONTHLY = "monthly", _("chaque mois")
    QUARTERLY = "quarterly", _("chaque trimestre")
    HALF_YEARLY = "half_yearly", _("chaque semestre")
    YEARLY = "yearly", _("chaque année")


class Commitment(models.Model):
    """One promise: who leads it, how it is measured, until when.

    ``baseline`` and ``target`` are in ``unit``; ``budget_eur`` in euros, all years together. ``order``
    is its place in its volet, from 1: with the volet's, its number (:mod:`contracts.order`).
    """

    volet = models.ForeignKey(Volet, models.CASCADE, related_name="commitments", verbose_name=_("volet"))
    order = models.PositiveSmallIntegerField(_("ordre"))
    title = Line(_("engagement"), max_length=300)
    description = LongText(_("description"), blank=True, validators=[MaxLengthValidator(LONG_TEXT)])
    party = models.CharField(_("partie"), max_length=12, choices=Party.choices)
    lead = models.ForeignKey(
        Organisation,
        models.PROTECT,
        related_name="led_commitments",
        verbose_name=_("organisation responsable"),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="owned_commitments",
        verbose_name=_("responsable"),
    )
    contributors = models.ManyToManyField(
        Organisation, blank=True, related_name="contributed_commitments", verbose_name=_("contributeurs")
    )
    indicator = Line(_("indicateur"), max_length=250, blank=True)
    unit = Line(_("unité"), max_length=60, blank=True)
    baseline = models.DecimalField(
        _("valeur de départ"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    target = models.DecimalField(_("cible"), max_digits=14, decimal_places=2, null=True, blank=True)
    direction = models.CharField(_("sens"), max_length=10, choices=Direction.choices, blank=True)
    periodicity = models.CharField(_("périodicité"), max_length=12, choices=Periodicity.choices, blank=True)
    due_date = Day(_("échéance"), null=True, blank=True)
    budget_eur = models.DecimalField(
        _("budget (€)"),
        max_digits=14,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )
    publishable = models.BooleanField(_("publiable"), default=True)

    class Meta:
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        ordering = ["volet__order", "order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["volet", "order"],
                name="one_commitment_a_place",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message=_("Un autre engagement occupe déjà cette place : changez l’ordre."),
            ),
            models.CheckConstraint(
                name="commitment_budget_not_negative",
                condition=Q(budget_eur__isnull=True) | Q(budget_eur__gte=0),
                violation_error_message=_("Un budget ne peut pas être négatif."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def number(self) -> str:
        """Its number in the draft, « 2.4 »: its volet's place and its own. A frozen version keeps its own."""
        return f"{self.volet.order}.{self.order}"
