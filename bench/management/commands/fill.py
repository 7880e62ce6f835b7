"""``manage.py fill``: a demonstration filled with invented contracts, by the thousand."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bench.filling import fill
from bench.filling.contracts import PREFIX
from contracts.demo import read
from contracts.models import Contract


class Command(BaseCommand):
    """Add invented organisations, people, contracts and circuits; print how long it took."""

    help = "Remplit une démonstration de contrats inventés, pour éprouver les listes."

    def add_arguments(self, parser: CommandParser) -> None:
        """How many of each, and by which draw."""
        parser.add_argument("--contracts", type=int, default=100_000, help="contrats inventés, en tout")
        parser.add_argument("--organisations", type=int, default=300)
        parser.add_argument("--users", type=int, default=2000)
        parser.add_argument("--seed", type=int, default=1, help="le tirage : le même donne les mêmes noms")
        parser.add_argument(
            "--force",
            action="store_true",
            help="même à côté de contrats qui ne sont pas inventés",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse where real contracts may be; fill; tell."""
        if not settings.DEMONSTRATION:
            raise CommandError("Cette installation n’est pas une démonstration : rien n’a été fait.")
        shown = [contract["reference"] for contract in read()["contracts"]]
        others = Contract.objects.exclude(reference__startswith=PREFIX).exclude(reference__in=shown)
        if others.exists() and not options["force"]:
            raise CommandError("La base contient des contrats qui ne sont pas inventés : rien n’a été fait.")
        started = time.monotonic()
        filled = fill(
            contracts=options["contracts"],
            organisations=options["organisations"],
            users=options["users"],
            seed=options["seed"],
        )
        seconds = time.monotonic() - started
        self.stdout.write(
            f"{filled.contracts} contrats ajoutés, {filled.open_tasks} tâches ouvertes, en {seconds:.0f} s."
        )
