"""The lists that were accepted, and what became of the last try for each territory."""

from __future__ import annotations

import base64

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LOTL = "EU"  # the territory that the list of the lists names as its own
_HEX = RegexValidator(r"^[0-9a-f]{64}$")


class TrustedList(models.Model):
    """One edition of a list, accepted after its signature was verified; never changed.

    ``content`` is what was read of it (``reading``); the XML itself is the document ``document_sha256``.
    ``signed_by`` is the SHA-256 of the certificate (DER) that verified it; ``next_update`` is empty for a
    scheme that was closed.
    """

    territory = models.CharField(_("territoire"), max_length=2)
    sequence = models.PositiveIntegerField(_("numéro"))
    issued_at = models.DateTimeField(_("publiée le"))
    next_update = models.DateTimeField(_("prochaine publication au plus tard le"), null=True, blank=True)
    document_sha256 = models.CharField(_("document"), max_length=64, unique=True, validators=[_HEX])
    signed_by = models.CharField(_("empreinte du certificat signataire"), max_length=64, validators=[_HEX])
    signer = models.CharField(_("signataire de la liste"), max_length=300)
    source = models.CharField(_("provenance"), max_length=500)
    content = models.JSONField(_("contenu"))
    kept_at = models.DateTimeField(_("reçue le"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("liste de confiance")
        verbose_name_plural = _("listes de confiance")
        ordering = ["territory", "-sequence", "-issued_at"]
        indexes = [models.Index(fields=["territory", "-sequence", "-issued_at"], name="trusted_list_latest")]

    def __str__(self) -> str:
        return f"{self.territory} n°\u00a0{self.sequence}"


class LotlPivot(models.Model):
    """A list of the lists by which its signers changed (``pivots``), verified; never changed.

    ``certificates`` are those that sign from then on: « der » (base64), « name », « from » and « until »
    (ISO 8601). ``anchors`` names the pinned certificates at which the way to it begins
    (``standing.anchors_mark``): it counts for nothing once these are others.
    """

    anchors = models.CharField(_("ancres"), max_length=64, validators=[_HEX])
    address = models.CharField(_("adresse"), max_length=500)
    sequence = models.PositiveIntegerField(_("numéro"))
    issued_at = models.DateTimeField(_("publié le"))
    document_sha256 = models.CharField(_("document"), max_length=64, validators=[_HEX])
    signed_by = models.CharField(_("empreinte du certificat signataire"), max_length=64, validators=[_HEX])
    signer = models.CharField(_("signataire"), max_length=300)
    certificates = models.JSONField(_("certificats qui signent ensuite"))
    kept_at = models.DateTimeField(_("reçu le"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("pivot de la liste des listes")
        verbose_name_plural = _("pivots de la liste des listes")
        ordering = ["anchors", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["anchors", "document_sha256"], name="lotl_pivot_once"),
            models.UniqueConstraint(fields=["anchors", "sequence"], name="lotl_pivot_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.address} (n°\u00a0{self.sequence})"

    @property
    def signers(self) -> list[bytes]:
        """Return who signs from then on (DER)."""
        return [base64.b64decode(one["der"]) for one in self.certificates]


class ListTrial(models.Model):
    """What became of the last try to have a territory's list: one row a territory, written over."""

    class Outcome(models.TextChoices):
        KEPT = "kept", _("acceptée")
        SAME = "same", _("inchangée")
        REFUSED = "refused", _("refusée")

    territory = models.CharField(_("territoire"), max_length=2, unique=True)
    outcome = models.CharField(_("issue"), max_length=7, choices=Outcome.choices)
    why = models.CharField(_("motif"), max_length=40, blank=True)
    facts = models.JSONField(_("précisions"), default=dict, blank=True)
    source = models.CharField(_("provenance"), max_length=500)
    tried_at = models.DateTimeField(_("essayée le"), default=timezone.now)

    class Meta:
        verbose_name = _("essai de liste de confiance")
        verbose_name_plural = _("essais de listes de confiance")
        ordering = ["territory"]
        constraints = [
            models.CheckConstraint(
                name="list_trial_outcome_known", condition=Q(outcome__in=["kept", "same", "refused"])
            ),
            models.CheckConstraint(
                name="list_trial_refused_says_why", condition=~Q(outcome="refused") | ~Q(why="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.territory} · {self.get_outcome_display()}"
