"""The documents annexed to a contract: each with its file, what it is, and whether the public may read it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models.contract import Contract, ContractVersion
from stakeholders.text import Line


class AnnexKind(models.TextChoices):
    """What an annex is."""

    DIAGNOSTIC = "diagnostic", _("Diagnostic")
    MAP = "map", _("Carte ou plan")
    TABLE = "table", _("Tableau")
    CONVENTION = "convention", _("Convention ou protocole")
    LETTER = "letter", _("Lettre d’engagement")
    NOTE = "note", _("Note juridique ou technique")
    RESOLUTION = "resolution", _("Délibération ou arrêté")
    OTHER = "other", _("Autre document")


class Restriction(models.TextChoices):
    """Why an annex is kept from the public: the rule of law, as the act cites it.

    CRPA, art. L. 311-5 (2°, d and g) and L. 311-6 (1°); CPP, art. 11.
    """

    PUBLIC_SECURITY = (
        "public_security",
        _("sûreté de l’État, sécurité publique ou sécurité des personnes (CRPA, art. L. 311-5, 2°, d)"),
    )
    PREVENTION = (
        "prevention",
        _("recherche et prévention des infractions (CRPA, art. L. 311-5, 2°, g)"),
    )
    PRIVACY = "privacy", _("protection de la vie privée (CRPA, art. L. 311-6, 1°)")
    BUSINESS = "business", _("secret des affaires (CRPA, art. L. 311-6, 1°)")
    INVESTIGATION = "investigation", _("secret de l’enquête et de l’instruction (CPP, art. 11)")
    OTHER = "other", _("autre secret protégé par la loi, à préciser")


class Annex(models.Model):
    """A document annexed to the draft.

    Its bytes are a PDF, kept under ``file_sha256`` (blank until there is one), of ``size`` bytes and
    ``pages`` pages. One that is not ``publishable`` owes a ``reason``, in ``reason_words`` where no rule of
    the list is the one. ``attached``: it travels inside the contract's PDF; else it is kept beside it.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="annexes")
    order = models.PositiveSmallIntegerField(_("ordre"))
    kind = models.CharField(_("nature"), max_length=60, choices=AnnexKind.choices, default=AnnexKind.OTHER)
    title = Line(_("titre"), max_length=250)
    publishable = models.BooleanField(_("publiable"), default=True)
    reason = models.CharField(
        _("motif de la restriction"), max_length=20, choices=Restriction.choices, blank=True, default=""
    )
    reason_words = Line(_("précision du motif"), max_length=250, blank=True, default="")
    attached = models.BooleanField(_("jointe au PDF du contrat"), default=False)
    file_sha256 = models.CharField(_("fichier"), max_length=64, blank=True, default="")
    size = models.PositiveIntegerField(_("taille (octets)"), default=0)
    pages = models.PositiveIntegerField(_("pages"), default=0)

    class Meta:
        verbose_name = _("annexe")
        verbose_name_plural = _("annexes")
        ordering = ["order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "order"],
                name="one_annex_a_place",
                deferrable=models.Deferrable.DEFERRED,
                violation_error_message=_("Une autre annexe occupe déjà cette place : changez l’ordre."),
            ),
            models.CheckConstraint(
                name="annex_kind_known", condition=Q(kind__in=[value for value, _label in AnnexKind.choices])
            ),
            models.CheckConstraint(
                name="annex_restricted_never_attached", condition=Q(publishable=True) | Q(attached=False)
            ),
            models.CheckConstraint(
                name="annex_restricted_alone_has_reason",
                condition=Q(publishable=False) | Q(reason="", reason_words=""),
            ),
            models.CheckConstraint(
                name="annex_file_whole",
                condition=Q(file_sha256="", size=0, pages=0)
                | (~Q(file_sha256="") & Q(size__gt=0, pages__gt=0)),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class VersionAnnex(models.Model):
    """An annex of a frozen version: what names its file for as long as the version is kept.

    What it is called, and whether the public may read it, the version's content says.
    """

    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="annex_files")
    number = models.PositiveSmallIntegerField(_("numéro"))
    file_sha256 = models.CharField(_("fichier"), max_length=64)

    class Meta:
        verbose_name = _("annexe d’une version")
        verbose_name_plural = _("annexes des versions")
        ordering = ["version", "number"]
        constraints = [models.UniqueConstraint(fields=["version", "number"], name="one_annex_a_number")]

    def __str__(self) -> str:
        return f"{self.version}, {self.number}"
