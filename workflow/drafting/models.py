"""The draft as it was last printed, to be read before it is frozen; what is proposed about its parts."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from contracts.models import Commitment, Contract, Volet
from stakeholders.models import Mandate, Organisation
from stakeholders.text import Line, Lines


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


class Suggestion(models.Model):
    """A change of texts that somebody proposes to whoever may edit a part of the draft.

    ``texts`` holds, by the name of each field, the text that the author read and the one proposed instead.
    ``part`` is what the part was called then. It is decided once: ``state``, with a word, by whom. A part
    that is deleted takes away neither the proposal nor its answer.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("à décider")
        ACCEPTED = "accepted", _("reprise")
        CHANGED = "changed", _("reprise avec des changements")
        DECLINED = "declined", _("écartée")

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="suggestions")
    commitment = models.ForeignKey(Commitment, models.SET_NULL, null=True, related_name="suggestions")
    volet = models.ForeignKey(Volet, models.SET_NULL, null=True, related_name="suggestions")
    part = Line(_("partie"), max_length=320)
    texts = models.JSONField(_("textes proposés"))
    why = Lines(_("motif"))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    at = models.DateTimeField(_("le"), auto_now_add=True)
    state = models.CharField(_("état"), max_length=10, choices=State.choices, default=State.OPEN)
    word = Lines(_("réponse"), blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(_("décidé le"), null=True)

    class Meta:
        verbose_name = _("proposition")
        verbose_name_plural = _("propositions")
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="suggestion_decided_whole",
                condition=Q(state="open", decided_by__isnull=True, decided_at__isnull=True)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(state="open")),
            ),
            models.CheckConstraint(
                name="suggestion_declined_says_why", condition=~Q(state="declined") | ~Q(word="")
            ),
        ]

    def __str__(self) -> str:
        return self.part

    @property
    def row(self) -> Commitment | Volet | None:
        """The part that it is about; None where it is deleted."""
        return self.commitment or self.volet


class DraftImport(models.Model):
    """What was understood of a document that a pilot sent, while they correct it; gone once it is taken.

    ``sealed`` holds the lines (:mod:`workflow.drafting.imports`), with a key drawn for its author and its
    contract. It is no act: nothing of it is in the draft.
    """

    contract = models.ForeignKey(Contract, models.CASCADE, related_name="draft_imports")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    sha256 = models.CharField(_("empreinte du fichier"), max_length=64)
    sealed = models.TextField(_("lignes"))
    saved_at = models.DateTimeField(_("enregistré le"), auto_now=True)

    class Meta:
        verbose_name = _("import en cours")
        verbose_name_plural = _("imports en cours")
        constraints = [
            models.UniqueConstraint(fields=["contract", "author"], name="one_import_an_author_and_contract")
        ]

    def __str__(self) -> str:
        return str(self.contract)
