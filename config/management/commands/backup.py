"""``manage.py backup FOLDER``: keep the installation as one checked set (:mod:`config.backup`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.backup import saving
from config.backup.programs import ProgramFailed


class Command(BaseCommand):
    """Exits 0 with a whole set, 1 when the set was made but says what is wrong with the installation."""

    help = "Sauvegarde la base, les documents et les ancrages en un seul ensemble, sans rien arrêter."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say where."""
        parser.add_argument("folder", type=Path, help="dossier où ranger la sauvegarde, sur un autre disque")

    def handle(self, *args: Any, **options: Any) -> None:
        """Save, and say where the set is."""
        try:
            target, manifest = saving.save(options["folder"].resolve())
            keys = saving.save_keys(target)
        except OSError as error:
            raise CommandError(f"La sauvegarde n’a pas pu être écrite : {error}") from error
        except ProgramFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Sauvegarde faite : {target}\n{manifest.documents} documents, journal jusqu’à l’écriture "
            f"n° {manifest.journal[0]}."
        )
        if keys:
            self.stdout.write(f"Clés de la démonstration, à part : {keys}")
        if manifest.faults:
            faults = "\n".join(manifest.faults)
            raise CommandError(f"L’installation sauvegardée était déjà abîmée :\n{faults}")
