"""How accounts are opened and what allauth may decide about them."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Nobody opens an account alone: an administrator does, with a mandate."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Refuse self-service registration."""
        return False
