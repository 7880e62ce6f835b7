"""``manage.py verify_journal``: check the whole hash chain and name the first bad row."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stakeholders.security_events import Name, tell
from workflow import journal
from workflow.models import JournalEntry

RULES = {  # said in the language of whoever runs the command
    "missing": gettext_lazy("il manque une écriture"),
    "previous_hash": gettext_lazy("elle ne suit pas l’écriture précédente"),
    "hash": gettext_lazy("son contenu ne correspond pas à son empreinte"),
}


class Command(BaseCommand):
    """Exits 0 when every link holds, 1 otherwise."""

    help = "Vérifie la chaîne d’empreintes du journal."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the chain from its first link."""
        broken = journal.first_break()
        if broken is not None:
            tell(Name.JOURNAL_BROKEN, entry=broken.number, rule=broken.rule)
            raise CommandError(
                _("Le journal est rompu à l’écriture n° %(number)d : %(rule)s.")
                % {"number": broken.number, "rule": RULES[broken.rule]}
            )
        last = JournalEntry.objects.order_by("-number").first()
        count, head = (last.number, last.hash) if last else (0, journal.GENESIS)
        self.stdout.write(
            _("Le journal est intact : %(count)d écritures, tête %(head)s.") % {"count": count, "head": head}
        )
