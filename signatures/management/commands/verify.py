"""``manage.py verify FILE``: say whether a signed PDF is valid, and why not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from signatures.report import Report
from signatures.trust import NoTrustRoot
from signatures.validation import validate

VALID, NOT_VALID, UNREADABLE = 0, 1, 2


class Command(BaseCommand):
    """Exit 0 only for a valid file, 1 when it is not, 2 when it cannot be read."""

    help = _("Vérifie un PDF signé, sans réseau, et dit pourquoi s’il n’est pas valide.")
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare FILE, --root and --json."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--root", type=Path, action="append", metavar="PEM", help=_("racine de confiance")
        )
        parser.add_argument("--json", action="store_true", help=_("rapport en JSON"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Validate and print."""
        file: Path = options["file"]
        try:
            report = validate(file, trust_roots=options["root"])
        except OSError as error:
            self.stderr.write(
                _("%(file)s ne peut être lu : %(why)s.") % {"file": file, "why": error.strerror}
            )
            sys.exit(UNREADABLE)
        except NoTrustRoot as error:
            self.stderr.write(
                _("Aucune racine de confiance lisible (%(why)s) : indiquez-en une par --root.")
                % {"why": error}
            )
            sys.exit(UNREADABLE)
        if options["json"]:
            self.stdout.write(as_json(report))
        else:
            console = Console(highlight=False)
            with console.capture() as printed:
                print_report(report, console)
            self.stdout.write(printed.get())
        sys.exit(VALID if report.valid else NOT_VALID)


def as_json(report: Report) -> str:
    """Return the report as indented JSON."""
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=2)


def print_report(report: Report, console: Console) -> None:
    """Print the verdict, its reasons and the table of signatures."""
    verdict = _("VALIDE") if report.valid else _("NON VALIDE")
    console.print(verdict, style="bold green" if report.valid else "bold red")
    if report.specimen:
        console.print(_("SPÉCIMEN : certificats de démonstration, aucune valeur juridique."), style="yellow")
    for problem in report.problems:
        console.print(f"  • {problem.message} [{problem.code}]", markup=False)
    if not report.signatures:
        return
    table = Table(_("Champ"), _("Signataire"), _("Qualité"), _("Niveau"), _("Horodatée le"), _("Indication"))
    for row in report.signatures:
        when = timezone.localtime(row.timestamped_at) if row.timestamped_at else None
        table.add_row(
            row.field,
            f"{row.signer}, {row.organisation}",
            row.title,
            row.level,
            f"{when:%d/%m/%Y %H:%M:%S}" if when else "—",
            row.sub_indication,
        )
    console.print(table)
    for stamp in report.document_timestamps:
        when = timezone.localtime(stamp.at)
        console.print(
            _("Horodatage du document : %(authority)s, le %(day)s")
            % {"authority": stamp.authority, "day": f"{when:%d/%m/%Y %H:%M:%S}"}
        )
