"""``manage.py migrate``: Django's own, as the owner of the tables; then what the others may do."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands.migrate import Command as Migrate
from django.db import ProgrammingError, connections
from psycopg.errors import InsufficientPrivilege

from config import roles


class Command(Migrate):
    """Migrates, then grants the runtime role its privileges, all of them each time."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Work as the owner (``DATABASE_OWNER_URL``, or the embedded server's); fail in a sentence."""
        connection = connections[options["database"]]
        with _collected_seldom(), roles.as_owner(connection):
            try:
                super().handle(*args, **options)
            except ProgrammingError as error:
                if not isinstance(error.__cause__, InsufficientPrivilege):
                    raise
                raise CommandError(_NOT_THE_OWNER) from error
            if not any(options[name] for name in ("check_unapplied", "plan", "migration_name")):
                roles.grant_or_say(connection, self)


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """Let garbage lie longer: each step makes classes, and passes over them took an eighth of the time."""
    kept = gc.get_threshold()
    gc.set_threshold(50_000)
    try:
        yield
    finally:
        gc.set_threshold(*kept)


_NOT_THE_OWNER = (
    "Ce rôle ne possède pas la base : il ne peut pas la préparer. Donnez à cette étape, et à elle "
    "seule, l’adresse du rôle propriétaire (DATABASE_OWNER_URL ou DATABASE_OWNER_URL_FILE) : "
    "docs/deployment.md."
)
