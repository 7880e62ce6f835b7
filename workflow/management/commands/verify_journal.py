"""``manage.py verify_journal``: check the chain, its anchors and what it names, and say what is wrong."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from signatures.roots import NoTrustRoot
from stakeholders.security_events import Name, tell
from workflow.record.verification import verify

DOUBTFUL = 3  # the exit status of a chain that holds where anchors do not prove it


class Command(BaseCommand):
    """Exits 0 when every link, anchor and document holds, 1 when one does not, 3 when that is not proven."""

    help = (
        "Vérifie la chaîne d’empreintes du journal, ses ancrages horodatés, et les documents qu’il nomme : "
        "chaque fichier, chaque version, chaque contrat signé."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Let the documents be left out: each sealed file takes some seconds."""
        parser.add_argument(
            "--chain-only",
            action="store_true",
            help="Ne vérifie que la chaîne et ses ancrages, sans relire les documents.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the chain from its first link, every anchor, and what the entries name."""
        try:
            verdict = verify(with_documents=not options["chain_only"])
        except NoTrustRoot as error:
            raise CommandError(
                _("Aucun certificat racine ne peut être lu (TRUST_ROOTS) : les ancrages restent à vérifier.")
            ) from error
        for fault in verdict.faults:
            tell(Name.JOURNAL_BROKEN, entry=fault.number, rule=fault.rule)
        if verdict.broken:
            first = _("Première écriture en défaut : n° %(number)d.") % {"number": verdict.first_bad}
            raise CommandError("\n".join([first, *verdict.broken, *verdict.doubts]))
        self.stdout.write(
            _("Le journal est intact : %(count)d écritures, tête %(head)s.")
            % {"count": verdict.count, "head": verdict.head}
        )
        if verdict.doubts:
            raise CommandError("\n".join(verdict.doubts), returncode=DOUBTFUL)
