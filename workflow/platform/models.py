"""What an installation says on the pages that a public service owes: each text that was put there stays."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stakeholders.text import Lines

LONGEST = 20_000  # characters of a page


class PublicPage(models.TextChoices):
    """The pages of the footer, by their address."""

    LEGAL = "mentions-legales", _("Mentions légales")
    PRIVACY = "donnees-personnelles", _("Données personnelles")
    ACCESSIBILITY = "accessibilite", _("Accessibilité")
    CONTACT = "contact", _("Contact")


class PageText(models.Model):
    """One text of one page, in Markdown; the last is shown, and an empty one takes the page back."""

    page = models.CharField(_("page"), max_length=30, choices=PublicPage.choices, editable=False)
    number = models.PositiveIntegerField(_("version"), editable=False)  # of this page: 1, 2, 3…
    text = Lines(_("texte"), blank=True, max_length=LONGEST)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", editable=False)
    at = models.DateTimeField(_("le"), auto_now_add=True)

    class Meta:
        verbose_name = _("texte d’une page publique")
        verbose_name_plural = _("textes des pages publiques")
        ordering = ["page", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["page", "number"], name="page_text_numbered_once"),
            models.CheckConstraint(
                name="page_text_of_a_known_page", condition=models.Q(page__in=PublicPage.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_page_display()}, {self.at:%d/%m/%Y}"
