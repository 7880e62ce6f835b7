"""``manage.py first_code``: show the one-time code of an empty installation."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from stakeholders import first_code
from workflow.platform import first


class Command(BaseCommand):
    """Draws another code each time: the one before serves no more."""

    help = "Affiche le code à usage unique qui crée l’administrateur d’une installation vide."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether it is no fault that there is an administrator."""
        parser.add_argument(
            "--if-awaited", action="store_true", help="ne dit rien s’il existe déjà un administrateur"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Show it."""
        if not first_code.is_awaited():
            if options["if_awaited"]:
                return
            raise CommandError(first.too_late())
        code = first.draw()
        address = f"{settings.PUBLIC_URL}{reverse('first_installation')}"
        self.stdout.write(f"Cette installation n’a pas encore d’administrateur. Ouvrez {address}")
        self.stdout.write(f"et donnez-y ce code, qui ne sert qu’une fois\u00a0: {code}")
