"""How pages show the long texts of a contract."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from contracts.canonical import Content, is_structured
from contracts.differences import Structured
from contracts.structure import as_html, structure

register = template.Library()


@register.filter
def laid_out(text: str, level: int = 2) -> SafeString:
    """Show a long text of the draft; ``level`` is that of the heading above it."""
    return format_html('<div class="long">{}</div>', as_html(structure(text), level))


@register.simple_tag
def frozen_text(text: str, content: Content, level: int) -> SafeString:
    """Show a long text of a frozen content, as its schema has it printed."""
    return laid_out(text, level) if is_structured(content) else format_html('<p class="prose">{}</p>', text)


@register.filter
def told(value: str) -> SafeString:
    """Show one side of a difference: with its structure where it has one."""
    return laid_out(value, 3) if isinstance(value, Structured) else format_html("{}", value)
