"""How a person enrols a means of signing: a row for each way that this installation offers."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from signatures.csc.providers import services


@dataclass(frozen=True)
class Way:
    """One way to enrol: its name, what it needs, and the page where it begins."""

    means: str
    title: str | Promise
    needs: str | Promise
    url_name: str

    @property
    def url(self) -> str:
        """Return the address of the page where it begins."""
        return reverse(self.url_name)


REMOTE = Way(
    "csc",
    _("Service de signature à distance"),
    _("Un compte chez un prestataire qui garde votre clé ; il vous demandera de vous identifier."),
    "csc_enrol",
)
CARD = Way(
    "card",
    _("Carte à puce ou clé USB"),
    _("La carte et son lecteur, son code, et le programme de signature installé sur cet ordinateur."),
    "card_enrol",
)
WAYS: tuple[Way, ...] = (CARD, REMOTE)


def offered() -> list[Way]:
    """Return the ways that this installation offers."""
    return [way for way in WAYS if way != REMOTE or services()]
