"""Canonical contents made by hand, for what is tested without a database."""

from __future__ import annotations

import copy
import datetime as dt
import hashlib
from typing import Any

FROZEN_AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)

COMMITMENT: dict[str, Any] = {
    "id": 1,
    "number": "1.1",
    "title": "Porter la police municipale de 22 à 34 agents",
    "description": "Recrutements échelonnés.\n\nBrigade de soirée jusqu’à 2 h.",
    "party": "city",
    "lead": {"id": 7, "name": "Ville de Clairval-sur-Orme"},
    "owner": "M. Jean-Marc Hourcastagné",
    "contributors": ["Préfecture de l’Orme"],
    "indicator": {
        "label": "Policiers municipaux en poste",
        "unit": "agents",
        "baseline": "22",
        "target": "34",
        "direction": "increase",
        "periodicity": "yearly",
    },
    "due_date": "2028-09-01",
    "budget_eur": "1150000",
    "publishable": True,
}


def signatory(order: int, **changes: Any) -> dict[str, Any]:
    """Return a signatory of the given rank, a party of the State's side unless told otherwise."""
    return {
        "order": order,
        "field": f"Signataire-{order:02d}",
        "capacity": "Préfète de l’Orme",
        "person": "Mme Hélène Vasseur-Mondière",
        "organisation": "Préfecture de l’Orme",
        "side": "state",
        "kind": "party",
        "required": True,
        "needs_council_resolution": False,
        **changes,
    }


def content(**changes: Any) -> dict[str, Any]:
    """Return a small complete content, with the given keys changed."""
    return {
        "schema": 1,
        "reference": "CSI-00-2026-900",
        "title": "Contrat d’essai entre l’État et la Ville de Clairval-sur-Orme",
        "territory": "Clairval-sur-Orme",
        "communes": ["Clairval-sur-Orme"],
        "perimeter_extension": "",
        "preamble": "Un contrat court.\n\nPour les essais.",
        "period": {"start": "2027-02-15", "end": "2032-03-31", "rule": "Durée du mandat restant à courir"},
        "document_date": "2027-01-01",
        "frameworks": [{"kind": "CLSPD", "label": "Conseil local de sécurité"}],
        "volets": [
            {
                "code": "internal_security",
                "order": 1,
                "title": "Sécurité intérieure",
                "lead": "Préfecture de l’Orme",
                "text": "Le texte du volet.",
                "commitments": [copy.deepcopy(COMMITMENT)],
            }
        ],
        "annexes": [
            {"kind": "diagnostic", "title": "Diagnostic partagé", "publishable": True},
            {"kind": "camera_plan", "title": "Plan des caméras", "publishable": False},
        ],
        "signatories": [
            signatory(1),
            signatory(
                2,
                capacity="Maire de Clairval-sur-Orme",
                person="M. Karim Delestrange",
                organisation="Ville de Clairval-sur-Orme",
                side="local",
                needs_council_resolution=True,
            ),
        ],
        **changes,
    }


def empowered(row: dict[str, Any], civility: str = "Mme", authorised_by: str = "") -> dict[str, Any]:
    """Return a signatory as schema 3 says it."""
    return {"civility": civility, "authorised_by": authorised_by, **row}


def act(**changes: Any) -> dict[str, Any]:
    """Return the same content as of schema 3: its kind, its clauses, how its signatories are empowered."""
    given = content()
    people = [
        empowered(row, civility) for row, civility in zip(given["signatories"], ["Mme", "M."], strict=True)
    ]
    return {
        **given,
        "schema": 3,
        "kind": {"code": "csi", "title": "Contrat de sécurité intégrée", "article": "le"},
        "clauses": [
            {
                "key": "visas",
                "place": "visas",
                "heading": "Visas",
                "text": "le code général des collectivités territoriales\nVu la circulaire n° 6258/SG ;",
            },
            {"key": "object", "place": "before", "heading": "Objet", "text": "L’objet du contrat."},
            {"key": "duration", "place": "after", "heading": "Durée", "text": "Cinq ans.\n\nPas plus."},
            {"key": "own-1", "place": "after", "heading": "Une de plus", "text": "Ajoutée par les pilotes."},
        ],
        "signatories": people,
        **changes,
    }


def annex(number: int, data: bytes = b"", **changes: Any) -> dict[str, Any]:
    """Return an annex as schema 5 says it: publishable, kept beside the contract unless told otherwise."""
    file = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data) or 1, "pages": 2}
    return {
        "key": number,
        "number": number,
        "kind": "map",
        "title": f"Plan {number}",
        "publishable": True,
        "reason": "",
        "reason_words": "",
        "attached": False,
        "file": file,
        **changes,
    }
