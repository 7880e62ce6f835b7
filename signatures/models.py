"""Envelopes, their places to sign, and each signature on its way: bytes and persons only."""

from __future__ import annotations

import base64
import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from signatures.card_models import CardSession as CardSession
from signatures.csc.errands_models import RemoteErrand as RemoteErrand
from signatures.fields import SHA256 as SHA256
from signatures.fields import Sha256Field as Sha256Field
from signatures.kept_models import KeptReport as KeptReport
from signatures.keys_models import EnrolledKey as EnrolledKey
from signatures.keys_models import Level as Level
from signatures.lists.models import ListTrial as ListTrial
from signatures.lists.models import LotlPivot as LotlPivot
from signatures.lists.models import TrustedList as TrustedList
from signatures.means_models import ProofMeans as ProofMeans

MAX_FAILURES = 5
FAILURE_WINDOW = dt.timedelta(minutes=10)
CONFIRMATION_LASTS = dt.timedelta(minutes=2)
CHALLENGE_LASTS = dt.timedelta(minutes=5)


class Envelope(models.Model):
    """A PDF that some persons sign one after the other, then that is sealed for the archive."""

    class State(models.TextChoices):
        OPEN = "open", _("ouverte à la signature")
        SEALING = "sealing", _("scellement en cours")
        SEALED = "sealed", _("scellée")
        VOID = "void", _("annulée")

    title = models.CharField(_("titre"), max_length=300)
    base_sha256 = Sha256Field(_("document d’origine"))
    current_sha256 = Sha256Field(_("document actuel"))
    sealed_sha256 = Sha256Field(_("document scellé"), blank=True)
    state = models.CharField(_("état"), max_length=10, choices=State.choices, default=State.OPEN)
    specimen = models.BooleanField(_("spécimen sans valeur juridique"))
    idempotency_key = models.CharField(_("clé d’idempotence"), max_length=200, unique=True)
    void_reason = models.TextField(_("motif d’annulation"), blank=True)
    error_code = models.CharField(_("code d’erreur"), max_length=40, blank=True)
    error_text = models.TextField(_("erreur"), blank=True)
    created_at = models.DateTimeField(_("créée le"), default=timezone.now, editable=False)
    sealed_at = models.DateTimeField(_("scellée le"), null=True, blank=True)
    proven_until = models.DateTimeField(_("preuve tenue jusqu’au"), null=True, blank=True)

    class Meta:
        verbose_name = _("enveloppe")
        verbose_name_plural = _("enveloppes")
        ordering = ["-created_at"]
        indexes = [  # a file that somebody verifies is sought by its hash (workflow/verification/known.py)
            models.Index(fields=["base_sha256"], name="envelope_base"),
            models.Index(fields=["sealed_sha256"], name="envelope_sealed"),
        ]
        constraints = [
            models.CheckConstraint(
                name="envelope_state_known", condition=Q(state__in=["open", "sealing", "sealed", "void"])
            ),
            models.CheckConstraint(
                name="envelope_sealed_has_document",
                condition=~Q(state="sealed") | (~Q(sealed_sha256="") & Q(sealed_at__isnull=False)),
                violation_error_message=_("Une enveloppe scellée a un document scellé."),
            ),
            models.CheckConstraint(
                name="envelope_void_has_reason",
                condition=~Q(state="void") | ~Q(void_reason=""),
                violation_error_message=_("Une annulation a un motif."),
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Slot(models.Model):
    """One place to sign: a signature field of the PDF and its turn."""

    envelope = models.ForeignKey(Envelope, models.PROTECT, related_name="slots", verbose_name=_("enveloppe"))
    order = models.PositiveSmallIntegerField(_("rang"))
    field_name = models.CharField(_("champ du PDF"), max_length=100)
    signer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="signature_slots",
        verbose_name=_("signataire"),
    )

    class Meta:
        verbose_name = _("emplacement de signature")
        verbose_name_plural = _("emplacements de signature")
        ordering = ["envelope", "order"]
        constraints = [
            models.UniqueConstraint(fields=["envelope", "order"], name="one_slot_a_turn"),
            models.UniqueConstraint(fields=["envelope", "field_name"], name="one_slot_a_field"),
        ]

    def __str__(self) -> str:
        return f"{self.envelope_id} · {self.field_name}"

    @property
    def request(self) -> SignatureRequest | None:
        """The signature asked for here that still counts; None before, and once it is abandoned."""
        return self.requests.exclude(state=SignatureRequest.State.ABANDONED).first()


class SignatureRequest(models.Model):
    """One signature on its way; at most one a slot, but for those that were abandoned.

    An abandoned row stays as it was: it says what was tried, and whether a key was used.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", _("demandée")
        PREPARED = "prepared", _("document préparé")
        SIGNED = "signed", _("signée")
        STAMPED = "stamped", _("horodatée")
        DONE = "done", _("terminée")
        FAILED = "failed", _("échouée")
        ABANDONED = "abandoned", _("abandonnée")

    slot = models.ForeignKey(Slot, models.PROTECT, related_name="requests", verbose_name=_("emplacement"))
    idempotency_key = models.CharField(_("clé d’idempotence"), max_length=200, unique=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="signature_requests",
        verbose_name=_("signataire"),
    )
    backend = models.CharField(_("moyen de signature"), max_length=40)
    key = models.ForeignKey(
        EnrolledKey,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="requests",
        verbose_name=_("moyen enregistré"),
    )
    state = models.CharField(_("état"), max_length=10, choices=State.choices, default=State.REQUESTED)
    resume_state = models.CharField(_("état à reprendre"), max_length=10, blank=True)
    document_sha256 = Sha256Field(_("document lu et à signer"))
    prepared_sha256 = Sha256Field(_("document préparé"), blank=True)
    supplied_sha256 = Sha256Field(_("document rapporté"), blank=True, db_default="")
    final_sha256 = Sha256Field(_("document signé"), blank=True)
    certificate = models.BinaryField(_("certificat (DER)"))
    prepared = models.JSONField(_("préparation"), default=dict, blank=True)
    raw_signature = models.BinaryField(_("valeur de signature"), default=b"", blank=True)
    cms = models.BinaryField(_("signature CMS (DER)"), default=b"", blank=True)
    stamp_lines = models.JSONField(_("lignes du cachet visuel"), default=list)
    error_code = models.CharField(_("code d’erreur"), max_length=40, blank=True)
    error_text = models.TextField(_("erreur"), blank=True)
    permanent = models.BooleanField(_("échec définitif"), default=False)
    attempts = models.PositiveIntegerField(_("essais"), default=0)
    awaited_until = models.DateTimeField(_("signataire attendu jusqu’au"), null=True, blank=True)
    requested_at = models.DateTimeField(_("demandée le"), default=timezone.now, editable=False)
    prepared_at = models.DateTimeField(_("préparée le"), null=True, blank=True)
    signed_at = models.DateTimeField(_("signée le"), null=True, blank=True)
    stamped_at = models.DateTimeField(_("horodatée le"), null=True, blank=True)
    done_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    failed_at = models.DateTimeField(_("échouée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("demande de signature")
        verbose_name_plural = _("demandes de signature")
        ordering = ["-requested_at"]
        indexes = [models.Index(fields=["final_sha256"], name="request_final")]
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=~Q(state="abandoned"), name="one_live_request_a_slot"
            ),
            models.CheckConstraint(
                name="request_state_known",
                condition=Q(
                    state__in=["requested", "prepared", "signed", "stamped", "done", "failed", "abandoned"]
                ),
            ),
            models.CheckConstraint(
                name="request_prepared_has_document",
                condition=~Q(state__in=["prepared", "signed", "stamped", "done"]) | ~Q(prepared_sha256=""),
            ),
            models.CheckConstraint(
                name="request_signed_has_value",
                condition=~Q(state__in=["signed", "stamped", "done"]) | ~Q(raw_signature=b""),
            ),
            models.CheckConstraint(
                name="request_stamped_has_cms",
                condition=~Q(state__in=["stamped", "done"]) | ~Q(cms=b""),
            ),
            models.CheckConstraint(
                name="request_done_has_document",
                condition=~Q(state="done") | (~Q(final_sha256="") & Q(done_at__isnull=False)),
            ),
        ]

    PENDING: ClassVar[tuple[str, ...]] = ("requested", "prepared", "signed", "stamped")

    def __str__(self) -> str:
        return f"{self.slot} · {self.get_state_display()}"

    @property
    def is_awaited(self) -> bool:
        """Tell whether the signatory's own key is awaited."""
        return self.state == self.State.PREPARED and self.awaited_until is not None

    @property
    def signed_attributes(self) -> bytes:
        """The DER that the key signs (SET OF, RFC 5652 § 5.4); empty before PREPARED."""
        return base64.b64decode(self.prepared.get("signed_attributes", ""))


class Confirmation(models.Model):
    """A person said again who they are, for one document, for two minutes, for one use."""

    class Proof(models.TextChoices):
        PASSWORD = "password", _("Mot de passe")
        CODE = "code", _("Code d’une application")
        PASSKEY = "passkey", _("Clé d’accès")
        KEY = "key", _("Code du moyen de signature")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("personne")
    )
    document_sha256 = Sha256Field(_("document lu"))
    proof = models.CharField(
        _("preuve"), max_length=10, choices=Proof.choices, blank=True, db_default=""
    )  # empty: not kept then
    token_hash = models.CharField(_("empreinte du jeton"), max_length=64, unique=True)
    created_at = models.DateTimeField(_("donnée le"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valable jusqu’à"))
    used_at = models.DateTimeField(_("utilisée le"), null=True, blank=True)

    class Meta:
        verbose_name = _("confirmation d’identité")
        verbose_name_plural = _("confirmations d’identité")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="confirmation_ends_after_start", condition=Q(expires_at__gt=models.F("created_at"))
            ),
            models.CheckConstraint(
                name="confirmation_proof_known",
                condition=Q(proof__in=["", "password", "code", "passkey", "key"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.document_sha256[:12]}"


class FailedConfirmation(models.Model):
    """An attempt that was not recognised (or has not been yet): too many of them close the door."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("personne")
    )
    attempted_at = models.DateTimeField(_("tentée le"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("confirmation échouée")
        verbose_name_plural = _("confirmations échouées")
        ordering = ["-attempted_at"]
        indexes = [models.Index(fields=["user", "attempted_at"], name="failed_confirmation_recent")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.attempted_at:%Y-%m-%d %H:%M:%S}"


class PasskeyChallenge(models.Model):
    """What a passkey is asked to sign, for one document: ours to know, worth five minutes and one answer."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("personne")
    )
    document_sha256 = Sha256Field(_("document lu"))
    nonce = models.BinaryField(_("aléa"), max_length=32)
    created_at = models.DateTimeField(_("posé le"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("valable jusqu’à"))
    answered_at = models.DateTimeField(_("répondu le"), null=True, blank=True)

    class Meta:
        verbose_name = _("défi à une clé d’accès")
        verbose_name_plural = _("défis à une clé d’accès")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="passkey_challenge_ends_after_start",
                condition=Q(expires_at__gt=models.F("created_at")),
            )
        ]
        indexes = [models.Index(fields=["user", "document_sha256"], name="passkey_challenge_of_document")]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.document_sha256[:12]}"

    @property
    def challenge(self) -> bytes:
        """The 64 bytes to be signed: the nonce, then the SHA-256 of the document, so that both are signed."""
        return bytes(self.nonce) + bytes.fromhex(self.document_sha256)


class Renewal(models.Model):
    """One more time-stamp over a sealed file; never changed (``signatures.renewals``)."""

    envelope = models.ForeignKey(Envelope, models.PROTECT, "renewals", verbose_name=_("enveloppe"))
    document_sha256 = Sha256Field(_("document renouvelé"), unique=True)
    replaced_sha256 = Sha256Field(_("document remplacé"), unique=True)
    renewed_at = models.DateTimeField(_("renouvelé le"), default=timezone.now, editable=False)
    proven_until = models.DateTimeField(_("preuve tenue jusqu’au"))

    class Meta:
        verbose_name = _("renouvellement de preuve")
        verbose_name_plural = _("renouvellements de preuve")
        ordering = ["envelope", "renewed_at"]
        constraints = [
            models.CheckConstraint(
                name="renewal_makes_another_document", condition=~Q(document_sha256=F("replaced_sha256"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.envelope_id} · {self.document_sha256[:12]}"
