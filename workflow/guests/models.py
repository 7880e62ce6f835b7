"""Whom an organisation wants asked, and the links that were mailed to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from contracts.models import Contract, ContractVersion
from stakeholders.models import Mandate, Organisation
from stakeholders.text import Line, Lines, MailAddress, PersonName
from workflow.notices.models import KeptMail


class ContactQuerySet(models.QuerySet["Contact"]):
    """Contacts, by whether they may still be asked."""

    def kept(self) -> ContactQuerySet:
        """Those that nobody removed."""
        return self.filter(removed_at__isnull=True)

    def reachable(self) -> ContactQuerySet:
        """Those that may be mailed: kept, and who never answered « ce n’est pas moi »."""
        return self.kept().exclude(links__reported_at__isnull=False)


class Contact(models.Model):
    """A person whom an organisation names to be asked its opinion on one contract.

    ``mandate`` is the one that was given when they confirmed their address, if one had to be.
    """

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="contacts")
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="contacts", verbose_name=_("organisation")
    )
    email = MailAddress(_("adresse électronique"))
    civility = PersonName(_("civilité"), max_length=10, blank=True)
    first_name = PersonName(_("prénom"), max_length=150)
    last_name = PersonName(_("nom"), max_length=150)
    quality = Line(_("fonction"), max_length=150)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    mandate = models.ForeignKey(
        Mandate, models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["organisation__name", "last_name", "pk"]
        constraints = [
            models.UniqueConstraint(
                "contract",
                "organisation",
                Lower("email"),
                condition=Q(removed_at__isnull=True),
                name="one_contact_an_address",
                violation_error_message=_("Cette adresse est déjà celle d’un contact de l’organisation."),
            )
        ]

    def __str__(self) -> str:
        return " ".join(part for part in (self.civility, self.first_name, self.last_name) if part)


class GuestLink(models.Model):
    """A link mailed to a contact about one version.

    ``identifier`` names the link in its address and gives no right: only the code does,
    which is mailed to the contact's address and kept as a keyed hash.
    """

    contact = models.ForeignKey(Contact, models.PROTECT, related_name="links")
    version = models.ForeignKey(ContractVersion, models.PROTECT, related_name="guest_links")
    identifier = models.CharField(max_length=43, unique=True)
    sent_at = models.DateTimeField(_("envoyé le"))
    expires_at = models.DateTimeField(_("valable jusqu’au"))
    reported_at = models.DateTimeField(_("signalé le"), null=True, blank=True)
    report = Lines(_("signalement"), blank=True)
    code_asked_at = models.DateTimeField(null=True, blank=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_expires_at = models.DateTimeField(null=True, blank=True)
    code_tries = models.PositiveSmallIntegerField(default=0)
    mail = models.ForeignKey(KeptMail, models.SET_NULL, null=True, related_name="+")  # by which it was sent

    class Meta:
        verbose_name = _("lien d’invitation")
        verbose_name_plural = _("liens d’invitation")
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.CheckConstraint(name="guest_link_lasts", condition=Q(expires_at__gt=F("sent_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.contact}, {self.version}"
