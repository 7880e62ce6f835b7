"""The worker: prints, signs, seals, mails and goes on with the circuits, one job at a time a contract."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from config import worker
from workflow.engine.lost import STALLED_AFTER

MOST_PLACES = 64  # each is a thread and a connection to the database
LONGEST_SILENCE = 86_400  # seconds


class Command(BaseCommand):
    """Runs until it is stopped; takes back at once what a killed worker left."""

    help = "Exécute les traitements en attente (composition, signature, scellement, courriels)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Say how many signatures at once, and whether to stop when nothing waits."""
        parser.add_argument(
            "--concurrency",
            type=int,
            default=worker.PLACES["signatures"],
            help="signatures menées de front ; les autres files ont leurs propres places",
        )
        parser.add_argument("--once", action="store_true", help="s’arrête quand plus rien n’attend")
        parser.add_argument(
            "--stalled-after",
            type=float,
            default=STALLED_AFTER,
            help="secondes sans signe de vie après lesquelles un exécuteur est tenu pour mort",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Recover, then work."""
        if not 1 <= options["concurrency"] <= MOST_PLACES:
            raise CommandError(f"--concurrency : écrivez un nombre entier de 1 à {MOST_PLACES}.")
        if not 0 <= options["stalled_after"] <= LONGEST_SILENCE:  # nor « nan »
            raise CommandError(f"--stalled-after : écrivez un nombre de secondes de 0 à {LONGEST_SILENCE}.")
        places = {**worker.PLACES, "signatures": options["concurrency"]}
        try:
            worker.run(once=options["once"], stalled_after=options["stalled_after"], places=places)
        except worker.WorkerStopped as stopped:
            raise CommandError(str(stopped)) from stopped
