"""A version taken back."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from workflow.engine.models import Act


class Recall(Act):
    """The pilots take a version back before every opinion is in."""

    class Meta:
        verbose_name = _("retrait de version")
        verbose_name_plural = _("retraits de version")
        constraints = [models.UniqueConstraint(fields=["version"], name="one_recall_a_version")]

    def __str__(self) -> str:
        return str(self.version)
