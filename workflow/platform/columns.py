"""The columns of the file by which organisations, offices and people are imported; the template."""

from __future__ import annotations

import csv
import io
import unicodedata

from django.utils.translation import gettext as _

from stakeholders.kinds import KINDS
from stakeholders.models import Role
from stakeholders.titles import FEMININE, MASCULINE
from workflow.platform.tables import Row, Unreadable

# The heading, what it means here, and two lines that show how it is filled.
COLUMNS = (
    ("organisation", "name", "Commune de Valbrune", "Commune de Valbrune"),
    ("nature", "kind", "Commune", ""),
    ("nom court", "short_name", "Valbrune", ""),
    ("article", "article", "la", ""),
    ("siret", "siret", "", ""),
    ("code", "code", "", ""),
    ("territoire", "territory", "Valbrune", "Valbrune"),
    ("communes", "communes", "61999", ""),
    ("domaine", "email_domain", "valbrune.example", ""),
    ("fonction", "title", "Maire de Valbrune", "Administration du service"),
    ("rôle", "role", "Autorité", "Contribution"),
    ("administre", "administers", "non", "oui"),
    ("civilité", "civility", "", "Mme"),
    ("prénom", "first_name", "", "Camille"),
    ("nom", "last_name", "", "Exemple"),
    ("courriel", "email", "", "camille.exemple@valbrune.example"),
    ("du", "starts_on", "", "01/09/2026"),
    ("au", "ends_on", "", ""),
)
OWED = ("organisation",)
NAMES = {heading: name for heading, name, *_examples in COLUMNS}
HEADINGS = {name: heading for heading, name in NAMES.items()}


def folded(text: str) -> str:
    """Return a heading or a choice without case, accents nor odd spaces."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).lower().split())


_BY_FOLDED = {folded(heading): name for heading, name in NAMES.items()}
KINDS_SAID = {folded(str(kind.label)): code for code, kind in KINDS.items()} | {code: code for code in KINDS}
ROLES_SAID = {folded(str(label)): value for value, label in Role.choices} | {
    value: value for value, _label in Role.choices
}
CIVILITIES_SAID = {
    "": "",
    **dict.fromkeys(("mme", "madame"), FEMININE),
    **dict.fromkeys(("m", "mr", "monsieur"), MASCULINE),
}


def template() -> str:
    """Return the template: headings and two lines to replace, as a French spreadsheet opens it."""
    out = io.StringIO()
    written = csv.writer(out, delimiter=";", lineterminator="\r\n")
    written.writerow(heading for heading, *_rest in COLUMNS)
    written.writerow(column[2] for column in COLUMNS)
    written.writerow(column[3] for column in COLUMNS)
    return "\ufeff" + out.getvalue()


def named(rows: list[Row]) -> list[tuple[int, dict[str, str]]]:
    """Return the lines after the headings, each as what its cells mean; raises Unreadable."""
    headings = rows[0].cells
    names = [_BY_FOLDED.get(folded(heading), "") for heading in headings]
    unknown = [heading for heading, name in zip(headings, names, strict=True) if heading.strip() and not name]
    if unknown:
        raise Unreadable(
            _("Colonne inconnue : « %(column)s ». Gardez les intitulés du modèle.")
            % {"column": unknown[0][:60]}
        )
    twice = [name for name in names if name and names.count(name) > 1]
    if twice:
        raise Unreadable(_("La colonne « %(column)s » est là deux fois.") % {"column": HEADINGS[twice[0]]})
    if "name" not in names:
        raise Unreadable(_("Il manque la colonne « organisation » : partez du modèle."))
    if len(rows) == 1:
        raise Unreadable(_("Ce fichier n’a aucune ligne sous ses intitulés."))
    found = []
    for row in rows[1:]:
        if len(row.cells) > len(names):
            raise Unreadable(
                _("Ligne %(number)d : elle a plus de cellules qu’il n’y a d’intitulés.")
                % {"number": row.number}
            )
        found.append(
            (row.number, {name: cell.strip() for name, cell in zip(names, row.cells, strict=False) if name})
        )
    return found
