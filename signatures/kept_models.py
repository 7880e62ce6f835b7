"""The reports that are kept of sealed files."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from signatures.fields import Sha256Field


class KeptReport(models.Model):
    """What our validation said of a file, by which rules and when; never changed (``signatures.kept``)."""

    document_sha256 = Sha256Field(_("document"))
    rules = models.CharField(_("règles"), max_length=80)
    made_at = models.DateTimeField(_("établi le"), default=timezone.now)
    verdict = models.CharField(_("verdict"), max_length=20)
    data = models.JSONField(_("rapport"))

    class Meta:
        verbose_name = _("rapport de vérification")
        verbose_name_plural = _("rapports de vérification")
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["document_sha256", "-made_at"], name="kept_report_of_document")]
        constraints = [
            models.CheckConstraint(
                name="kept_report_verdict_known",
                condition=Q(verdict__in=["TOTAL-PASSED", "INDETERMINATE", "TOTAL-FAILED"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document_sha256[:12]} · {self.verdict}"
