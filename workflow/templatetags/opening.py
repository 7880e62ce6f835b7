"""The words of a calendar's steps."""

from __future__ import annotations

from django import template

from workflow.opening.forms import STEPS

register = template.Library()


@register.filter
def step_title(step: str) -> str:
    """Name a step by its purpose: « Avis »."""
    return str(STEPS[step]).split(",")[0]
