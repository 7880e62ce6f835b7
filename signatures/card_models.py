"""A conversation with the program that signs with a card: its one-time code, how far it is, why it ended."""

from __future__ import annotations

import math
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from signatures.fields import Sha256Field


class CardSession(models.Model):
    """One code, of one person, for one signature (``request``) or for the enrolment of a certificate.

    Neither the code nor what it is exchanged for is kept, only their hashes: the page computes the code
    anew from ``seed`` and the key of the installation.
    """

    class Why(models.TextChoices):
        """Why the program stopped: its own word for it (companion/src/contreseing_sign/refusals.py)."""

        DECLINED = "declined", _("vous avez arrêté le programme")
        MISMATCH = "mismatch", _("le programme n’a pas reconnu le document et a refusé de signer")
        CARD_ABSENT = "card_absent", _("la carte n’a pas été trouvée")
        CERTIFICATE_ABSENT = "certificate_absent", _("la carte ne porte pas ce certificat")
        PIN_LOCKED = "pin_locked", _("le code de la carte est bloqué")
        CARD_FAILED = "card_failed", _("la carte n’a pas pu signer")
        CLOSED = "closed", _("le programme a été fermé")
        REPLACED = "replaced", _("un nouveau code a été demandé")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("personne")
    )
    request = models.ForeignKey(
        "signatures.SignatureRequest",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="card_sessions",
        verbose_name=_("signature"),
    )
    seed = Sha256Field(_("germe du code"))
    code_hash = Sha256Field(_("empreinte du code"), unique=True)
    session_hash = Sha256Field(_("empreinte de la session"), blank=True)
    nonce = Sha256Field(_("nombre à usage unique"))
    value_hash = Sha256Field(_("empreinte de la valeur reçue"), blank=True)
    key = models.ForeignKey(
        "signatures.EnrolledKey",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("certificat enregistré"),
    )
    asked_at = models.DateTimeField(_("demandée le"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    opened_at = models.DateTimeField(_("programme connecté le"), null=True, blank=True)
    fetched_at = models.DateTimeField(_("document reçu le"), null=True, blank=True)
    pin_at = models.DateTimeField(_("code de la carte demandé le"), null=True, blank=True)
    missing_at = models.DateTimeField(_("carte absente depuis le"), null=True, blank=True)
    received_at = models.DateTimeField(_("valeur reçue le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    ended_why = models.CharField(_("raison"), max_length=20, choices=Why.choices, blank=True)

    class Meta:
        verbose_name = _("session de carte")
        verbose_name_plural = _("sessions de carte")
        ordering = ["pk"]
        indexes: ClassVar = [models.Index(fields=["session_hash"], name="card_session_by_hash")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="card_session_ends_after_start", condition=Q(expires_at__gt=F("asked_at"))
            ),
            models.CheckConstraint(
                name="card_session_received_is_opened",
                condition=Q(received_at__isnull=True) | Q(opened_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_over(self) -> bool:
        """Tell whether it serves no more: used, ended or too old."""
        return self.ended_at is not None or self.received_at is not None or self.expires_at <= timezone.now()

    @property
    def is_awaited(self) -> bool:
        """Tell whether its code may still be used."""
        return self.opened_at is None and not self.is_over

    @property
    def is_stopped(self) -> bool:
        """Tell whether it ended without having given anything."""
        return self.is_over and self.received_at is None

    @property
    def seconds(self) -> int:
        """Return for how many seconds it may still serve, the last one counted."""
        return max(0, math.ceil((self.expires_at - timezone.now()).total_seconds()))
