"""The draft as it was last printed, to be read before it is frozen."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract


class DraftPrint(models.Model):
    """The last PDF of a contract's draft, marked « PROJET »: of one state of its text, and kept no longer.

    ``asked`` is the state of the text that somebody last asked for, ``printed`` that of ``pdf``, each a
    SHA-256 of what is printed and by what (:func:`workflow.drafting.previews.state_of`); ``fault`` is
    why the last one asked for could not be printed. Nothing rests on it: it is no act and no proof, so
    it is kept beside the draft and not among the documents.
    """

    contract = models.OneToOneField(Contract, models.CASCADE, related_name="draft_print")
    asked = models.CharField(_("état demandé"), max_length=64)
    asked_at = models.DateTimeField(_("demandé le"))
    printed = models.CharField(_("état composé"), max_length=64, blank=True)
    printed_at = models.DateTimeField(_("composé le"), null=True)
    pdf = models.BinaryField(_("PDF du projet"), default=bytes)
    fault = models.TextField(_("défaut"), blank=True)

    class Meta:
        verbose_name = _("PDF du projet")
        verbose_name_plural = _("PDF des projets")

    def __str__(self) -> str:
        return str(self.contract)
