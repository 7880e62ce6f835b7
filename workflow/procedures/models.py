"""A version taken back, a contract given up."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract
from stakeholders.models import Mandate
from stakeholders.text import Lines
from workflow.engine.models import Act, says_why

ABANDONING_OWES_WHY = _("Dites pourquoi le contrat est abandonné : tous ceux qu’il concerne le liront.")


class Recall(Act):
    """The pilots take a version back before every opinion is in."""

    class Meta:
        verbose_name = _("retrait de version")
        verbose_name_plural = _("retraits de version")
        constraints = [models.UniqueConstraint(fields=["version"], name="one_recall_a_version")]

    def __str__(self) -> str:
        return str(self.version)


class Abandonment(models.Model):
    """A contract is given up before its last signature, by whom, as what, why; nothing of it disappears."""

    contract = models.OneToOneField(Contract, models.PROTECT, related_name="abandonment")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="+")
    quality = models.CharField(_("en qualité de"), max_length=600, blank=True)
    at = models.DateTimeField(_("le"), default=timezone.now)
    reason = Lines(_("motif"))

    class Meta:
        verbose_name = _("abandon de contrat")
        verbose_name_plural = _("abandons de contrat")
        constraints = [says_why("abandoning_says_why", ABANDONING_OWES_WHY)]

    def __str__(self) -> str:
        return str(self.contract)
