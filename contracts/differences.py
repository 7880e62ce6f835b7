"""What changed between two frozen contents, in words: by commitment, then the rest of the text.

Read from the canonical data, so that what is said to have changed is what the hash covers.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from contracts.annexes import fields_of, holds_files
from contracts.canonical import Content, commitments, digest, is_structured
from contracts.figures import written
from contracts.models import ClausePlace, Direction, Party, Periodicity
from stakeholders.wording import day

Row = dict[str, Any]
SHORT = 60  # characters by which a commitment is named in a form


class Structured(str):
    """A text whose structure is to be shown (:mod:`contracts.structure`)."""


@dataclass
class Difference:
    """One commitment or one part of the text that differs.

    ``kind`` is « added », « removed », « changed », « moved » (only its place changed) or « renumbered »
    (numbers that follow a change of places); ``leads`` are the organisations responsible, before and after;
    ``changes`` are (what, before, after) in words, empty where nothing was or is; ``formerly`` is the number
    that a moved commitment bore.
    """

    title: str
    kind: str
    leads: frozenset[int] = frozenset()
    changes: list[tuple[str, str, str]] = field(default_factory=list)
    formerly: str = ""


@dataclass(frozen=True)
class Shown:
    """A content as a page showed it, small enough for a form to send it back.

    ``digest`` is the content's; ``marks`` a short hash of each commitment, by its key, with its title, and
    of each other part, by its name.
    """

    digest: str
    marks: dict[str, list[str]]

    def moved(self, content: Content) -> list[str]:
        """Return the parts of a content that are no longer as they were shown, in words."""
        now = _marks(content)
        changed = [
            name for key, (mark, name) in now.items() if key in self.marks and self.marks[key][0] != mark
        ]
        added = [name for key, (_mark, name) in now.items() if key not in self.marks]
        gone = [name for key, (_mark, name) in self.marks.items() if key not in now]
        return [
            *changed,
            *(_("%(part)s (ajouté)") % {"part": name} for name in added),
            *(_("%(part)s (supprimé)") % {"part": name} for name in gone),
        ]

    def written(self) -> str:
        """Write it for a form."""
        return json.dumps([self.digest, self.marks], separators=(",", ":"))


def shown(content: Content) -> Shown:
    """Return what a page that shows this content sends back."""
    return Shown(digest(content), _marks(content))


def read_shown(text: str) -> Shown:
    """Read back what a form sent; of what is no such thing, everything has moved."""
    try:
        sha256, marks = json.loads(text)
        return Shown(str(sha256), {str(key): [str(mark), str(name)] for key, (mark, name) in marks.items()})
    except (ValueError, TypeError, AttributeError, RecursionError):
        return Shown("", {})


def _marks(content: Content) -> dict[str, list[str]]:
    rows = {
        str(row["id"]): [_mark(row), f"{row['number']} {row['title']}"[:SHORT]]
        for row in commitments(content)
    }
    clauses = {row["key"]: [_mark(row), row["heading"][:SHORT]] for row in content.get("clauses", [])}
    annexes = {
        f"annex-{row['key']}": [_mark(row), row["title"][:SHORT]]
        for row in content["annexes"]
        if "key" in row
    }
    return (
        rows | clauses | annexes | {title: [_mark(part(content)), title] for title, part in _parts().items()}
    )


def _mark(part: Any) -> str:
    told = json.dumps(part, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def differences(before: Content, after: Content) -> list[Difference]:
    """Return what differs, in the later text's order, then what it no longer holds, then its other parts."""
    old, new = (
        {row["id"]: _structured(row, "description", content) for row in commitments(content)}
        for content in (before, after)
    )
    moved = _moved(list(old), [key for key in new if key in old])
    found, followed = [], []
    for key, row in new.items():
        was = old.get(key)
        if was is None or key in moved or {**was, "number": row["number"]} != row:
            found.append(_between(was, row, moved=key in moved))
        elif was != row:
            followed.append((row["title"], was["number"], row["number"]))
    found += [_between(row, None) for key, row in old.items() if key not in new]
    if followed:
        found.append(Difference(_("Numéros qui suivent l’ordre"), "renumbered", changes=followed))
    found += [*_of_clauses(before, after), *_of_annexes(before, after)]
    return found + [
        Difference(title, "changed") for title, part in _parts().items() if part(before) != part(after)
    ]


def _of_clauses(before: Content, after: Content) -> list[Difference]:
    """Return the clauses that differ; none where the earlier text is of a schema that had none."""
    if "clauses" not in before or "clauses" not in after:
        return []
    old, new = (
        {row["key"]: _structured(row, "text", content) for row in content["clauses"]}
        for content in (before, after)
    )
    said = {_("Intitulé"): "heading", _("Texte"): "text"}
    found = []
    for key, row in {**new, **{key: row for key, row in old.items() if key not in new}}.items():
        was, now = old.get(key), new.get(key)
        if was is None or now is None:
            found.append(Difference(row["heading"], "added" if was is None else "removed"))
        elif was != now:
            changes = [(name, was[part], now[part]) for name, part in said.items() if was[part] != now[part]]
            found.append(Difference(row["heading"], "changed", changes=changes))
    return found


