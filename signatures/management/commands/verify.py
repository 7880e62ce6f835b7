"""``manage.py verify FILE``: say whether a signed PDF is valid, and why not."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table
from rich.text import Text

from signatures.errors import to_the_second
from signatures.etsi.late import as_xml
from signatures.limited import Unavailable
from signatures.lists import standing
from signatures.plain import visible
from signatures.profiles import CONTRACT, GENERAL, profile_name
from signatures.report import Report, SignatureRow, Verdict
from signatures.roots import NoTrustRoot
from signatures.sheets import sheets_of, specimen_told
from signatures.validation import Examined, examine

EXIT = {Verdict.PASSED: 0, Verdict.FAILED: 1, Verdict.INDETERMINATE: 3}
UNREADABLE = 2
STYLE = {Verdict.PASSED: "bold green", Verdict.FAILED: "bold red", Verdict.INDETERMINATE: "bold yellow"}
PROFILES = {"contrat": CONTRACT, "general": GENERAL}


@contextmanager
def _lists(roots: list[Path] | None) -> Iterator[None]:
    """Have the trusted lists of this installation at hand, where its database answers: it may be away."""
    with ExitStack() as stack:
        if roots is None:
            with suppress(OperationalError):
                stack.enter_context(standing.at_hand())
        yield


@dataclass(frozen=True)
class Told:
    """What an installation knows of a file: the verdict with that, its sentences, and the same as data."""

    verdict: Verdict
    lines: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)


class Command(BaseCommand):
    """Exit 0 only for a valid file: 1 when it is not, 3 when nobody can tell, 2 when it cannot be read."""

    help = _(
        "Vérifie un PDF signé, sans réseau, et dit pourquoi s’il n’est pas valide. Code de retour : "
        "0 valide, 1 non valide, 3 indéterminé, 2 illisible."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare FILE, --root, --profile, and the form of the report: --json or --xml."""
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument(
            "--root", type=Path, action="append", metavar="PEM", help=_("racine de confiance")
        )
        parser.add_argument(
            "--profile",
            choices=sorted(PROFILES),
            help=_("règles à appliquer, sinon celles que le fichier appelle"),
        )
        forms = parser.add_mutually_exclusive_group()
        forms.add_argument("--json", action="store_true", help=_("rapport en JSON"))
        forms.add_argument("--xml", action="store_true", help=_("rapport en XML (ETSI TS 119 102-2)"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Validate and print; nothing that the file or its name holds reaches the terminal as it is."""
        file: Path = options["file"]
        try:
            with _lists(options["root"]):
                examined = examine(
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
        told = self.told(file, examined)
        if options["json"]:
            data = {**examined.as_dict(), **told.data}
            self.stdout.write(json.dumps(data, ensure_ascii=False, indent=2))
        elif options["xml"]:
            self.stdout.write(as_xml(examined))
        else:
            console = Console(highlight=False, markup=False, emoji=False)
            with console.capture() as printed:
                print_report(examined.report, console, told)
                print_sheets(examined, console)
            self.stdout.write(printed.get())
        sys.exit(EXIT[told.verdict])

    def told(self, file: Path, examined: Examined) -> Told:
        """Return what the installation adds to the report: nothing, here."""
        return Told(examined.report.verdict)

    def _stop(self, why: str) -> None:
        self.stderr.write(why)
        sys.exit(UNREADABLE)


def print_sheets(examined: Examined, console: Console) -> None:
    """Print the sheet of each signature, then what the file is."""
    for sheet in sheets_of(examined):
        console.print()
        console.print(sheet.field, style="bold")
        for heading, said in sheet.lines():
            console.print(_("%(heading)s : %(said)s") % {"heading": heading, "said": said})
    console.print()
    console.print(_("Empreinte SHA-256 du fichier : %(sha256)s") % {"sha256": examined.evidence.sha256})


def verdict_word(verdict: Verdict) -> str:
    """Return the verdict in capitals."""
    return {
        Verdict.PASSED: _("VALIDE"),
        Verdict.FAILED: _("NON VALIDE"),
        Verdict.INDETERMINATE: _("INDÉTERMINÉ"),
    }[verdict]


def print_report(report: Report, console: Console, told: Told) -> None:
    """Print the verdict, its reasons and the table of signatures."""
    console.print(verdict_word(told.verdict), style=STYLE[told.verdict])
    for line in told.lines:
        console.print(line)
    if report.profile:
        console.print(_("Profil : %(profile)s") % {"profile": profile_name(report.profile)})
    if report.specimen:
        console.print(specimen_told(), style="yellow")
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
