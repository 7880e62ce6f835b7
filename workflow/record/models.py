"""The journal, what proves its head, and the events that people watching see."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract


class Anchor(models.Model):
    """A time-stamp over one entry of the journal, hence over all that came before it.

    ``token`` is an RFC 3161 token (DER) over :func:`workflow.record.anchors.statement`; ``at`` the hour
    that it proves. The same token is a file outside the database (:mod:`workflow.record.anchors`).
    No foreign key: an anchor outlives the entry that somebody took away. The database
    refuses an update and a deletion (migration).
    """

    number = models.BigIntegerField(_("écriture"))
    hash = models.CharField(_("empreinte"), max_length=64)
    at = models.DateTimeField(_("horodatée le"))
    token = models.BinaryField(_("jeton d’horodatage (DER)"))

    class Meta:
        verbose_name = _("ancrage du journal")
        verbose_name_plural = _("ancrages du journal")
        ordering = ["number", "pk"]
        constraints = [models.UniqueConstraint(fields=["number", "hash"], name="one_anchor_an_entry")]

    def __str__(self) -> str:
        return f"{self.number} {self.at:%Y-%m-%d %H:%M:%S}"


class JournalEntry(models.Model):
    """One legal act in the journal: a link of a hash chain that only grows.

    ``hash`` is SHA-256(previous hash ‖ canonical JSON of the entry); the numbers have no
    hole. The database refuses an update, a deletion and a link that does not fit.
    """

    number = models.BigIntegerField(_("numéro"), primary_key=True)
    at = models.DateTimeField(_("le"))
    verb = models.CharField(_("acte"), max_length=60)
    contract = models.ForeignKey(
        Contract, models.PROTECT, null=True, related_name="journal", verbose_name=_("contrat")
    )
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("auteur")
    )
    quality = models.CharField(_("en qualité de"), max_length=600, blank=True)
    payload = models.JSONField(_("faits"))
    previous_hash = models.CharField(_("empreinte précédente"), max_length=64)
    hash = models.CharField(_("empreinte"), max_length=64, unique=True)
    # how the log names the request or the job that wrote it; of no legal meaning, and not hashed
    reference = models.CharField(_("référence"), max_length=40, blank=True, db_default="", editable=False)

    class Meta:
        verbose_name = _("écriture du journal")
        verbose_name_plural = _("journal")
        ordering = ["number"]
        indexes = [models.Index(fields=["contract", "number"])]

    def __str__(self) -> str:
        return f"{self.number} {self.verb}"


class Event(models.Model):
    """Something that people watching should see now; delivered by websocket.

    Identifiers grow in the order of commits (:mod:`workflow.record.events`), so "what came
    after the last one I saw" misses nothing.
    """

    kind = models.CharField(max_length=40)
    contract = models.ForeignKey(Contract, models.CASCADE, null=True, related_name="events")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        help_text="Set when the event concerns one person's session or rights only.",
    )
    payload = models.JSONField(default=dict)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("événement")
        verbose_name_plural = _("événements")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["contract", "id"]),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.kind}"


class SentForm(models.Model):
    """A form that was done, so that the same sent again is answered and not done again.

    ``key`` is a keyed SHA-256 (:func:`config.once.key_of`); ``address`` where the first was led to:
    « - » when it was shown a page, empty when it never had its answer.
    """

    key = models.CharField(_("empreinte"), max_length=64, primary_key=True)
    at = models.DateTimeField(_("le"), default=timezone.now, db_index=True)
    address = models.TextField(_("réponse"), blank=True)

    class Meta:
        verbose_name = _("formulaire traité")
        verbose_name_plural = _("formulaires traités")

    def __str__(self) -> str:
        return f"{self.key[:12]} {self.at:%Y-%m-%d %H:%M:%S}"


class UnsentForm(models.Model):
    """What was typed into a form whose session had ended, until its author has logged in again.

    ``owner`` says of which browser and which account it is, as a keyed SHA-256; ``sealed`` opens only with
    what that browser holds (:mod:`workflow.record.unsent`).
    """

    owner = models.CharField(_("auteur"), max_length=64, db_index=True)
    path = models.TextField(_("adresse"))
    page = models.TextField(_("page du formulaire"))
    sealed = models.TextField(_("contenu scellé"))
    at = models.DateTimeField(_("le"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("texte en attente de son auteur")
        verbose_name_plural = _("textes en attente de leur auteur")

    def __str__(self) -> str:
        return f"{self.pk} {self.at:%Y-%m-%d %H:%M:%S}"
