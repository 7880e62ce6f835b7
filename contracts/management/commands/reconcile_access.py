"""``manage.py reconcile_access``: whether lists show exactly what guardian's rows allow."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.reconciliation import differences, repair


class Command(BaseCommand):
    """Compare; print each difference by name; repair if asked to, else fail when there is one."""

    help = "Compare la table des accès aux droits de guardian ; --repair la remet d’accord."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whether to repair."""
        parser.add_argument("--repair", action="store_true", help="remet la table d’accord avec les droits")

    def handle(self, *args: Any, **options: Any) -> None:
        """Raises CommandError (status 1) when something differs and is left as it is."""
        found = repair() if options["repair"] else differences()
        for difference in found:
            self.stdout.write(
                f"{difference.contract}, {difference.organisation}\u00a0: {difference.fault.label}"
            )
        if not found:
            self.stdout.write(_("Les listes et les droits s’accordent."))
            return
        count = ngettext("%(n)d différence.", "%(n)d différences.", len(found)) % {"n": len(found)}
        if not options["repair"]:
            raise CommandError(count)
        self.stdout.write(count + " " + _("La table des accès est remise d’accord avec les droits."))
