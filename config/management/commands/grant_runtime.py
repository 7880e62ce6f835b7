"""``manage.py grant_runtime``: what ``migrate`` grants in the end, alone (after a restoration, say)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db import connection

from config import roles


class Command(BaseCommand):
    """Makes the runtime role if it is missing and gives it the privileges of config/privileges.py."""

    help = "Donne au rôle d’exécution les droits qu’il doit avoir sur les tables, et aucun autre."

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, as the owner."""
        with roles.as_owner(connection):
            roles.grant_or_say(connection, self)
