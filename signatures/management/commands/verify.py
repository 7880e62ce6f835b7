"""``manage.py verify FILE``: say whether a signed PDF is valid, and why not."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table
from rich.text import Text

from signatures.errors import to_the_second
from signatures.limited import Unavailable
from signatures.plain import visible
from signatures.profiles import CONTRACT, GENERAL, profile_name
from signatures.report import Report, SignatureRow, Verdict
from signatures.roots import NoTrustRoot
from signatures.validation import validate

EXIT = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.INDETERMINATE: 3}
UNREADABLE = 2
STYLE = {Verdict.PASSED: "bold green", Verdict.FAILED: "bold red", Verdict.INDETERMINATE: "bold yellow"}
PROFILES = {"contrat": CONTRACT, "general": GENERAL}


class Command(BaseCommand):
    """Exit 0 only for a valid file: 1 when it is not, 3 when nobody can tell, 2 when it cannot be read."""

    help = _(
        "Vérifie un PDF signé, sans réseau, et dit pourquoi s’il n’est pas valide. Code de retour : "
        "0 valide, 1 non valide, 3 indéterminé, 2 illisible."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare FILE, --root, --profile and --json."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--root", type=Path, action="append", metavar="PEM", help=_("racine de confiance")
        )
        parser.add_argument(
            "--profile",
            choices=sorted(PROFILES),
            help=_("règles à appliquer, sinon celles que le fichier appelle"),
        )
        parser.add_argument("--json", action="store_true", help=_("rapport en JSON"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Validate and print; nothing that the file or its name holds reaches the terminal as it is."""
        file: Path = options["file"]
        try:
            report = validate(
                file, trust_roots=options["root"], profile=PROFILES.get(options["profile"] or "")
            )
        except NoTrustRoot as error:
            self._stop(
                _("Aucune racine de confiance lisible (%(why)s) : indiquez-en une par --root.")
                % {"why": visible(error)}
            )
        except Unavailable as error:
            self._stop(str(error))
        except (OSError, ValueError) as error:  # a name with a NUL is a ValueError
            why = getattr(error, "strerror", None) or error
            self._stop(
                _("%(file)s ne peut être lu : %(why)s.") % {"file": visible(file), "why": visible(why)}
            )
        if options["json"]:
            self.stdout.write(as_json(report))
        else:
            console = Console(highlight=False, markup=False, emoji=False)
            with console.capture() as printed:
                print_report(report, console)
            self.stdout.write(printed.get())
        sys.exit(EXIT[report.verdict])

    def _stop(self, why: str) -> None:
        self.stderr.write(why)
        sys.exit(UNREADABLE)


def as_json(report: Report) -> str:
    """Return the report as indented JSON."""
    return json.dumps(report.as_dict(), ensure_ascii=False, indent=2)


def verdict_word(verdict: Verdict) -> str:
    """Return the verdict in capitals."""
    return {
        Verdict.PASSED: _("VALIDE"),
        Verdict.FAILED: _("NON VALIDE"),
        Verdict.INDETERMINATE: _("INDÉTERMINÉ"),
    }[verdict]


def print_report(report: Report, console: Console) -> None:
    """Print the verdict, its reasons and the table of signatures."""
    console.print(verdict_word(report.verdict), style=STYLE[report.verdict])
    if report.profile:
        console.print(_("Profil : %(profile)s") % {"profile": profile_name(report.profile)})
    if report.specimen:
        console.print(_("SPÉCIMEN : certificats de démonstration, aucune valeur juridique."), style="yellow")
    for problem in report.problems:
        console.print(f"  • {problem.message} [{problem.code}]")
    if report.indeterminate:
        console.print(
            _("Rien n’y est faux, mais il manque de quoi l’affirmer valide : ne vous y fiez pas encore.")
        )
    if report.signatures:
        console.print(_table(report.signatures))
    for stamp in report.document_timestamps:
        facts = {"authority": stamp.authority, "day": to_the_second(stamp.at)}
        if stamp.ok:
            console.print(_("Horodatage du document : %(authority)s, le %(day)s") % facts)
        else:
            console.print(_("Horodatage du document, non vérifié : %(authority)s, le %(day)s") % facts)


def _table(rows: list[SignatureRow]) -> Table:
    table = Table(_("Champ"), _("Signataire"), _("Qualité"), _("Niveau"), _("Horodatée le"), _("Indication"))
    for row in rows:
        indication = row.indication if row.ok else f"{row.indication} {row.sub_indication}"
        cells = [
            row.field,
            ", ".join(part for part in (row.signer, row.organisation) if part),
            row.title,
            row.level or "—",
            to_the_second(row.timestamped_at) if row.timestamped_at else "—",
            indication,
        ]
        table.add_row(*(Text(cell) for cell in cells))
    return table
