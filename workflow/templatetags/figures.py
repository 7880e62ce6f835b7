"""What pages say back of a figure that is typed."""

from __future__ import annotations

from decimal import Decimal

from django import template
from django.core.exceptions import ValidationError
from django.forms import BoundField

from contracts.figures import read
from contracts.spelled import said

register = template.Library()


@register.filter
def said_back(field: BoundField) -> str:
    """Say what a field holds, in digits and in words; nothing of what is empty or refused."""
    value = field.value()
    if field.errors or value in (None, ""):
        return ""
    try:
        number = value if isinstance(value, Decimal) else read(str(value))
    except ValidationError:
        return ""
    return said(number, in_euros=field.field.widget.said == "euros")
