"""A contract that is being prepared: on whose initiative, by whom, which pages are done, what was asked."""

from __future__ import annotations

import datetime as dt

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.models import LONG_TEXT, Contract, Status
from stakeholders.days import Day
from stakeholders.kinds import KINDS
from stakeholders.models import Mandate, Organisation
from stakeholders.text import Line, Lines, MailAddress

WARNED_BEFORE = dt.timedelta(days=60)  # before a preparation that nobody touches goes
KIND_CHOICES = [(kind.code, kind.label) for kind in KINDS.values()]
ALREADY_ASKED = _("Cette organisation est déjà demandée.")


class Initiative(models.TextChoices):
    """Who asks for the contract (circulaire 6258/SG: the State or the elected representatives)."""

    STATE = "state", _("Le préfet")
    LOCAL = "local", _("Le maire")


class Opening(models.Model):
    """The opening of a contract: its letter of initiative, and how far its pages are.

    ``saved`` are the codes of the pages that were saved; ``letter_sha256`` names the letter's PDF.
    ``opened_at`` is empty until the circuit starts. ``changed_at`` is when somebody last saved something of
    it: one that nobody touches is given up and emptied (:mod:`workflow.privacy.preparations`).
    """

    contract = models.OneToOneField(Contract, models.PROTECT, related_name="opening")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="openings")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    mandate = models.ForeignKey(Mandate, models.PROTECT, related_name="+")
    initiative = models.CharField(_("à l’initiative de"), max_length=10, choices=Initiative.choices)
    letter_on = Day(_("lettre du"), null=True, blank=True)
    letter_text = Lines(_("texte de la lettre"), blank=True, validators=[MaxLengthValidator(LONG_TEXT)])
    letter_sha256 = models.CharField(_("lettre d’initiative"), max_length=64, blank=True)
    saved = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    changed_at = models.DateTimeField(_("modifiée le"), default=timezone.now)
    copied_from = models.ForeignKey(Contract, models.PROTECT, null=True, blank=True, related_name="+")
    opened_at = models.DateTimeField(_("ouvert le"), null=True, blank=True)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("ouverture de contrat")
        verbose_name_plural = _("ouvertures de contrat")

    def __str__(self) -> str:
        return str(self.contract)

    @property
    def goes_on(self) -> dt.datetime:
        """When it is given up and emptied, unless somebody touches it before (``RETENTION_DAYS``)."""
        return self.changed_at + dt.timedelta(days=settings.RETENTION_DAYS["preparations"])

    @property
    def goes_soon(self) -> bool:
        """Whether that is so near that its list says so."""
        return self.goes_on - timezone.now() < WARNED_BEFORE


class Answer(models.TextChoices):
    """What the platform's administrator answers to who asks for an organisation."""

    CREATED = "created", _("créée")
    EXISTING = "existing", _("déjà connue")
    REFUSED = "refused", _("refusée")


class OrganisationRequestQuerySet(models.QuerySet["OrganisationRequest"]):
    """Requests, by whether they are answered."""

    def waiting(self) -> OrganisationRequestQuerySet:
        """Those that nobody has answered, of a contract that was not given up."""
        return self.filter(answer="").exclude(contract__status=Status.ABANDONED)


class OrganisationRequest(models.Model):
    """An organisation that is missing, asked of the platform's administrators; with whom to invite there.

    Answered once: by an ``organisation``, made for it or known already, or by a ``word`` that says why not.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="organisations_asked")
    name = Line(_("nom de l’organisation"), max_length=200)
    kind = models.CharField(_("nature"), max_length=30, choices=KIND_CHOICES)
    contact_name = Line(_("personne à inviter"), max_length=120, blank=True)
    contact_email = MailAddress(_("son adresse électronique"), blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(_("demandée le"), auto_now_add=True)
    answer = models.CharField(_("réponse"), max_length=10, choices=Answer.choices, blank=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="+")
    word = Lines(_("motif"), blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(_("répondue le"), null=True, blank=True)

    objects = OrganisationRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("organisation demandée")
        verbose_name_plural = _("organisations demandées")
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "name"],
                condition=~Q(answer=Answer.REFUSED),
                name="one_request_an_organisation",
                violation_error_message=ALREADY_ASKED,
            ),
            models.CheckConstraint(
                name="request_answered_whole",
                condition=Q(answer="", organisation=None, answered_by=None, answered_at=None)
                | Q(
                    answer__in=(Answer.CREATED, Answer.EXISTING),
                    organisation__isnull=False,
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                )
                | Q(
                    ~Q(word=""),
                    answer=Answer.REFUSED,
                    organisation=None,
                    answered_by__isnull=False,
                    answered_at__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name
