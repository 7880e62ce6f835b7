"""By what people say again who they are before a signature, and since when that counts."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

NOT_ONE_S_OWN = _("On ne confirme pas soi-même ses moyens de preuve.")


class ProofMeans(models.Model):
    """A passkey, an application of codes, or the password where ``authenticator`` is empty.

    A passkey or an application counts before a signature from ``counts_from`` on, and never
    without a row; a password counts without a row, and with one from then on. Logging in asks
    nothing of this.
    """

    class How(models.TextChoices):
        BEFORE = "before", _("déjà là")
        FACTOR = "factor", _("par un autre moyen reconnu")
        PERSON = "person", _("par un code donné de vive voix")
        DELAY = "delay", _("après un délai")

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="proof_means", verbose_name=_("personne")
    )
    authenticator = models.OneToOneField(
        Authenticator, models.CASCADE, null=True, related_name="means", verbose_name=_("moyen")
    )
    since = models.DateTimeField(_("ajouté le"))
    counts_from = models.DateTimeField(_("compte à partir du"), null=True, blank=True)
    how = models.CharField(_("reconnu"), max_length=10, choices=How.choices, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    code_hash = models.CharField(max_length=64, blank=True)
    code_given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    code_expires_at = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("moyen de preuve")
        verbose_name_plural = _("moyens de preuve")
        ordering = ["user", "since"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(authenticator__isnull=True), name="one_password_a_person"
            ),
            models.CheckConstraint(
                name="nobody_confirms_their_own_proof",
                condition=(Q(confirmed_by__isnull=True) | ~Q(confirmed_by=F("user")))
                & (Q(code_given_by__isnull=True) | ~Q(code_given_by=F("user"))),
                violation_error_message=NOT_ONE_S_OWN,
            ),
            models.CheckConstraint(
                name="proof_counts_for_a_reason", condition=Q(counts_from__isnull=True) | ~Q(how="")
            ),
        ]

    def __str__(self) -> str:
        return str(self.authenticator) if self.authenticator is not None else str(_("Mot de passe"))
