"""The five pages of an opening, in order: their codes (as in the kinds), their addresses, their titles."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

INITIATIVE, PERIMETER = "initiative", "perimeter"
PARTICIPANTS, SIGNATORIES, CALENDAR = "participants", "signatories", "calendar"


@dataclass(frozen=True)
class Page:
    """One page: its code, its place in the address, its title."""

    code: str
    slug: str
    title: Promise


PAGES = (
    Page(INITIATIVE, "initiative", _("Initiative")),
    Page(PERIMETER, "perimetre", _("Périmètre et durée")),
    Page(PARTICIPANTS, "participants", _("Participants")),
    Page(SIGNATORIES, "signataires", _("Signataires")),
    Page(CALENDAR, "calendrier", _("Calendrier")),
)
BY_SLUG = {page.slug: page for page in PAGES}
BY_CODE = {page.code: page for page in PAGES}


def after(page: Page) -> Page | None:
    """Return the page that follows, None after the last."""
    place = PAGES.index(page) + 1
    return PAGES[place] if place < len(PAGES) else None
