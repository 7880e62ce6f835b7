"""What browsers are called, so that somebody recognises their own."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from ua_parser import parse

register = template.Library()


@register.filter
def browser_name(user_agent: str) -> str:
    """Write the browser and the system that a ``User-Agent`` names: « Firefox, Windows ».

    What is not recognised is shown as it came, for whoever can read it (RFC 9110, §10.1.5).
    """
    found = parse(user_agent)
    names = [part.family for part in (found.user_agent, found.os) if part is not None]
    return ", ".join(names) or user_agent or _("navigateur inconnu")
