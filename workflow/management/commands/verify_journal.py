"""``manage.py verify_journal``: check the whole hash chain against its anchors, and name what is wrong."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from signatures.roots import NoTrustRoot
from stakeholders.security_events import Name, tell
from workflow.record.verification import verify

DOUBTFUL = 3  # the exit status of a chain that holds where anchors do not prove it


class Command(BaseCommand):
    """Exits 0 when every link and every anchor hold, 1 when one does not, 3 when anchors are lacking."""

    help = "Vérifie la chaîne d’empreintes du journal et la compare à ses ancrages."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the chain from its first link, and every anchor."""
        try:
            verdict = verify()
        except NoTrustRoot as error:
            raise CommandError(
                _("Aucun certificat racine ne peut être lu (TRUST_ROOTS) : les ancrages restent à vérifier.")
            ) from error
        for fault in verdict.faults:
            tell(Name.JOURNAL_BROKEN, entry=fault.number, rule=fault.rule)
        if verdict.broken:
            raise CommandError("\n".join([*verdict.broken, *verdict.doubts]))
        self.stdout.write(
            _("Le journal est intact : %(count)d écritures, tête %(head)s.")
            % {"count": verdict.count, "head": verdict.head}
        )
        if verdict.doubts:
            raise CommandError("\n".join(verdict.doubts), returncode=DOUBTFUL)
