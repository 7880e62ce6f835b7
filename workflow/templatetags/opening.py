"""The words of a calendar's steps; how many organisations are asked for."""

from __future__ import annotations

from django import template

from workflow.opening import answers
from workflow.opening.forms import STEPS

register = template.Library()


@register.filter
def step_title(step: str) -> str:
    """Name a step by its purpose: « Avis »."""
    return str(STEPS[step]).split(",")[0]


@register.simple_tag
def organisations_asked() -> int:
    """Return how many organisations wait for the answer of the platform's administrator."""
    return len(answers.waiting())
