"""``manage.py restore SET``: put an installation back from a set (:mod:`config.backup`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import restoring
from config.backup.programs import ProgramFailed
from config.backup.sets import SetUnfit


class Command(BaseCommand):
    """Restores into an empty installation, then holds it against what was saved."""

    help = "Restaure une sauvegarde dans une installation vide, et vérifie ce qui a été restauré."
    requires_system_checks = ()  # there may be nothing to check yet

    def add_arguments(self, parser: CommandParser) -> None:
        """Say which set, which keys, and whether over an installation."""
        parser.add_argument("set", type=Path, help="dossier de la sauvegarde")
        parser.add_argument("--keys", type=Path, help="dossier des clés de la démonstration")
        parser.add_argument(
            "--replace", action="store_true", help="écrase l’installation qui est là (arrêtez-la d’abord)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, restore, check again."""
        try:
            manifest = restoring.restore(options["set"], options["keys"], replace=options["replace"])
        except (SetUnfit, restoring.NotEmpty, ProgramFailed) as error:
            raise CommandError(f"Rien n’a été restauré. {error}") from error
        except OSError as error:
            raise CommandError(f"La restauration s’est arrêtée : {error}") from error
        except restoring.NotRestored as error:
            raise CommandError(
                f"La restauration est faite, mais elle ne correspond pas :\n{error}", returncode=3
            ) from error
        self.stdout.write(
            f"Restauré : {manifest.documents} documents, journal intact jusqu’à l’écriture "
            f"n° {manifest.journal[0]}. Chacun doit se reconnecter."
        )
        for fault in manifest.faults:
            self.stdout.write(f"Déjà abîmé lors de la sauvegarde : {fault}")
