"""What an organisation asks of its signatories when they say again who they are."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Proof(models.TextChoices):
    """A way to say who one is, the weakest first; a stronger one is always accepted."""

    PASSWORD = "password", _("Mot de passe")
    CODE = "code", _("Code d’une application")
    PASSKEY = "passkey", _("Clé d’accès")

    def suffices(self, required: str) -> bool:
        """Whether this proof is at least as strong as the one required."""
        order = list(Proof)
        return order.index(self) >= order.index(Proof(required))


def proof_by_default() -> str:
    """Return what a new organisation asks: a passkey, but in a demonstration, where nobody has one."""
    return Proof.PASSWORD if settings.DEMONSTRATION else Proof.PASSKEY
