"""What somebody is told: the notice, how they want it by mail, the mail as it was sent; mails that wait."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract
from stakeholders.invitations import Invitation
from stakeholders.sealing import box
from workflow.record.models import Event

PURPOSE = "contreseing.mail"


class QueuedMail(models.Model):
    """A mail to send, sealed: it may hold a link or a code that gives access.

    The job that sends it knows its number only; the row goes with the mail.
    """

    sealed = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    kept = models.ForeignKey("KeptMail", models.CASCADE, null=True, related_name="+")  # whose fate is told

    class Meta:
        constraints = [models.CheckConstraint(name="queued_mail_is_sealed", condition=~Q(sealed=""))]

    def __str__(self) -> str:
        return f"{self.pk}"

    @classmethod
    def seal(cls, kept: KeptMail | None = None, **letter: Any) -> QueuedMail:
        """Keep a mail, sealed: ``to``, ``subject``, ``body``, where answers go (``reply_to``), and so on."""
        plain = json.dumps(letter)
        sealed = box(PURPOSE).encrypt(plain.encode()).decode("ascii")
        return cls.objects.create(sealed=sealed, kept=kept)

    def letter(self) -> dict[str, Any]:
        """Return what was sealed, in clear; raises InvalidToken under another key."""
        letter: dict[str, Any] = json.loads(box(PURPOSE).decrypt(self.sealed.encode("ascii")))
        return letter


class Rhythm(models.TextChoices):
    """When somebody wants mail about what concerns them; what they have to do never waits for a week."""

    USUAL = "usual", _("Ce que j’ai à faire aussitôt ; le reste en un seul courriel, chaque jour ouvré")
    AT_ONCE = "at_once", _("Tout, aussitôt")
    DAILY = "daily", _("Tout en un seul courriel, chaque jour ouvré")
    WEEKLY = "weekly", _("Ce que j’ai à faire chaque jour ouvré ; le reste une fois par semaine")
    OWED = "owed", _("Seulement ce que j’ai à faire et ce qu’il faut que je sache, aussitôt")


class MailChoice(models.Model):
    """How one person wants to be mailed; without a row, ``Rhythm.USUAL`` at eight."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="mail_choice")
    rhythm = models.CharField(
        _("rythme"), max_length=10, choices=Rhythm.choices, default=Rhythm.USUAL, db_default=Rhythm.USUAL
    )
    hour = models.PositiveSmallIntegerField(_("heure"), default=8, db_default=8)
    weekday = models.PositiveSmallIntegerField(_("jour"), default=0, db_default=0)  # Monday is 0
    unwanted = ArrayField(models.CharField(max_length=30), verbose_name=_("jamais"), default=list, blank=True)

    class Meta:
        verbose_name = _("réglage des courriels")
        verbose_name_plural = _("réglages des courriels")
        constraints = [
            models.CheckConstraint(
                name="mail_choice_in_the_week",
                condition=Q(hour__lte=23, weekday__lte=4),
                violation_error_message=_("Choisissez un jour ouvré et une heure entière."),
            ),
            models.CheckConstraint(name="mail_choice_known", condition=Q(rhythm__in=Rhythm.values)),
        ]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_rhythm_display()}"


class Fate(models.TextChoices):
    """What became of a mail, as far as the mail servers said."""

    QUEUED = "queued", _("en attente d’envoi")
    HANDED_OVER = "handed_over", _("remis au serveur de courriel")
    REFUSED = "refused", _("refusé par le serveur de courriel")
    GIVEN_UP = "given_up", _("non remis, après plusieurs essais")
    RETURNED = "returned", _("revenu, adresse en échec")


