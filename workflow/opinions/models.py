"""Opinions on a version, their drafts, and the approvals of the two parties."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract, ContractVersion
from stakeholders.models import Organisation
from stakeholders.text import Lines
from workflow.engine.models import Act, says_why
from workflow.record.values import BLOCKING_OPINIONS, OpinionValue

# The one opinion that may be given without a reason.
OWES_NO_REASON = OpinionValue.FAVOURABLE

NO_OPINION_CHOSEN = _("Choisissez un avis.")
OPINION_OWES_WHY = _("Dites pourquoi : un motif est requis pour cet avis.")
RETURN_OWES_WHY = _("Dites pourquoi le texte est renvoyé en rédaction.")


class Opinion(Act):
    """The opinion of an organisation on a version; one a version, with its reason where one is owed."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="opinions")
    value = models.CharField(_("avis"), max_length=30, choices=OpinionValue.choices)

    class Meta:
        verbose_name = _("avis")
        verbose_name_plural = _("avis")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "organisation"],
                name="one_opinion_a_version",
                violation_error_message=_("Votre organisation a déjà rendu son avis sur cette version."),
            ),
            says_why("opinion_says_why", OPINION_OWES_WHY, unless=Q(value=OWES_NO_REASON)),
            models.CheckConstraint(
                name="opinion_value_known",
                condition=Q(value__in=[value for value, _label in OpinionValue.choices]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation.short_name} : {self.get_value_display()}"

    @property
    def is_blocking(self) -> bool:
        """Whether it sends the text back to drafting."""
        return self.value in BLOCKING_OPINIONS


class Silence(models.Model):
    """An organisation gave no opinion on a version by its term, where that counts as « sans avis »."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="silences")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    term = models.DateField(_("échéance"))
    at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("silence")
        verbose_name_plural = _("silences")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["version", "organisation"], name="one_silence_a_version"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation.short_name} : {self.version}"


class OpinionDraft(models.Model):
    """What a reviewer has typed and not sent; kept so that nothing is lost."""

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="+")
    value = models.CharField(max_length=30, blank=True)
    reason = Lines(blank=True)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("brouillon d’avis")
        verbose_name_plural = _("brouillons d’avis")
        constraints = [models.UniqueConstraint(fields=["author", "contract"], name="one_draft_an_author")]

    def __str__(self) -> str:
        return f"{self.author} {self.contract_id}"


class Approval(Act):
    """A party approves the text, or sends it back with a reason."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="approvals")
    approved = models.BooleanField(_("approuvé"))
    pdf_sha256 = models.CharField(_("empreinte du PDF"), max_length=64)

    class Meta:
        verbose_name = _("approbation")
        verbose_name_plural = _("approbations")
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "organisation"],
                name="one_approval_a_version",
                violation_error_message=_("Votre organisation s’est déjà prononcée sur cette version."),
            ),
            says_why("return_says_why", RETURN_OWES_WHY, unless=Q(approved=True)),
        ]

    def __str__(self) -> str:
        return f"{self.organisation.short_name} : {self.version}"
