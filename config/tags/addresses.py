"""``{% url %}``: an address that was composed from a name and numbers is not composed again."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template import Context, Library
from django.template.base import Parser, Token
from django.template.defaulttags import URLNode
from django.template.defaulttags import url as theirs
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

KEPT = 4096  # addresses of a process
# Whole numbers, and what a template itself says; no other text: it may be what gives access (a guest's link).
# By their very type: True would be kept for 1.
PLAIN = (int, SafeString)

register = Library()


class Address(URLNode):
    """A ``{% url %}`` of the pages; of a named space, or one that may be missing (« as »), it is Django's."""

    def render(self, context: Context) -> Any:
        """Return the address, from those that are kept where it can be."""
        name = self.view_name.resolve(context)
        values = tuple(each.resolve(context) for each in self.args)
        if self.asvar or self.kwargs or not isinstance(name, str) or ":" in name:
            return super().render(context)
        if any(type(value) not in PLAIN for value in values):
            return super().render(context)
        return kept(name, values, *site(context))[context.autoescape]


def site(context: Context) -> tuple[str, str]:
    """Return of which table of addresses a page is, and where it hangs: asked once a page."""
    known: tuple[str, str] | None = context.__dict__.get("site")
    if known is None:  # kept on the context itself, which lasts as long as the page
        known = context.site = get_urlconf() or settings.ROOT_URLCONF, get_script_prefix()  # type: ignore[attr-defined]
    return known


@lru_cache(KEPT)
def kept(name: str, values: tuple[Any, ...], urlconf: str, _prefix: str) -> tuple[str, str]:
    """Return the address of a page, as it is and escaped; raises NoReverseMatch, which is not kept."""
    found = reverse(name, urlconf, values)
    return found, conditional_escape(found)


@register.tag
def url(parser: Parser, token: Token) -> Address:
    """Read the tag as Django does."""
    node = theirs(parser, token)
    return Address(node.view_name, node.args, node.kwargs, node.asvar)