class KeptMail(models.Model):
    """A mail as it was sent: to whom, when, its words, and its fate. It holds no code and no secret.

    To a ``person`` who has an account, to a ``contact`` (:mod:`workflow.guests`), or to whom an
    ``invitation`` names. ``contract`` is empty for one that speaks of several, or of none. ``lost`` is the
    mail of which it says that it did not arrive. ``answer`` is the code of the mail server that refused it
    (RFC 5321), without its words.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    contact = models.ForeignKey("workflow.Contact", models.PROTECT, null=True, related_name="mails")
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, related_name="mails")
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, related_name="+")
    lost = models.ForeignKey("self", models.SET_NULL, null=True, related_name="tellings")
    address = models.EmailField(_("adresse"))
    subject = models.TextField(_("objet"), editable=False)
    body = models.TextField(_("texte"), editable=False)
    message_id = models.CharField(_("identifiant"), max_length=200, unique=True, editable=False)
    at = models.DateTimeField(_("le"), default=timezone.now, db_index=True)
    fate = models.CharField(_("sort"), max_length=20, choices=Fate.choices, default=Fate.QUEUED)
    fate_at = models.DateTimeField(_("depuis le"), default=timezone.now)
    answer = models.PositiveSmallIntegerField(_("code de refus"), null=True)

    class Meta:
        verbose_name = _("courriel envoyé")
        verbose_name_plural = _("courriels envoyés")
        indexes = [models.Index(fields=["contract", "at"])]
        constraints = [
            models.CheckConstraint(name="kept_mail_fate_known", condition=Q(fate__in=Fate.values)),
            models.CheckConstraint(
                name="kept_mail_to_somebody",
                condition=Q(person__isnull=False, contact=None, invitation=None)
                | Q(person=None, contact__isnull=False, invitation=None)
                | Q(person=None, contact=None, invitation__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} {self.get_fate_display()}"

    @property
    def reader(self) -> str:
        """Who it is written to, by name."""
        return self.invitation.invited if self.invitation else str(self.contact or self.person)

    @property
    def is_lost(self) -> bool:
        """Whether it did not reach its reader, as far as is known."""
        return self.fate in {Fate.REFUSED, Fate.GIVEN_UP, Fate.RETURNED}


class Notice(models.Model):
    """One thing that one person is told: written in the transaction of the act (:mod:`workflow.news`).

    ``kind`` is a row of the registry, the sentence is the event's. About a ``task``, it lives as long as the
    task is open. ``mail_at`` is when it is to be mailed, if nobody read it by then; ``grouped``, with others.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=30)
    event = models.ForeignKey(Event, models.CASCADE, related_name="notices")
    contract = models.ForeignKey(Contract, models.CASCADE, null=True, related_name="notices")
    task = models.ForeignKey("viewflow.Task", models.CASCADE, null=True, related_name="notices")
    at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True)
    grouped = models.BooleanField(default=False)
    mail = models.ForeignKey(KeptMail, models.SET_NULL, null=True, related_name="notices")

    class Meta:
        verbose_name = _("nouvelle")
        verbose_name_plural = _("nouvelles")
        constraints = [
            models.UniqueConstraint(fields=["event", "person"], name="one_notice_an_event_and_person")
        ]
        indexes = [
            models.Index(fields=["person", "-id"]),
            models.Index(fields=["person"], condition=Q(read_at=None), name="notice_unread"),
            models.Index(fields=["mail_at"], condition=Q(mail=None), name="notice_to_mail"),
            models.Index(fields=["contract", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"


class CalendarFeed(models.Model):
    """A private address by which a calendar reads what somebody has to do, of all or of one ``contract``.

    The address is shown once and kept as its hash: its 256 bits are drawn, so that a plain hash will do.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="calendar_feeds")
    contract = models.ForeignKey(Contract, models.CASCADE, null=True, related_name="+")
    key_hash = models.CharField(max_length=64, editable=False)
    at = models.DateTimeField(_("le"), default=timezone.now)

    class Meta:
        verbose_name = _("calendrier privé")
        verbose_name_plural = _("calendriers privés")
        constraints = [
            models.UniqueConstraint(fields=["person", "contract"], name="one_feed_a_person_and_contract"),
            # not by nulls_distinct: Django asks the server if it knows it, before a database is prepared
            models.UniqueConstraint(
                fields=["person"], condition=Q(contract=None), name="one_feed_a_person_of_all"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
