"""What the circuit leaves behind: opinions, approvals, resolutions, the journal, the events."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from viewflow.workflow.models import Process, Task

from contracts.models import Contract, ContractVersion, Signatory
from stakeholders.models import Mandate, Organisation
from stakeholders.text import Line, Lines
from workflow.anchor_models import Anchor as Anchor
from workflow.guest_models import Contact as Contact
from workflow.guest_models import GuestLink as GuestLink
from workflow.mail_models import QueuedMail as QueuedMail
from workflow.note_models import InternalNote as InternalNote


class CsiProcess(Process):
    """The running circuit of one contract: ``artifact`` is the contract."""

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


class OpinionValue(models.TextChoices):
    """What an organisation thinks of a version."""

    FAVOURABLE = "favourable", _("Favorable")
    FAVOURABLE_WITH_RESERVATIONS = "favourable_with_reservations", _("Favorable avec réserves")
    CHANGES_REQUESTED = "changes_requested", _("Modifications demandées")
    UNFAVOURABLE = "unfavourable", _("Défavorable")
    NO_OPINION = "no_opinion", _("Sans avis")


# These send the text back to the pilots.
BLOCKING_OPINIONS = frozenset({OpinionValue.CHANGES_REQUESTED, OpinionValue.UNFAVOURABLE})


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
            models.CheckConstraint(
                name="opinion_says_why",
                condition=Q(value="favourable") | ~Q(reason=""),
                violation_error_message=_("Dites pourquoi : un motif est requis pour cet avis."),
            ),
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


class Transfer(models.Model):
    """A task passed on to a colleague, with a reason; whoever gave it may still do it."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="transfers")
    giver = models.ForeignKey(Mandate, models.PROTECT, related_name="+", verbose_name=_("confiée par"))
    receiver = models.ForeignKey(Mandate, models.PROTECT, related_name="+", verbose_name=_("confiée à"))
    reason = Lines(_("motif"))
    at = models.DateTimeField(_("le"), auto_now_add=True)
    ended_at = models.DateTimeField(_("reprise le"), null=True, blank=True)

    class Meta:
        verbose_name = _("tâche confiée")
        verbose_name_plural = _("tâches confiées")
        constraints = [
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(ended_at__isnull=True),
                name="one_receiver_a_task",
                violation_error_message=_("Cette tâche est déjà confiée à quelqu’un : reprenez-la d’abord."),
            ),
            models.CheckConstraint(
                name="transfer_says_why",
                condition=~Q(reason=""),
                violation_error_message=_("Dites pourquoi vous confiez cette tâche."),
            ),
        ]
        indexes = [
            models.Index(fields=["receiver"], condition=Q(ended_at__isnull=True), name="live_transfers")
        ]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.giver.person}, {self.receiver.person}"


class DailyPass(models.Model):
    """A day whose changes of standing were followed (:mod:`workflow.handover`)."""

    day = models.DateField(_("jour"), unique=True)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("passage du jour")
        verbose_name_plural = _("passages du jour")

    def __str__(self) -> str:
        return self.day.isoformat()


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
            models.CheckConstraint(
                name="return_says_why",
                condition=Q(approved=True) | ~Q(reason=""),
                violation_error_message=_("Dites pourquoi le texte est renvoyé en rédaction."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation.short_name} : {self.version}"


class Recall(Act):
    """The pilots take a version back before every opinion is in."""

    class Meta:
        verbose_name = _("retrait de version")
        verbose_name_plural = _("retraits de version")
        constraints = [models.UniqueConstraint(fields=["version"], name="one_recall_a_version")]

    def __str__(self) -> str:
        return str(self.version)


class CouncilResolution(Act):
    """The resolution of the municipal council on a version (CGCT L2121-29, L2131-1).

    Enforceable once published and received by the State's representative; ``adopted``
    false means that the council refused.
    """

    number = Line(_("numéro de la délibération"), max_length=60)
    session_on = models.DateField(_("séance du"))
    adopted = models.BooleanField(_("adoptée"), default=True)
    votes_for = models.PositiveSmallIntegerField(_("voix pour"))
    votes_against = models.PositiveSmallIntegerField(_("voix contre"), default=0)
    abstentions = models.PositiveSmallIntegerField(_("abstentions"), default=0)
    published_on = models.DateField(_("publiée le"), null=True, blank=True)
    transmitted_on = models.DateField(_("transmise le"), null=True, blank=True)
    received_on = models.DateField(_("accusé de réception du"), null=True, blank=True)

    class Meta:
        verbose_name = _("délibération")
        verbose_name_plural = _("délibérations")
        constraints = [
            models.UniqueConstraint(fields=["version"], name="one_resolution_a_version"),
            models.CheckConstraint(
                name="adopted_resolution_is_enforceable",
                # a comparison with NULL is neither true nor false, and a check lets it pass
                condition=Q(adopted=False)
                | Q(
                    published_on__isnull=False,
                    transmitted_on__isnull=False,
                    received_on__isnull=False,
                    published_on__gte=F("session_on"),
                    transmitted_on__gte=F("session_on"),
                    received_on__gte=F("transmitted_on"),
                ),
                violation_error_message=_(
                    "La délibération n’est pas exécutoire : il faut sa publication, sa transmission "
                    "et l’accusé de réception, dans l’ordre."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def is_enforceable(self) -> bool:
        """Whether it unlocks the mayor's signature."""
        return self.adopted and None not in (self.published_on, self.transmitted_on, self.received_on)


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


class Refusal(Act):
    """A signatory refuses to sign, and says why."""

    signatory = models.ForeignKey(Signatory, models.PROTECT, related_name="refusals")

    class Meta:
        verbose_name = _("refus de signer")
        verbose_name_plural = _("refus de signer")
        constraints = [
            models.UniqueConstraint(fields=["version"], name="one_refusal_a_version"),
            models.CheckConstraint(
                name="refusal_says_why",
                condition=~Q(reason=""),
                violation_error_message=_("Dites pourquoi vous refusez de signer."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.signatory)


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

    class Meta:
        verbose_name = _("écriture du journal")
        verbose_name_plural = _("journal")
        ordering = ["number"]
        indexes = [models.Index(fields=["contract", "number"])]

    def __str__(self) -> str:
        return f"{self.number} {self.verb}"


class Event(models.Model):
    """Something that people watching should see now; delivered by websocket.

    Identifiers grow in the order of commits (:mod:`workflow.events`), so "what came
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
