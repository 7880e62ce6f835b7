"""The clauses that an act has whatever its volets: from its kind, adapted by its pilots, filled when read.

A contract whose pilots adapted nothing has no row: it says what its kind says, today's wording. The first
change takes every clause of the kind into rows of its own, which no later wording of the kind alters.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext as _

from contracts import kinds
from contracts.kinds import KindOfContract
from contracts.models import Clause, ClausePlace, Contract
from stakeholders.wording import day

VISAS = "visas"  # the code of the clause whose lines are the visas
ANNEXES = "annexes"  # not printed where there is none
FIELD = re.compile(r"\{([^{}\n]*)\}")
# in French, as who writes the act reads them
_FIELDS: dict[str, Callable[[Contract], str]] = {
    "territoire": lambda contract: contract.territory,
    "communes": lambda contract: ", ".join(contract.communes),
    "extension": lambda contract: contract.perimeter_extension,
    "référence": lambda contract: contract.reference,
    "titre": lambda contract: contract.title,
    "début": lambda contract: day(contract.period_start),
    "fin": lambda contract: day(contract.period_end),
    "règle de durée": lambda contract: contract.period_rule,
}


def fields() -> list[str]:
    """Return the names that a clause may hold in braces."""
    return list(_FIELDS)


def unknown_fields(text: str) -> list[str]:
    """Return what stands in braces in a text and is no field."""
    return [name for name in FIELD.findall(text) if name not in _FIELDS]


def filled(text: str, contract: Contract) -> str:
    """Write a clause's text with the contract's own facts, in French as the act is.

    A line that only held fields without a value goes; what is no field stays as it is written.
    """

    def value(match: re.Match[str]) -> str:
        return _FIELDS[match[1]](contract) if match[1] in _FIELDS else match[0]

    with translation.override("fr"):
        lines = [(line, FIELD.sub(value, line)) for line in text.split("\n")]
    return "\n".join(now for was, now in lines if now.strip(" .") or not was.strip())


def clauses_of(contract: Contract) -> list[Clause]:
    """Return the clauses of a contract in their order, left out or not; its kind's where it has none."""
    return list(contract.clauses.all()) or of_kind(contract)


def of_kind(contract: Contract) -> list[Clause]:
    """Return, unsaved, the clauses that the contract's kind gives it."""
    kind = kinds.kind(contract.kind)
    rows = [Clause(code=VISAS, heading="Visas", text=visas_of(kind), place=ClausePlace.VISAS)]
    rows += [Clause(code=c.code, heading=c.heading, text=c.text, place=c.place) for c in kind.clauses]
    for order, row in enumerate(rows, start=1):
        row.contract, row.order = contract, order
    return rows


def visas_of(kind: KindOfContract) -> str:
    """Return the visas of a kind, one a line."""
    return "\n".join(kind.legal_basis)


def take(contract: Contract) -> None:
    """Give the contract rows of its own, if it has none; the caller holds the draft."""
    if not contract.clauses.exists():
        Clause.objects.bulk_create(of_kind(contract))


def wording_of_kind(row: Clause) -> Clause | None:
    """Return the kind's own wording of a clause, unsaved; None of one that was added."""
    return next((own for own in of_kind(row.contract) if row.code and own.code == row.code), None)


def is_required(row: Clause) -> bool:
    """Whether the kind of contract owes this clause, so that leaving it out owes a reason."""
    return row.code in {
        VISAS,
        *(clause.code for clause in kinds.kind(row.contract.kind).clauses if clause.required),
    }


def next_order(contract: Contract) -> int:
    """Return the order after the last clause's."""
    return int(contract.clauses.aggregate(last=Max("order"))["last"] or 0) + 1


def why_not_left_out(row: Clause, reason: str) -> str:
    """Return why a clause cannot be left out for this reason, or nothing."""
    if is_required(row) and not reason.strip():
        return _("Cette clause fait partie de ce type de contrat : dites pourquoi elle est écartée.")
    return ""


def key_of(row: Clause) -> str:
    """Return what names a clause from one version to the next, and in an address."""
    return row.code or f"own-{row.pk}"


def clause_of(contract: Contract, key: str) -> Clause | None:
    """Return the clause of this key, as a row or as the kind gives it."""
    return next((row for row in clauses_of(contract) if key_of(row) == key), None)


def move(row: Clause, direction: str) -> None:
    """Exchange a clause with its neighbour of the same place on that side, if it has one."""
    rows = list(row.contract.clauses.filter(place=row.place))
    here = rows.index(row)
    there = here + (1 if direction == "down" else -1)
    if not 0 <= there < len(rows):
        return
    other = rows[there]
    mine, theirs = row.order, other.order
    # the database refuses two clauses at one place even for a moment
    for clause, order in ((row, next_order(row.contract)), (other, mine), (row, theirs)):
        clause.order = order
        clause.save(update_fields=["order"])
