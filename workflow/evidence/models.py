"""Where the evidence of a contract stands: what was asked for, what was made, the token that dates it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract


class Scope(models.TextChoices):
    """For whom the file is: those who may read everything, whoever sees the contract, an archive service."""

    WHOLE = "whole", _("dossier complet")
    OPEN = "open", _("dossier sans les annexes restreintes")
    TRANSFER = "transfer", _("versement SEDA")


class EvidenceFile(models.Model):
    """The last evidence file of a contract, of one scope: it is made anew at need, with the same bytes.

    ``asked`` and ``made`` are states (:meth:`workflow.evidence.state.Source.state`). ``archive`` is the
    SHA-256 of the ZIP, which is kept beside the documents and not among them: all that it holds is elsewhere,
    but for ``token``, the time-stamp (RFC 3161, DER) over its list of hashes, whose SHA-256 is ``listed``,
    and ``seal``, the platform's electronic seal over the same (CAdES, DER), blank where there is none.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="evidence_files")
    scope = models.CharField(_("portée"), max_length=10, choices=Scope.choices)
    asked = models.CharField(_("état demandé"), max_length=64)
    asked_at = models.DateTimeField(_("demandé le"))
    made = models.CharField(_("état constitué"), max_length=64, blank=True)
    made_at = models.DateTimeField(_("constitué le"), null=True)
    archive = models.CharField(_("empreinte du ZIP"), max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("taille (octets)"), default=0)
    listed = models.CharField(_("empreinte de la liste"), max_length=64, blank=True)
    token = models.BinaryField(_("jeton d’horodatage (DER)"), default=bytes)
    seal = models.BinaryField(_("cachet électronique (DER)"), default=bytes)
    fault = models.TextField(_("défaut"), blank=True)

    class Meta:
        verbose_name = _("dossier de preuve")
        verbose_name_plural = _("dossiers de preuve")
        constraints = [
            models.UniqueConstraint(fields=["contract", "scope"], name="one_evidence_file_a_scope"),
            models.CheckConstraint(
                name="evidence_scope_known", condition=Q(scope__in=[value for value, _label in Scope.choices])
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract_id} {self.scope}"
