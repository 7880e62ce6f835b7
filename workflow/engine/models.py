"""The process of a contract, and what every act about a version says."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from viewflow.workflow.models import Process

from contracts.models import Contract, ContractVersion
from stakeholders.models import Mandate
from stakeholders.text import Lines


class CsiProcess(Process):
    """The running circuit of one contract, whatever its procedure: ``artifact`` is the contract.

    It bears the first procedure's name, and adds nothing to viewflow's row that is the first's alone.
    """

    class Meta:
        proxy = True
        verbose_name = _("circuit")
        verbose_name_plural = _("circuits")

    @property
    def contract(self) -> Contract:
        """The contract that goes through this circuit."""
        contract: Contract = self.artifact
        return contract


class Circuit(models.Model):
    """Joins a contract and its process, so that the database refuses a second start."""

    contract = models.OneToOneField(Contract, models.PROTECT, related_name="circuit")
    process = models.OneToOneField(Process, models.PROTECT, related_name="circuit")

    class Meta:
        verbose_name = _("circuit du contrat")
        verbose_name_plural = _("circuits des contrats")

    def __str__(self) -> str:
        return str(self.contract)


def says_why(name: str, sentence: Any, unless: Q | None = None) -> models.CheckConstraint:
    """Return the constraint that an act gives its reason, except ``unless``; ``sentence`` is said without.

    The same sentence is asked by the form (:func:`workflow.tasks.fields.ask_why`) and by the act
    (:func:`workflow.tasks.act.owed`).
    """
    given = ~Q(reason="")
    return models.CheckConstraint(
        name=name,
        condition=given if unless is None else unless | given,
        violation_error_message=sentence,
    )


class Act(models.Model):
    """What every act about a version says: by whom, as what, on which exact text."""

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="%(class)ss")
    version_sha256 = models.CharField(_("empreinte du texte"), max_length=64)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("auteur")
    )
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="+", verbose_name=_("mandat"))
    quality = models.CharField(_("en qualité de"), max_length=600, blank=True)
    at = models.DateTimeField(_("le"))
    reason = Lines(_("motif"), blank=True)

    class Meta:
        abstract = True


class SigningRound(models.Model):
    """The signing of one version: which envelope of signatures holds its bytes."""

    version = models.OneToOneField(ContractVersion, models.PROTECT, related_name="signing_round")
    envelope = models.OneToOneField("signatures.Envelope", models.PROTECT, related_name="signing_round")
    opened_at = models.DateTimeField(_("ouverte le"), auto_now_add=True)

    class Meta:
        verbose_name = _("mise en signature")
        verbose_name_plural = _("mises en signature")

    def __str__(self) -> str:
        return str(self.version)


class LostJob(models.Model):
    """A job of the queue was in the hands of a worker that died: one row each time.

    ``job`` is its number in the queue, which forgets its jobs: no foreign key.
    """

    job = models.BigIntegerField(_("traitement"), db_index=True)
    at = models.DateTimeField(_("le"), default=timezone.now)

    class Meta:
        verbose_name = _("traitement perdu")
        verbose_name_plural = _("traitements perdus")

    def __str__(self) -> str:
        return f"{self.job} {self.at:%Y-%m-%d %H:%M:%S}"
