"""The means of signing that people enrolled: which certificate, held how, believed to what level."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.conf import settings as installation
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from signatures.fields import Sha256Field


class Level(models.TextChoices):
    """What a signature made with a certificate is worth (eIDAS, articles 3, 25, 26 and 28)."""

    QUALIFIED = "qualified", _("signature qualifiée")
    ADVANCED_QUALIFIED = "advanced_qualified", _("signature avancée, certificat qualifié")
    ADVANCED = "advanced", _("signature avancée")
    UNKNOWN = "unknown", _("niveau inconnu")
    SPECIMEN = "specimen", _("SPÉCIMEN sans valeur juridique")


class EnrolledKey(models.Model):
    """One means of signing of one person, or of an organisation for its seal (``owner`` is then empty).

    The key itself stays where it is: here is the certificate that names it. It serves once it is
    confirmed, by the person where the certificate bears their very name, else by who administers their
    organisation; a row that ended stays, for the signatures that it made.
    """

    owner = models.ForeignKey(
        installation.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signing_keys",
        verbose_name=_("titulaire"),
    )
    means = models.CharField(_("moyen de signature"), max_length=40)
    certificate = models.BinaryField(_("certificat (DER)"))
    chain = models.JSONField(_("certificats de l’autorité (DER, base 64)"), default=list, blank=True)
    fingerprint = Sha256Field(_("empreinte du certificat"))
    subject = models.JSONField(_("ce que dit le certificat"), default=dict)
    settings = models.JSONField(_("réglages publics du moyen"), default=dict, blank=True)
    level = models.CharField(_("niveau"), max_length=20, choices=Level.choices, default=Level.UNKNOWN)
    level_basis = models.JSONField(_("d’où vient ce niveau"), default=dict, blank=True)
    level_at = models.DateTimeField(_("niveau établi le"), null=True, blank=True)
    not_before = models.DateTimeField(_("valable depuis le"))
    not_after = models.DateTimeField(_("valable jusqu’au"))
    differences = models.JSONField(_("écarts avec l’identité du compte"), default=list, blank=True)
    enrolled_at = models.DateTimeField(_("enregistré le"), default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(_("confirmé le"), null=True, blank=True)
    confirmed_by = models.ForeignKey(
        installation.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("confirmé par"),
    )
    confirmed_why = models.TextField(_("motif de la confirmation"), blank=True)
    ended_at = models.DateTimeField(_("retiré le"), null=True, blank=True)
    ended_why = models.TextField(_("motif du retrait"), blank=True)
    warned_days = models.PositiveSmallIntegerField(_("fin annoncée à (jours)"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("dernière signature le"), null=True, blank=True)

    proofs: list[dict[str, Any]]  # of its owner, where ``keys.of`` read it

    class Meta:
        verbose_name = _("moyen de signature enregistré")
        verbose_name_plural = _("moyens de signature enregistrés")
        ordering = [F("last_used_at").desc(nulls_last=True), "-enrolled_at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["owner", "ended_at"], name="enrolled_key_of_owner")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["fingerprint", "means"],
                condition=Q(ended_at__isnull=True, confirmed_at__isnull=False),
                name="one_key_in_force",
            ),
            models.CheckConstraint(
                name="enrolled_key_level_known",
                condition=Q(level__in=["qualified", "advanced_qualified", "advanced", "unknown", "specimen"]),
            ),
            models.CheckConstraint(
                name="enrolled_key_confirmed_by_somebody",
                condition=Q(confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False)
                | Q(owner__isnull=True),
            ),
            models.CheckConstraint(
                name="enrolled_key_ended_says_why",
                condition=Q(ended_at__isnull=True) | ~Q(ended_why=""),
                violation_error_message=_("Dites pourquoi ce moyen de signature est retiré."),
            ),
            models.CheckConstraint(
                name="enrolled_key_ends_after_start", condition=Q(not_after__gt=F("not_before"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject.get('common_name', '')} ({self.means})"

    @property
    def common_name(self) -> str:
        """Return whom the certificate names."""
        return str(self.subject.get("common_name", ""))

    @property
    def issuer(self) -> str:
        """Return the authority that issued it, as the certificate names it."""
        return str(self.subject.get("issuer", ""))

    @property
    def is_confirmed(self) -> bool:
        """Tell whether it may serve, as far as its name goes."""
        return self.confirmed_at is not None

    def is_in_force(self, moment: dt.datetime | None = None) -> bool:
        """Tell whether it may serve at this moment (aware; now by default)."""
        moment = moment or timezone.now()
        return self.is_confirmed and self.ended_at is None and self.not_before <= moment <= self.not_after
