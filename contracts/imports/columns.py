"""The headings of the tables that French contracts are written in, and what their cells say.

A cell is read as the field it fills only where it says that and nothing else; otherwise it stays, with its
heading, in the description of the commitment.
"""

from __future__ import annotations

import calendar
import re
import unicodedata
from decimal import Decimal

_SAID = {
    "number": "n|no|numero|num|ref|reference|code|rang",
    "volet": "volet|axe|thematique|theme|domaine|orientation|chapitre",
    "title": "engagement|engagements|action|actions|mesure|mesures|intitule|titre|libelle"
    "|intitule de l action|intitule de l engagement|nom de l action|titre de l action|engagement pris"
    "|objet|engagement / action|action / engagement|action proposee|actions proposees|actions a mener"
    "|actions prevues|actions mises en oeuvre",
    "description": "description|descriptif|contenu|detail|details|modalites|contexte|description de l action"
    "|modalites de mise en oeuvre|mise en oeuvre|description de l engagement|contenu de l action"
    "|objectif|objectifs",
    "lead": "pilote|pilotes|porteur|porteurs|organisation responsable|chef de file|service pilote|pilotage"
    "|structure porteuse|service responsable|organisme responsable|pilote de l action|porteur de l action"
    "|pilote / porteur|structure pilote|service porteur|acteur pilote|organisme pilote",
    "owner": "responsable|responsables|referent|personne responsable",
    "contributors": "contributeurs|contributeur|partenaires|partenaire|partenaires associes|acteurs associes"
    "|partenaires mobilises|acteurs|services associes|co-pilotes",
    "indicator": "indicateur|indicateurs|indicateur de suivi|indicateurs de suivi|indicateurs d evaluation"
    "|indicateur d evaluation|indicateur de resultat|indicateurs de resultat|indicateur de realisation",
    "unit": "unite",
    "baseline": "valeur initiale|valeur de depart|situation initiale|etat initial|point de depart|depart"
    "|valeur actuelle|existant",
    "target": "cible|valeur cible|objectif chiffre|objectif cible|resultat attendu|resultats attendus|cibles",
    "due_date": "echeance|echeances|calendrier|date|delai|delais|date limite|echeancier|date d echeance"
    "|date de realisation|calendrier previsionnel|calendrier de realisation",
    "budget_eur": "budget|cout|couts|montant|financement|financements|moyens financiers|budget eur"
    "|budget previsionnel|cout previsionnel|budget en eur|montant eur|cout eur|budget en euros",
    "party": "partie",
    "follow_up": "evolution et periodicite|evolution|periodicite|frequence",
}
_BY_HEADING = {heading: name for name, said in _SAID.items() for heading in said.split("|")}
_PARTIES = {
    "etat": "state",
    "commune": "city",
    "autorite judiciaire": "judicial",
    "partenaire": "partner",
    "engagement partage": "shared",
}
_FOLLOWED = {
    "a la hausse": ("direction", "increase"),
    "a la baisse": ("direction", "decrease"),
    "maintien": ("direction", "maintain"),
    "une fois": ("periodicity", "once"),
    "chaque semaine": ("periodicity", "weekly"),
    "hebdomadaire": ("periodicity", "weekly"),
    "chaque mois": ("periodicity", "monthly"),
    "mensuel": ("periodicity", "monthly"),
    "mensuelle": ("periodicity", "monthly"),
    "chaque trimestre": ("periodicity", "quarterly"),
    "trimestriel": ("periodicity", "quarterly"),
    "trimestrielle": ("periodicity", "quarterly"),
    "chaque semestre": ("periodicity", "half_yearly"),
    "semestriel": ("periodicity", "half_yearly"),
    "semestrielle": ("periodicity", "half_yearly"),
    "chaque annee": ("periodicity", "yearly"),
    "annuel": ("periodicity", "yearly"),
    "annuelle": ("periodicity", "yearly"),
}
_MONTHS = (
    *("janvier", "fevrier", "mars", "avril", "mai", "juin"),
    *("juillet", "aout", "septembre", "octobre", "novembre", "decembre"),
)
_FIGURE = r"[-\u2212+]?\d{1,3}(?: \d{3})+(?:,\d{1,2})?|[-\u2212+]?\d{1,12}(?:[.,]\d{1,2})?"
_AMOUNT = re.compile(rf"({_FIGURE})\s*(k|m)?\s*(?:€|eur|euros)?(?:\s*(?:ttc|ht))?", re.IGNORECASE)
_QUANTITY = re.compile(rf"({_FIGURE})\s*(\D.{{0,59}})?", re.DOTALL)
NOTHING = {"", "-", "–", "—", "/", "néant", "sans objet", "s.o."}
LONGEST = {"indicator": 250, "unit": 60, "lead": 300, "owner": 300, "contributors": 2000}