def _of_annexes(before: Content, after: Content) -> list[Difference]:
    """Return the annexes that differ, each by its key, or all as one where a text is older."""
    if not (holds_files(before) and holds_files(after)):
        told = [[(row["title"], row["publishable"]) for row in text["annexes"]] for text in (before, after)]
        return [Difference(_("Annexes"), "changed")] if told[0] != told[1] else []
    old, new = ({row["key"]: row for row in content["annexes"]} for content in (before, after))
    found, followed = [], []
    for key, row in {**new, **{key: row for key, row in old.items() if key not in new}}.items():
        was, now = old.get(key), new.get(key)
        title = _("Annexe %(number)s, « %(title)s »") % {"number": row["number"], "title": row["title"]}
        if was is None or now is None:
            found.append(Difference(title, "added" if was is None else "removed"))
        elif {**was, "number": now["number"]} != now:
            said = {name: (told, fields_of(now)[name]) for name, told in fields_of(was).items()}
            changes = [(name, then, since) for name, (then, since) in said.items() if then != since]
            found.append(Difference(title, "changed", changes=changes))
        elif was != now:
            followed.append((row["title"], str(was["number"]), str(now["number"])))
    if followed:
        found.append(Difference(_("Numéros des annexes"), "renumbered", changes=followed))
    return found


def _structured(row: Row, name: str, content: Content) -> Row:
    """Return a row whose text has a structure, where its content's texts have one; visas are lines."""
    is_so = is_structured(content) and row.get("place") != ClausePlace.VISAS.value
    return {**row, name: Structured(row[name])} if is_so else row


def _moved(before: list[int], after: list[int]) -> set[int]:
    """Return the fewest keys that, taken out, leave the others in the order in which they were.

    All but those of a longest increasing sequence of former places (patience sorting).
    """
    place = {key: rank for rank, key in enumerate(before)}
    tops: list[int] = []  # the smallest former place that ends a sequence of each length
    ends: list[int] = []  # the key there
    previous: dict[int, int | None] = {}
    for key in after:
        pile = bisect_left(tops, place[key])
        previous[key] = ends[pile - 1] if pile else None
        tops[pile : pile + 1], ends[pile : pile + 1] = [place[key]], [key]
    stayed: set[int] = set()
    last = ends[-1] if ends else None
    while last is not None:
        stayed.add(last)
        last = previous[last]
    return set(after) - stayed


def _between(before: Row | None, after: Row | None, *, moved: bool = False) -> Difference:
    shown = after or before or {}
    leads = frozenset(row["lead"]["id"] for row in (before, after) if row)
    title = f"{shown['number']} {shown['title']}"
    if before is None or after is None:
        return Difference(title, "added" if before is None else "removed", leads)
    said = {name: (say(before), say(after)) for name, say in _fields().items()}
    changes = [(name, was, now) for name, (was, now) in said.items() if was != now]
    formerly = before["number"] if moved or before["number"] != after["number"] else ""
    alone = moved and {**before, "number": after["number"]} == after
    return Difference(title, "moved" if alone else "changed", leads, changes, formerly)


def _fields() -> dict[str, Callable[[Row], str]]:
    """Return what a commitment says, each as a reader reads it."""
    return {
        _("Numéro"): lambda row: row["number"],
        _("Intitulé"): lambda row: row["title"],
        _("Description"): lambda row: row["description"],
        _("Volet"): lambda row: row["volet"],
        _("Partie"): lambda row: str(Party(row["party"]).label),
        _("Organisation responsable"): lambda row: row["lead"]["name"],
        _("Responsable"): lambda row: row["owner"] or "",
        _("Contributeurs"): lambda row: ", ".join(row["contributors"]),
        _("Indicateur"): lambda row: (row["indicator"] or {}).get("label", ""),
        _("Valeur de départ"): lambda row: _measure(row, "baseline"),
        _("Cible"): lambda row: _measure(row, "target"),
        _("Sens"): lambda row: _choice(Direction, row, "direction"),
        _("Périodicité"): lambda row: _choice(Periodicity, row, "periodicity"),
        _("Échéance"): lambda row: day(row["due_date"]),
        _("Budget"): lambda row: f"{written(Decimal(row['budget_eur']))}\u00a0€" if row["budget_eur"] else "",
        _("Communicable au public"): lambda row: _("oui") if row["publishable"] else _("non"),
    }


def _parts() -> dict[str, Callable[[Content], Any]]:
    """Return the parts of a text that are no commitment."""
    return {
        _("Titre et périmètre"): lambda text: [
            text[key] for key in ("title", "territory", "communes", "perimeter_extension", "reference")
        ],
        _("Durée"): lambda text: [text["period"], text["document_date"]],
        _("Préambule"): lambda text: text["preamble"],
        _("Cadres existants"): lambda text: text["frameworks"],
        _("Textes des volets"): lambda text: [
            {key: volet[key] for key in ("order", "title", "lead", "text")} for volet in text["volets"]
        ],
        _("Signataires"): lambda text: [_signatory(row) for row in text["signatories"]],
    }


def _signatory(row: Row) -> Row:
    """Return a signatory as texts of any schema name it."""
    return {"authorised_by": "", **{key: value for key, value in row.items() if key != "civility"}}


def _measure(row: Row, which: str) -> str:
    indicator = row["indicator"] or {}
    value = indicator.get(which)
    return f"{written(Decimal(value))} {indicator['unit']}".strip() if value is not None else ""


def _choice(choices: Any, row: Row, which: str) -> str:
    value = (row["indicator"] or {}).get(which)
    return str(choices(value).label) if value else ""
