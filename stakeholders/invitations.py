"""Invitations: an office promised to whoever opens the link that was mailed to them."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders.days import Day
from stakeholders.models import Grant, Office, User
from stakeholders.models.organisations import ENDS_BEFORE_IT_STARTS
from stakeholders.text import MailAddress, PersonName

LASTS = dt.timedelta(days=14)


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Invitations, by what became of them."""

    def pending(self) -> InvitationQuerySet:
        """Those that nobody accepted nor cancelled; they may have expired."""
        return self.filter(accepted_at=None, cancelled_at=None)

    def by_token(self, token: str) -> InvitationQuerySet:
        """The one whose link holds this token."""
        return self.filter(token_hash=hash_of(token))


class Invitation(models.Model):
    """An office offered to an address; the link's token is kept hashed."""

    office = models.ForeignKey(
        Office, models.PROTECT, related_name="invitations", verbose_name=gettext_lazy("fonction")
    )
    email = MailAddress(gettext_lazy("adresse électronique"))
    civility = PersonName(gettext_lazy("civilité"), max_length=10, blank=True)
    first_name = PersonName(gettext_lazy("prénom"), max_length=150)
    last_name = PersonName(gettext_lazy("nom"), max_length=150)
    starts_on = Day(gettext_lazy("du"))
    ends_on = Day(gettext_lazy("au"), null=True, blank=True)
    invited_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=gettext_lazy("invitée par")
    )
    token_hash = models.CharField(gettext_lazy("empreinte du lien"), max_length=64, unique=True)
    created_at = models.DateTimeField(gettext_lazy("envoyée le"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(gettext_lazy("valable jusqu’au"))
    accepted_at = models.DateTimeField(gettext_lazy("acceptée le"), null=True, blank=True)
    accepted_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=gettext_lazy("acceptée par"),
    )
    cancelled_at = models.DateTimeField(gettext_lazy("annulée le"), null=True, blank=True)
    # what a second person confirmed, where the office gives a power
    grant = models.ForeignKey(
        Grant, models.PROTECT, null=True, blank=True, related_name="invitations", editable=False
    )

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("invitation")
        verbose_name_plural = gettext_lazy("invitations")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="invitation_ends_after_it_starts",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                violation_error_message=ENDS_BEFORE_IT_STARTS,
            ),
            models.CheckConstraint(
                name="invitation_accepted_by_somebody",
                condition=Q(accepted_at=None, accepted_by=None)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False, cancelled_at=None),
            ),
            models.UniqueConstraint(
                Lower("email"),
                "office",
                condition=Q(accepted_at=None, cancelled_at=None),
                name="one_pending_invitation_an_address_and_office",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.office} · {self.invited}"

    @property
    def invited(self) -> str:
        """Who is invited: civility, first name, last name."""
        return " ".join(part for part in (self.civility, self.first_name, self.last_name) if part)

    @property
    def has_expired(self) -> bool:
        """Whether the link, or the mandate that it offers, is over."""
        over = self.ends_on is not None and self.ends_on < timezone.localdate()
        return over or self.expires_at <= timezone.now()

    @property
    def newcomer(self) -> User:
        """Who is invited, as an account that is not kept: what a password is compared with."""
        return User(email=self.email, first_name=self.first_name, last_name=self.last_name)

    def why_closed(self) -> str:
        """Return why the link serves no more, and what to do; nothing while it does."""
        if self.accepted_at is not None:
            return _("Cette invitation a déjà servi : connectez-vous avec le compte qu’elle a ouvert.")
        if self.cancelled_at is not None:
            return _("Cette invitation a été annulée par l’organisation qui l’avait envoyée.")
        if self.has_expired:
            return _("Cette invitation a expiré : demandez-en une autre à la personne qui vous l’a envoyée.")
        return ""


def new_token() -> str:
    """Draw the token of a link, 256 bits in base 64."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what is kept of a token: its SHA-256, 64 hexadecimal digits."""
    return hashlib.sha256(token.encode()).hexdigest()
