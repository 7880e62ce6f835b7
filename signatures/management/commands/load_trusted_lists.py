"""``manage.py load_trusted_lists FILE…``: load trusted lists from files, where there is no network.

Of several lists of the lists the last is the one that counts, the others are its pivots, each under the name
that ends its address (``eu-lotl-pivot-335.xml``).
"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from signatures import keys
from signatures.errors import TransientError
from signatures.lists import keeping, pivots, standing
from signatures.lists.models import LOTL, ListTrial
from signatures.lists.sentences import day, refusal
from signatures.lists.standing import latest


class Command(BaseCommand):
    """Each is verified as a list that was fetched; one that is refused leaves the former in place."""

    help = _(
        "Charge des listes de confiance depuis des fichiers : la liste des listes (eu-lotl.xml), ses pivots "
        "(eu-lotl-pivot-….xml) et celles des pays."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Take the files, in any order."""
        parser.add_argument("files", nargs="+", type=Path, metavar=_("FICHIER"))

    def handle(self, *args: Any, **options: Any) -> None:
        """Load them all, that of the lists first; an error when one was refused."""
        files = self._read(options["files"])
        try:
            european = self._european(files)
            bring = pivots.among({path.name: xml for path, xml in european})
            national = [one for one in files if one not in european]
            refused = 0
            for path, xml in european[:1] + national:
                trial = keeping.keep(xml, path.name, bring=bring)
                refused += trial.outcome == ListTrial.Outcome.REFUSED
                self.stdout.write(f"{path} : {self._said(trial)}")
            self._say_pivots(european[1:])
        except TransientError as error:
            raise CommandError(str(error)) from error
        keys.renew_levels()
        if refused:
            raise CommandError(_("Une liste au moins n’a pas été acceptée : celle d’avant reste en place."))

    def _european(self, files: list[tuple[Path, bytes]]) -> list[tuple[Path, bytes]]:
        """Return the lists of the lists, the last one first; a pivot may be that very one, renamed."""
        claimed = [(one, keeping.claims(one[1])) for one in files]
        found = [(one, claims) for one, claims in claimed if claims and claims["is_lotl"]]
        named = {pivots.name_of(url) for _one, claims in found for url in claims["pivots"]}
        found.sort(key=lambda each: (-each[1]["sequence"], each[0][0].name in named))
        return [one for one, _claims in found]

    def _say_pivots(self, files: list[tuple[Path, bytes]]) -> None:
        known = {one.document_sha256: one for one in standing.pivots()} if files else {}
        for path, xml in files:
            pivot = known.get(hashlib.sha256(xml).hexdigest())
            said = _("n’a pas servi.")
            if pivot is not None:
                said = _("pivot n° %(sequence)s de la liste des listes.") % {"sequence": pivot.sequence}
            self.stdout.write(f"{path} : {said}")

    def _read(self, paths: list[Path]) -> list[tuple[Path, bytes]]:
        try:
            found = []
            for path in paths:
                if (shown := os.fsencode(path).decode(errors="replace")) != str(path):
                    raise CommandError(
                        _("Le nom de %(file)s n’est pas en UTF-8 : renommez-le.") % {"file": shown}
                    )
                with path.open("rb") as file:
                    found.append((path, file.read(keeping.MAX_BYTES + 1)))
            return found
        except OSError as error:
            raise CommandError(_("%(file)s ne peut être lu.") % {"file": error.filename}) from error

    def _said(self, trial: ListTrial) -> str:
        if trial.outcome == ListTrial.Outcome.REFUSED:
            return refusal(trial.why, trial.facts)
        kept = latest()[trial.territory]
        named = {
            "territory": _("des listes") if trial.territory == LOTL else trial.territory,
            "sequence": kept.sequence,
            "next": day(kept.next_update.isoformat() if kept.next_update else ""),
        }
        if trial.outcome == ListTrial.Outcome.SAME:
            return _("liste %(territory)s n° %(sequence)s, déjà connue.") % named
        return _("liste %(territory)s n° %(sequence)s, à mettre à jour avant le %(next)s.") % named
