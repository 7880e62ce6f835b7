"""The pages that any public service owes: legal notice, personal data, contact, accessibility, help.

What is true of the application is written here; what only the installation knows (who publishes, who hosts,
whom to write to) is Markdown that its administrator writes on a page, or a file of the folder PAGES_DIR,
named as the page: ``contact.md``. What is written on the page is shown where there are both.
"""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe
from markdown_it import MarkdownIt

from config.guide import guide
from workflow.platform.models import PublicPage
from workflow.platform.page_acts import last
from workflow.platform.page_views import OWED

LONGEST = 100_000  # characters of a page
TITLES = {page.value: page.label for page in PublicPage}


@require_safe
def information(request: HttpRequest, page: str) -> HttpResponse:
    """One of these pages: our part, then the installation's."""
    if page not in TITLES:
        raise Http404
    context = {"page": page, "title": TITLES[page], "told": told(page), "owed": OWED[PublicPage(page)]}
    return render(request, "pages/information.html", context)


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """The guide of whoever takes part in a contract."""
    return render(request, "pages/guide.html", {"guide": guide()})


def told(page: str) -> SafeString:
    """Return what the installation says on a page; nothing where it says nothing."""
    if (written := last(page)) is not None and written.text:
        return as_html(written.text)
    folder = settings.PAGES_DIR
    path = Path(folder) / f"{page}.md" if folder else None
    if path is None or not path.is_file():
        return SafeString("")
    return as_html(path.read_text(encoding="utf-8")[:LONGEST])


def as_html(text: str) -> SafeString:
    """Turn Markdown into HTML; its own HTML is shown as text, and a link is to http, https or mailto."""
    return SafeString(MarkdownIt("commonmark", {"html": False}).render(text))
