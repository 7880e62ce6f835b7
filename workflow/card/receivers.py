"""A code is given as soon as a signature waits for a card, so that the page shows it at once."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from signatures import card, signals
from signatures.backends.card import CardBackend
from signatures.models import SignatureRequest


@receiver(signals.signature_progressed)
def a_card_is_awaited(request: SignatureRequest, **_kwargs: Any) -> None:
    """Give the first code; the signatory asks for the next ones."""
    if request.backend != CardBackend.code or not request.is_awaited:
        return
    if card.last_of(request.user, request) is None:
        card.ask(request.user, request)
