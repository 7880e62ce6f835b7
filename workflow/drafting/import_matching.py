"""What the names of a document are here: a volet of the contract, an organisation that takes part."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rapidfuzz import fuzz

from contracts.imports.columns import folded
from contracts.kinds import kind, volets_offered
from contracts.models import Contract, Volet
from contracts.volets import VoletTemplate
from stakeholders.kinds import KINDS
from stakeholders.models import Organisation

ALIKE = 86  # out of a hundred: « Prévention de la délinquance » and « La prévention de la délinquance »
SHORTEST = 4  # letters of a name that may stand inside a longer one
# how documents call a body by what it is, beside the name of its kind
_CALLED = {
    "municipality": ("ville", "mairie", "commune", "la ville", "police municipale"),
    "prefecture": ("prefecture", "prefet", "prefete", "etat", "l etat"),
    "prosecution": ("parquet", "procureur", "procureure", "procureur de la republique"),
    "national_police": ("police nationale", "ddsp", "dipn", "commissariat"),
    "gendarmerie": ("gendarmerie", "gendarmerie nationale"),
    "education": ("education nationale", "rectorat", "dsden", "dasen"),
    "youth_justice": ("pjj", "protection judiciaire de la jeunesse"),
    "probation": ("spip",),
}


def names_in(said: str) -> list[str]:
    """Return the names of a cell that may hold several: « Ville / Préfecture »."""
    return [name.strip(" •-–") for name in re.split(r"\s*[/;\n,&+]\s*|\s+et\s+", said) if name.strip(" •-–")]


def organisation_of(said: str, among: Iterable[Organisation]) -> Organisation | None:
    """Return the organisation that a name means, where it can mean one only."""
    name = folded(said)
    if not name:
        return None
    bodies = list(among)
    for test in (_is_named, _is_called, _is_inside, _is_like):
        found = [body for body in bodies if test(name, body)]
        if len(found) == 1:
            return found[0]
    return None


def _names(body: Organisation) -> set[str]:
    return {folded(body.name), folded(body.short_name)} - {""}


def _is_named(name: str, body: Organisation) -> bool:
    return name in _names(body)


def _is_called(name: str, body: Organisation) -> bool:
    return name == folded(str(KINDS[body.kind].label)) or name in _CALLED.get(body.kind, ())


def _is_inside(name: str, body: Organisation) -> bool:
    return any(
        min(len(name), len(own)) >= SHORTEST and (f" {name} " in f" {own} " or f" {own} " in f" {name} ")
        for own in _names(body)
    )


def _is_like(name: str, body: Organisation) -> bool:
    return any(fuzz.ratio(name, own) >= ALIKE for own in _names(body))


def volet_of(title: str, among: Iterable[Volet]) -> Volet | None:
    """Return the volet of the contract that a title of the document means, where it can mean one only."""
    key = _like(title, {str(volet.pk): [volet.title] for volet in among})
    return next((volet for volet in among if str(volet.pk) == key), None)


def template_of(title: str, contract: Contract) -> str:
    """Return the model of volet that a title is that of."""
    named = {volet.code: volet.title for volet in kind(contract.kind).volets}
    offered = {
        str(code): [str(label), named.get(str(code), "")]
        for code, label in volets_offered(contract.kind)
        if code != VoletTemplate.OTHER
    }
    return _like(title, offered) or VoletTemplate.OTHER.value


def known_titles(contract: Contract) -> list[str]:
    """Return the titles by which a volet may be known in a document."""
    offered = [str(label) for _code, label in volets_offered(contract.kind)]
    return [*contract.volets.values_list("title", flat=True), *offered]


def _like(title: str, among: dict[str, list[str]]) -> str:
    name = folded(title)
    if not name:
        return ""
    scores: dict[str, float] = {}
    for key, titles in among.items():
        owns = [folded(own) for own in titles if own]
        scores[key] = max((max(fuzz.ratio(name, own), _within(name, own)) for own in owns), default=0)
    best = max(scores, key=lambda key: scores[key], default="")
    return best if best and scores[best] >= ALIKE else ""


def _within(name: str, own: str) -> float:
    """« Volet justice » says « Justice »; « Justice des mineurs » is less sure of it."""
    return 90.0 if f" {own} " in f" {name} " and len(name) <= len(own) + 12 else 0.0


def choices(rows: Iterable[Any], empty: Any) -> list[tuple[str, Any]]:
    """Return the choices of a list of rows by their keys."""
    return [("", empty), *((str(row.pk), str(row)) for row in rows)]