def folded(text: str) -> str:
    """Return a heading, a name, a choice without case, accents, plural marks nor punctuation at its ends."""
    plain = unicodedata.normalize("NFKD", text.replace("’", " ").replace("'", " ").replace("€", "eur"))
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()
    plain = re.sub(r"\((?:s|e|x|es|le|la|les)\)", "", plain)
    plain = re.sub(r"\((eur)\)", r"\1", plain).replace("œ", "oe")
    plain = re.sub(r"[\s\u200b]+", " ", plain).strip(" .:;–—-*°\t")
    return plain


def column(heading: str) -> str:
    """Return what a heading means: the name of a field, or nothing."""
    return _BY_HEADING.get(folded(heading), "") if len(heading) <= 60 else ""


def columns(headings: list[str]) -> list[str]:
    """Return what each heading of a table means; nothing at all unless one names what is committed to.

    Where nobody but « Responsable » says who leads, that is who.
    """
    names = [column(heading) for heading in headings]
    if "title" not in names and "description" in names:
        names[names.index("description")] = "title"
    if "title" not in names or sum(bool(name) for name in names) < 2:
        return []
    if "lead" not in names and "owner" in names:
        names[names.index("owner")] = "lead"
    first: set[str] = set()
    for place, name in enumerate(names):  # a second column of the same name goes to the description
        names[place] = "" if name in first else name
        first.add(name)
    return names


def facts_of(name: str, said: str) -> dict[str, str] | None:
    """Return the fields that a cell fills, or None where it says something else than that."""
    said = said.strip()
    if said.lower() in NOTHING:
        return {}
    if name == "due_date":
        return _day(said)
    if name == "budget_eur":
        return _budget(said)
    if name in {"baseline", "target"}:
        return _quantity(name, said)
    if name == "party":
        party = _PARTIES.get(folded(said))
        return {"party": party} if party else None
    if name == "follow_up":
        return _follow_up(said)
    if name in LONGEST and len(said) <= LONGEST[name]:
        return {name: re.sub(r"\s*\n\s*(?:• )?", " ; ", said).removeprefix("• ")}
    return None


def _day(said: str) -> dict[str, str] | None:
    plain = folded(re.sub(r"\b1\s*er\b", "1", said))
    plain = re.sub(r"^(?:avant |au plus tard |pour )?(?:le )?", "", plain)
    if match := re.fullmatch(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", plain):
        return _date(int(match[3]), int(match[2]), int(match[1]))
    if match := re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", plain):
        return _date(int(match[1]), int(match[2]), int(match[3]))
    if (match := re.fullmatch(r"(\d{1,2}) ([a-z]+) (\d{4})", plain)) and match[2] in _MONTHS:
        return _date(int(match[3]), _MONTHS.index(match[2]) + 1, int(match[1]))
    return None


def _date(year: int, month: int, day: int) -> dict[str, str] | None:
    if not (1900 <= year <= 2999 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]):
        return None
    return {"due_date": f"{year:04d}-{month:02d}-{day:02d}"}


def _number(typed: str) -> Decimal:
    return Decimal(typed.replace(" ", "").replace(",", ".").replace("\u2212", "-"))


def _spaced(said: str) -> str:
    return re.sub(r"[\s\u00a0\u202f]+", " ", said).strip()


def _figure(value: Decimal) -> str:
    return format(value.normalize(), "f").replace(".", ",")


def _budget(said: str) -> dict[str, str] | None:
    match = _AMOUNT.fullmatch(_spaced(said))
    if match is None:
        return None
    times = {"k": 1_000, "m": 1_000_000}.get((match[2] or "").lower(), 1)
    value = _number(match[1]) * times
    return {"budget_eur": _figure(value)} if 0 <= value < Decimal(10) ** 12 else None


def _quantity(name: str, said: str) -> dict[str, str] | None:
    match = _QUANTITY.fullmatch(_spaced(said))
    if match is None or re.match(r"[\d/.,-]", match[2] or ""):
        return None
    value = _number(match[1])
    found = {name: _figure(value)}
    if unit := (match[2] or "").strip():
        found["unit"] = unit
    return found if abs(value) < Decimal(10) ** 12 else None


def _follow_up(said: str) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for part in said.split(","):
        known = _FOLLOWED.get(folded(part))
        if known is None or known[0] in found:
            return None
        found[known[0]] = known[1]
    return found
