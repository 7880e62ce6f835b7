"""The pages that any public service owes: legal notice, personal data, contact, accessibility, help.

What is true of the application is written here; what only the installation knows (who publishes, who hosts,
whom to write to) is Markdown that it puts in the folder PAGES_DIR, a file named as the page: ``contact.md``.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

GUIDE = Path(__file__).parent.parent / "docs" / "guide.md"
LONGEST = 100_000  # characters of a page
TITLES = {
    "mentions-legales": _("Mentions légales"),
    "donnees-personnelles": _("Données personnelles"),
    "accessibilite": _("Accessibilité"),
    "contact": _("Contact"),
}


@require_safe
def information(request: HttpRequest, page: str) -> HttpResponse:
    """One of these pages: our part, then the installation's."""
    if page not in TITLES:
        raise Http404
    context = {"page": page, "title": TITLES[page], "told": told(page)}
    return render(request, "pages/information.html", context)


@require_safe
def guide(request: HttpRequest) -> HttpResponse:
    """The guide of whoever takes part in a contract."""
    return render(request, "pages/guide.html", {"guide": as_html(_guide())})


def told(page: str) -> SafeString:
    """Return what the installation says on a page; nothing where it says nothing."""
    folder = settings.PAGES_DIR
    path = Path(folder) / f"{page}.md" if folder else None
    if path is None or not path.is_file():
        return SafeString("")
    return as_html(path.read_text(encoding="utf-8")[:LONGEST])


def as_html(text: str) -> SafeString:
    """Turn Markdown into HTML; its own HTML is shown as text, and a link is to http, https or mailto."""
    return SafeString(MarkdownIt("commonmark", {"html": False}).render(text))


@lru_cache(maxsize=1)
def _guide() -> str:
    return GUIDE.read_text(encoding="utf-8")
