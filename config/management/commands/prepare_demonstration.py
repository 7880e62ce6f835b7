"""``manage.py prepare_demonstration``: fill a demonstration (:mod:`config.demo.setup`)."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from config.demo import setup


class Command(BaseCommand):
    """Prepare the demonstration; run again, it leaves what exists as it is."""

    help = "Prépare la démonstration : clés, données de Clairval et d’Arles, comptes, circuit."

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse anywhere else, then set everything up."""
        if not settings.DEMONSTRATION:
            raise CommandError(_("Cette installation n’est pas une démonstration : rien n’a été fait."))
        if settings.DEMONSTRATION_DATA:
            setup.prepare()
        else:
            setup.prepare_training()
