"""Going to a remote signing service and coming back: each time once, in time, by the same person."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class RemoteErrand(models.Model):
    """One way there and back. What comes back is checked against it; it keeps no secret."""

    class Purpose(models.TextChoices):
        ENROL = "enrol", _("enregistrer un moyen de signature")
        SIGN = "sign", _("signer")

    class Scope(models.TextChoices):
        SERVICE = "service", _("ouvrir le compte")
        CREDENTIAL = "credential", _("autoriser la signature")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("personne")
    )
    service = models.CharField(_("service"), max_length=30)
    purpose = models.CharField(_("objet"), max_length=10, choices=Purpose.choices)
    scope = models.CharField(_("portée"), max_length=10, choices=Scope.choices)
    session_hash = models.CharField(_("empreinte de la session"), max_length=64)
    nonce = models.CharField(_("aléa"), max_length=43)
    requests = models.JSONField(_("demandes de signature"), default=list, blank=True)
    back_to = models.CharField(_("page de retour"), max_length=300, blank=True)
    created_at = models.DateTimeField(_("partie le"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("attendue jusqu’à"))
    used_at = models.DateTimeField(_("revenue le"), null=True, blank=True)

    class Meta:
        verbose_name = _("passage chez un service de signature")
        verbose_name_plural = _("passages chez un service de signature")
        ordering = ["-created_at"]
        indexes: ClassVar = [models.Index(fields=["user", "-created_at"], name="remote_errand_of_user")]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="remote_errand_ends_after_start", condition=Q(expires_at__gt=F("created_at"))
            ),
            models.CheckConstraint(
                name="remote_errand_purpose_known", condition=Q(purpose__in=["enrol", "sign"])
            ),
            models.CheckConstraint(
                name="remote_errand_scope_known", condition=Q(scope__in=["service", "credential"])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.service} · {self.get_purpose_display()}"
