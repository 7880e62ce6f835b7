"""What the printed page says, string by string, from a canonical content.

Every value is a finished French string: the template only lays them out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from contracts.annexes import grouped, kind_of, pages_of, reason_of
from contracts.canonical import Content
from contracts.models import Direction, Party, Periodicity, SignatoryKind
from contracts.printed.act import act, noun
from contracts.printed.check import address_of
from contracts.printed.long_texts import Laid, long_text
from contracts.printed.typography import (
    NO_BREAK_SPACE,
    date,
    euros,
    paragraphs,
    printable,
    quantity,
    short_date,
)
from stakeholders.wording import moment

NOTHING = "–"
SIGNS = ("%", "€", "oui/non")  # units that belong to each number

Row = dict[str, Any]


def document(
    content: Content, *, specimen: bool, frozen_at: dt.datetime, draft: bool = False
) -> dict[str, Any]:
    """Return the data of the template ``contract.typ``."""
    parties = _parties(content)
    made = frozen_at.astimezone(dt.UTC)
    title = printable(content["title"])
    itself, kind = noun(content)
    lay = partial(long_text, content)
    return {
        "title": title,
        "name": _("PROJET – %(title)s") % {"title": title} if draft else title,
        "draft": _draft(frozen_at) if draft else None,
        "reference": printable(content["reference"]),
        "territory": printable(content["territory"]),
        "authors": [party["name"] for party in parties],
        "subject": f"{kind}, {content['reference']}",
        "made": [made.year, made.month, made.day],
        "specimen": _("SPÉCIMEN, document de démonstration sans valeur juridique") if specimen else None,
        "specimen-notice": _(
            "Il est signé avec des clés d’essai ; les communes, les services et les personnes qu’il "
            "nomme peuvent être fictifs."
        ),
        "parties": parties,
        "cosignatories": [
            _person(s) for s in content["signatories"] if s["kind"] != SignatoryKind.PARTY.value
        ],
        "facts": _facts(content),
        "words": _words(itself),
        "act": act(content),
        "preamble": long_text(content, content["preamble"]),
        "frameworks": [printable(framework["label"]) for framework in content["frameworks"]],
        "volets": [_volet(volet, lay) for volet in content["volets"]],
        "recapitulation": [_group(volet) for volet in content["volets"] if volet["commitments"]],
        "total": _total(content),
        "annexes": [_annex(annex) for annex in content["annexes"] if "key" not in annex],
        "enclosures": [_enclosure(annex) for annex in content["annexes"] if "key" in annex],
        "signatories": [_signatory(s, len(content["signatories"])) for s in content["signatories"]],
        "check": None if draft else _check(content),
    }


def _check(content: Content) -> Row | None:
    """Return where the signed file is verified; None for a text of a schema that did not say."""
    address = address_of(content)
    if not address:
        return None
    return {
        "address": address,
        "text": _(
            "Les signatures sont dans le fichier, non sur le papier. Pour les vérifier, envoyez le fichier à "
            "cette adresse :"
        ),
        "alt": _("Code QR de l’adresse %(address)s") % {"address": address},
    }


def _draft(made: dt.datetime) -> Row:
    """Return what marks each page of a draft, so that none is taken for the text that is signed."""
    return {
        "mark": _("PROJET"),
        "foot": _("PROJET du %(moment)s : texte non figé, sans valeur, qui ne se signe pas")
        % {"moment": moment(made)},
    }


def _parties(content: Content) -> list[Row]:
    """Return the parties in signing order, each with those who sign for it."""
    parties: dict[str, Row] = {}
    for signatory in content["signatories"]:
        if signatory["kind"] == SignatoryKind.PARTY.value:
            name = _("L’État") if signatory["side"] == "state" else printable(signatory["organisation"])
            parties.setdefault(name, {"name": name, "people": []})["people"].append(_person(signatory))
    return list(parties.values())


def _person(signatory: Row) -> Row:
    return {
        "person": printable(signatory["person"] or ""),
        "capacity": printable(signatory["capacity"]),
    }


def _facts(content: Content) -> list[list[str]]:
    period = content["period"]
    perimeter = ", ".join(printable(commune) for commune in content["communes"])
    if content["perimeter_extension"]:
        perimeter += f". {printable(content['perimeter_extension'])}"
    length = _("du %(start)s au %(end)s") % {"start": date(period["start"]), "end": date(period["end"])}
    if period["rule"]:
        length += f" ({printable(_lower_first(period['rule']))})"
    facts = [
        [_("Référence"), printable(content["reference"])],
        [_("Périmètre"), perimeter],
        [_("Durée"), length],
    ]
    if content["document_date"]:
        facts.append([_("Date du document"), date(content["document_date"])])
    return facts


def _words(itself: str) -> dict[str, Any]:
    """Return what the template itself says; ``itself`` is « le présent contrat » or what else it is."""
    itself, as_is = itself[:1].upper() + itself[1:], itself
    is_feminine = itself.startswith("La ")
    return {
        "contents": _("Sommaire"),
        "preamble": _("Préambule"),
        "frameworks": _("Cadres existants"),
        "frameworks-intro": _("%(itself)s s’articule avec les cadres suivants, qu’%(it)s ne remplace pas :")
        % {"itself": itself, "it": _("elle") if is_feminine else _("il")},
        "measure": [
            _("Indicateur"),
            _("Valeur initiale"),
            _("Cible"),
            _("Évolution et périodicité"),
            _("Échéance"),
            _("Budget"),
        ],
        "recapitulation": _("Récapitulatif des engagements"),
        "recapitulation-intro": _("Les budgets sont exprimés en euros, toutes années confondues."),
        "recapitulation-columns": [
            _("N°"),
            _("Engagement"),
            _("Organisation responsable"),
            _("Cible"),
            _("Échéance"),
            _("Budget"),
        ],
        "annexes": _("Annexes"),
        "enclosures": _("Liste des annexes"),
        "enclosures-intro": paragraphs(
            _(
                "Chaque annexe est l’exact fichier que désigne son empreinte SHA-256. Celle qui est dite "
                "jointe accompagne %(itself)s dans le même fichier PDF ; toute autre est conservée "
                "avec %(it)s."
            )
            % {"itself": as_is, "it": _("elle") if is_feminine else _("lui")}
        ),
        "fingerprint": _("Empreinte SHA-256"),
        "signatures": _("Signatures"),
        "signatures-intro": paragraphs(
            _(
                "%(itself)s est %(signed)s par voie électronique, dans l’ordre ci-dessous. La date de "
                "chaque signature est celle qu’atteste son horodatage ; elle peut différer de la date du "
                "document."
            )
            % {"itself": itself, "signed": _("signée") if is_feminine else _("signé")}
        ),
    }


def _volet(volet: Row, lay: Callable[[str], Laid]) -> Row:
    lead = _("Chef de file : %(lead)s") % {"lead": printable(volet["lead"])} if volet["lead"] else ""
    return {
        "title": _volet_title(volet),
        "lead": lead,
        "text": lay(volet["text"]),
        "commitments": [_commitment(commitment, lay) for commitment in volet["commitments"]],
    }


def _volet_title(volet: Row) -> str:
    return _("Volet %(order)s. %(title)s") % {"order": volet["order"], "title": printable(volet["title"])}


def _commitment(commitment: Row, lay: Callable[[str], Laid]) -> Row:
    who = [
        [_("Partie"), _label(Party, commitment["party"])],
        [_("Organisation responsable"), printable(commitment["lead"]["name"])],
    ]
    if commitment["owner"]:
        who.append([_("Responsable"), printable(commitment["owner"])])
    if commitment["contributors"]:
        who.append([_("Contributeurs"), " ; ".join(printable(name) for name in commitment["contributors"])])
    return {
        "number": printable(commitment["number"]),
        "title": printable(commitment["title"]),
        "description": lay(commitment["description"]),
        "who": who,
        "measure": [*_measure(commitment["indicator"]), *_deadline_and_budget(commitment)],
    }


def _measure(indicator: Row | None) -> list[str]:
    """Return the cells indicator, baseline, target, follow-up."""
    if indicator is None:
        return [NOTHING] * 4
    follow_up = [_label(Direction, indicator["direction"]), _label(Periodicity, indicator["periodicity"])]
    return [
        printable(indicator["label"]),
        # The unit is said once, beside the target: « 1 → 4 réunions » needs no singular.
        quantity(indicator["baseline"], indicator["unit"] if indicator["unit"] in SIGNS else ""),
        quantity(indicator["target"], indicator["unit"]),
        ", ".join(filter(None, follow_up)) or NOTHING,
    ]


def _deadline_and_budget(commitment: Row) -> list[str]:
    due = date(commitment["due_date"]).replace(" ", NO_BREAK_SPACE)
    return [due or NOTHING, euros(commitment["budget_eur"])]


def _group(volet: Row) -> Row:
    """Return a volet's rows of the recapitulation."""
    return {"title": _volet_title(volet), "rows": [_recapitulated(c) for c in volet["commitments"]]}


