"""What gives or widens a power: asked by one person, confirmed by another, and only then true.

Whoever reads mandates, the register or absences need not know of what is only asked: the rows
there are made when somebody else confirms.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.models.organisations import Mandate, Office, Organisation
from stakeholders.models.people import User
from stakeholders.text import Lines

LASTS = dt.timedelta(days=30)


class GrantKind(models.TextChoices):
    """What is given or widened."""

    MANDATE = "mandate", _("Fonction")
    INVITATION = "invitation", _("Fonction, par invitation")
    AUTHORITY = "authority", _("Acte du registre")
    ABSENCE = "absence", _("Remplacement pendant une absence")
    OFFICE = "office", _("Pouvoirs d’une fonction")
    PROOF = "proof", _("Preuve demandée pour signer")


class GrantState(models.TextChoices):
    """Where a grant stands; nothing follows from it before it is confirmed."""

    DRAFTED = "drafted", _("pas encore envoyé")
    REQUESTED = "requested", _("à confirmer")
    CONFIRMED = "confirmed", _("confirmé")
    REFUSED = "refused", _("refusé")
    WITHDRAWN = "withdrawn", _("retiré")


PENDING = (GrantState.DRAFTED, GrantState.REQUESTED)


class GrantQuerySet(models.QuerySet["Grant"]):
    """Grants, by what became of them."""

    def awaiting(self, now: dt.datetime | None = None) -> GrantQuerySet:
        """Those that somebody may still confirm."""
        return self.filter(state=GrantState.REQUESTED, expires_at__gt=now or timezone.now())

    def pending(self) -> GrantQuerySet:
        """Those that are asked, or about to be; one that expired is no more."""
        return self.filter(
            Q(state=GrantState.DRAFTED) | Q(state=GrantState.REQUESTED, expires_at__gt=timezone.now())
        )


class Grant(models.Model):
    """A power asked for ``person``, or for whom ``facts`` invite, in an organisation.

    ``facts`` say what will be written when it is confirmed: days in ISO 8601, rows by their primary
    key; ``document_sha256`` names the act's PDF among the stored blobs. Drafted by a form, it is
    requested once its author has said again who they are. ``may_act_from`` ends the cool-down that
    its confirmation began; None where there is none.
    """

    kind = models.CharField(_("nature"), max_length=20, choices=GrantKind.choices)
    state = models.CharField(_("état"), max_length=20, choices=GrantState.choices, default=GrantState.DRAFTED)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="grants", verbose_name=_("organisation")
    )
    office = models.ForeignKey(
        Office, models.PROTECT, null=True, related_name="grants", verbose_name=_("fonction")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="grants",
        verbose_name=_("bénéficiaire"),
    )
    grantor = models.ForeignKey(
        Mandate, models.PROTECT, null=True, related_name="grants_given", verbose_name=_("donné par")
    )
    facts = models.JSONField(_("contenu"))
    document_sha256 = models.CharField(_("empreinte de l’acte"), max_length=64, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="grants_asked", verbose_name=_("demandé par")
    )
    asked_as = models.CharField(_("en qualité de"), max_length=600, blank=True)
    drafted_at = models.DateTimeField(_("rédigé le"), default=timezone.now)
    requested_at = models.DateTimeField(_("demandé le"), null=True)
    expires_at = models.DateTimeField(_("à confirmer avant le"), null=True)
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("tranché par")
    )
    settled_at = models.DateTimeField(_("tranché le"), null=True)
    reason = Lines(_("motif"), blank=True)
    immediately = models.BooleanField(_("immédiatement"), default=False)
    may_act_from = models.DateTimeField(_("peut servir à compter du"), null=True)

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("pouvoir demandé")
        verbose_name_plural = _("pouvoirs demandés")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="grant_kind_and_state_known",
                condition=Q(
                    kind__in=[kind for kind, _label in GrantKind.choices],
                    state__in=[state for state, _label in GrantState.choices],
                ),
            ),
            models.CheckConstraint(
                name="nobody_asks_for_oneself",
                condition=Q(person=None) | ~Q(asked_by=F("person")),
                violation_error_message=_("On ne se donne pas de pouvoir à soi-même."),
            ),
            models.CheckConstraint(
                name="confirmed_by_a_second_person",
                condition=~Q(state=GrantState.CONFIRMED)
                | (~Q(settled_by=F("asked_by")) & (Q(person=None) | ~Q(settled_by=F("person")))),
                violation_error_message=_("Un pouvoir est confirmé par une seconde personne."),
            ),
            models.CheckConstraint(
                name="grant_settled_once_by_somebody",
                condition=Q(state__in=PENDING, settled_at=None, settled_by=None)
                | Q(settled_at__isnull=False, settled_by__isnull=False) & ~Q(state__in=PENDING),
            ),
            models.CheckConstraint(
                name="grant_requested_until_a_day",
                condition=~Q(state__in=(GrantState.REQUESTED, GrantState.CONFIRMED))
                | Q(requested_at__isnull=False, expires_at__isnull=False),
            ),
            models.CheckConstraint(
                name="immediately_for_a_reason",
                condition=Q(immediately=False) | ~Q(reason=""),
                violation_error_message=_("Dites pourquoi sans attendre."),
            ),
        ]
        indexes = [models.Index(fields=["organisation", "state"])]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.organisation.short_name}"

    @property
    def has_expired(self) -> bool:
        """Whether nobody confirmed it in time."""
        late = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.state == GrantState.REQUESTED and late

    @property
    def beneficiary(self) -> str:
        """For whom it is: somebody, whoever is invited, or nobody in particular."""
        invited = [self.facts.get(name, "") for name in ("civility", "first_name", "last_name")]
        return str(self.person) if self.person else " ".join(part for part in invited if part)

    def fingerprint(self, purpose: str) -> str:
        """Return the SHA-256 of what is asked, for one purpose: what a fresh proof is bound to."""
        said = [
            purpose,
            self.pk,
            self.kind,
            self.organisation_id,
            self.office_id,
            self.person_id,
            self.grantor_id,
            self.facts,
            self.document_sha256,
            self.asked_by_id,
        ]
        return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def beneficiaries(self) -> set[int]:
        """Return the primary keys of all to whom it would give something: nobody of them confirms it."""
        if self.kind == GrantKind.OFFICE:
            held = Mandate.objects.filter(office=self.office_id, withdrawn_at=None)
            return set(held.exclude(ends_on__lt=timezone.localdate()).values_list("person", flat=True))
        if self.kind == GrantKind.INVITATION:
            local, domain = _mailbox(self.facts["email"])
            near = User.objects.filter(email__istartswith=local, email__iendswith=f"@{domain}")
            return {person.pk for person in near if same_mailbox(person.email, self.facts["email"])}
        return {self.person_id} if self.person_id else set()


def same_mailbox(one: str, other: str) -> bool:
    """Whether two addresses reach one mailbox: « nom+autre@ville.fr » is « nom@ville.fr » (RFC 5233)."""
    return _mailbox(one) == _mailbox(other)


def _mailbox(address: str) -> tuple[str, str]:
    local, _at, domain = address.strip().lower().rpartition("@")
    return local.partition("+")[0], domain
