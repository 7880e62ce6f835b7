"""``manage.py prepare_installation``: all that ``./run`` does before it serves, in one process."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Loads the application once for three commands; run again, it leaves what exists as it is."""

    help = "Met la base à jour, rassemble les fichiers statiques, remplit la démonstration ou montre le code."

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate as the owner, who is forgotten then; the rest is done as the role that serves."""
        call_command("migrate", interactive=False, verbosity=0)
        for name in [name for name in os.environ if name.startswith("DATABASE_OWNER_URL")]:
            del os.environ[name]
        call_command("collectstatic", interactive=False, verbosity=0)
        if settings.DEMONSTRATION:
            call_command("prepare_demonstration")
        else:
            call_command("first_code", if_awaited=True)