def _recapitulated(commitment: Row) -> list[str]:
    return [
        printable(commitment["number"]),
        printable(commitment["title"]),
        printable(commitment["lead"]["name"]),
        _measure(commitment["indicator"])[2],
        short_date(commitment["due_date"]) or NOTHING,
        euros(commitment["budget_eur"]),
    ]


def _total(content: Content) -> str:
    budgets = [
        Decimal(commitment["budget_eur"])
        for volet in content["volets"]
        for commitment in volet["commitments"]
        if commitment["budget_eur"] is not None
    ]
    if not budgets:
        return ""
    return _("Total des budgets indiqués : %(total)s") % {"total": euros(str(sum(budgets)))}


def _annex(annex: Row) -> str:
    title = printable(annex["title"])
    return title if annex["publishable"] else _("%(title)s (non communicable)") % {"title": title}


def _enclosure(annex: Row) -> Row:
    """Return how an annex is listed: its number and title, what it is, why it is not published, its hash."""
    file = annex["file"] or {"sha256": "", "pages": 0}
    facts = [kind_of(annex), pages_of(file["pages"])]
    if not annex["publishable"]:
        reason = reason_of(annex)
        named = _("La présente annexe n’est pas publiée : %(reason)s.") % {"reason": reason}
        travel = named if reason else _("La présente annexe n’est pas publiée.")
    elif annex["attached"]:
        travel = _("Publiable, jointe au présent fichier.")
    else:
        travel = _("Publiable, conservée à côté du présent fichier.")
    return {
        "number": _("Annexe %(number)s.") % {"number": annex["number"]},
        "title": printable(annex["title"]),
        "what": printable(", ".join(facts)),
        "travel": printable(travel),
        "fingerprint": grouped(file["sha256"]),
    }


def _signatory(signatory: Row, count: int) -> Row:
    note = ""
    if signatory["needs_council_resolution"]:
        note = _(
            "Signature subordonnée au caractère exécutoire de la délibération du conseil municipal "
            "(CGCT, art. L. 2121-29, L. 2122-21 et L. 2131-1)."
        )
    elif not signatory["required"]:
        note = _("Signature facultative.")
    return {
        "field": signatory["field"],
        "rank": _("Signature %(rank)s sur %(count)s") % {"rank": signatory["order"], "count": count},
        "person": printable(signatory["person"] or ""),
        "capacity": printable(signatory["capacity"]),
        "organisation": printable(signatory["organisation"]),
        "note": note,
    }


def _label(choices: type[Party] | type[Direction] | type[Periodicity], value: str) -> str:
    """Name a stored code in French; a version may hold one that the code no longer knows."""
    return str(dict(choices.choices).get(value, value))


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
