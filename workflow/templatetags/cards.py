"""What the page shows of a conversation with the program of a card: its code, while it may be used."""

from __future__ import annotations

from django import template

from signatures import card
from signatures.card_models import CardSession
from signatures.models import SignatureRequest

register = template.Library()
register.filter("card_code", card.code_of)
register.filter("card_link", card.link_of)


@register.simple_tag
def card_session(request: SignatureRequest) -> CardSession | None:
    """Return the last conversation about this signature."""
    return card.last_of(request.user, request)
