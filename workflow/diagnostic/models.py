"""The shared diagnostic: what each actor brings to it, and the synthesis of the pilots.

The circulaire 6258/SG of 16 April 2021 founds a contract on a « diagnostic partagé »: figures and, beside
them, means and methods. What is being written changes; what was sent stays as it was, and the database
sees to it (migration 0021).
"""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from contracts.models import LONG_TEXT, Contract
from stakeholders.models import Mandate, Organisation
from stakeholders.text import Line, Lines
from workflow.engine.models import says_why

OLDEST_YEAR = 1950
MISSING_OWES_WHY = _("Dites pourquoi la contribution manque : tous les participants le liront.")
RETURN_OWES_WHY = _("Dites ce qui est à revoir dans la synthèse.")


def plausible_year(year: int) -> None:
    """Raise ValidationError, which says what to type, for a year that no figure of a diagnostic has."""
    if not OLDEST_YEAR <= year <= timezone.localdate().year + 1:
        raise ValidationError(
            _now("L’année %(year)s n’est pas plausible : écrivez-la sur quatre chiffres.") % {"year": year},
            code="year",
        )


class Said(models.Model):
    """Who wrote last, or sent: by which mandate, as what."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("auteur"),
    )
    mandate = models.ForeignKey(
        Mandate, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("mandat")
    )
    quality = models.CharField(_("en qualité de"), max_length=600, blank=True)

    class Meta:
        abstract = True


class Written(Said):
    """A text that several people of one side write: ``revision`` counts its changes, so that none is lost."""

    text = Lines(_("texte"), blank=True, validators=[MaxLengthValidator(LONG_TEXT)])
    revision = models.PositiveIntegerField(_("révision"), default=0)
    sent_at = models.DateTimeField(_("transmise le"), null=True, blank=True)

    class Meta:
        abstract = True


class Contribution(Written):
    """What one organisation brings to the diagnostic of a contract, or the finding that it brought nothing.

    ``missing`` is the « carence »: a pilot found, the term being over, that nothing had come, and says why.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="contributions")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    missing = models.BooleanField(_("carence constatée"), default=False)
    reason = Lines(_("motif"), blank=True)

    class Meta:
        verbose_name = _("contribution au diagnostic")
        verbose_name_plural = _("contributions au diagnostic")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "organisation"], name="one_contribution_an_organisation"
            ),
            says_why("missing_contribution_says_why", MISSING_OWES_WHY, unless=Q(missing=False)),
        ]

    def __str__(self) -> str:
        return f"{self.organisation.short_name}, {self.contract}"

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written, counted or attached."""
        return not (self.text.strip() or self.figures.exists() or self.files.exists())


class DiagnosticFigure(models.Model):
    """One figure of a contribution, with its year and its source."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="figures")
    label = Line(_("ce qui est compté"), max_length=200)
    value = models.DecimalField(_("valeur"), max_digits=14, decimal_places=2)
    unit = Line(_("unité"), max_length=60, blank=True)
    year = models.PositiveSmallIntegerField(_("année"), validators=[plausible_year])
    source = Line(_("source"), max_length=200)

    class Meta:
        verbose_name = _("chiffre du diagnostic")
        verbose_name_plural = _("chiffres du diagnostic")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.label}, {self.year}"


class DiagnosticFile(models.Model):
    """A PDF attached to a contribution; it is kept as it is, and only ever downloaded."""

    contribution = models.ForeignKey(Contribution, models.CASCADE, related_name="files")
    title = Line(_("titre"), max_length=200)
    document_sha256 = models.CharField(_("empreinte du fichier"), max_length=64)

    class Meta:
        verbose_name = _("fichier du diagnostic")
        verbose_name_plural = _("fichiers du diagnostic")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title


class Synthesis(Written):
    """What the pilots draw from the contributions; ``number`` counts those that were put to the others."""

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="syntheses")
    number = models.PositiveSmallIntegerField(_("numéro"))

    class Meta:
        verbose_name = _("synthèse du diagnostic")
        verbose_name_plural = _("synthèses du diagnostic")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="one_synthesis_a_number"),
            models.UniqueConstraint(
                fields=["contract"], condition=Q(sent_at=None), name="one_synthesis_being_written"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {self.contract}"


class SynthesisAnswer(Said):
    """A pilot accepts the synthesis that the other side wrote, or returns it with what is to be reworked."""

    synthesis = models.ForeignKey(Synthesis, models.PROTECT, related_name="answers")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    accepted = models.BooleanField(_("validée"))
    reason = Lines(_("motif"), blank=True)
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("réponse à la synthèse")
        verbose_name_plural = _("réponses à la synthèse")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["synthesis", "organisation"], name="one_answer_a_synthesis"),
            says_why("returned_synthesis_says_why", RETURN_OWES_WHY, unless=Q(accepted=True)),
        ]

    def __str__(self) -> str:
        return f"{self.organisation.short_name} : {self.synthesis}"
