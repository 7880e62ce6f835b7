"""What the first to ask would wait for is loaded before anybody is answered.

Django reads the addresses, and so every page's code with its libraries, when one is first named: in a
process that had served no page yet, the first act took a second of processor while a thousand sockets waited.
"""

from __future__ import annotations

from importlib import import_module

from django.conf import settings
from django.core.cache import caches
from django.template.loader import get_template
from django.urls import get_resolver, reverse
from django.utils import translation

from signatures.etsi import late

TEMPLATES = ("_partials/counts.html", "board/contract.html", "inbox/inbox.html", "tasks/base.html")


def load() -> None:
    """Load the addresses, the caches, both languages and what most pages are made of; no query."""
    get_resolver().url_patterns  # noqa: B018 (reads them)
    import_module(late.WRITER)
    for alias in settings.CACHES:
        caches[alias]
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            reverse("inbox")  # their order by name is kept for each language
    for template in TEMPLATES:
        get_template(template)
