"""The order of volets and commitments, and so their numbers: « 2.4 » is the fourth of the second volet.

Places run from 1 without a gap, one row a place (the database keeps it, at the end of a transaction);
a number is never typed. A commitment that moves keeps its key: versions tell it by that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from django.db import transaction
from django.db.models import Max, QuerySet

from contracts.models import Commitment, Volet

Placed = TypeVar("Placed", Volet, Commitment)
UP, DOWN = "up", "down"


def next_place(rows: QuerySet[Placed]) -> int:
    """Return the place after the last one."""
    last: int | None = rows.aggregate(last=Max("order"))["last"]
    return (last or 0) + 1


@transaction.atomic
def put_volet(volet: Volet, place: int) -> None:
    """Put a volet at a place of its contract, from 1; beyond the last one, last."""
    _renumber(_with(volet, volet.contract.volets.exclude(pk=volet.pk), place))


@transaction.atomic
def put_commitment(commitment: Commitment, volet: Volet, place: int) -> None:
    """Put a commitment at a place of a volet of its contract, from 1; beyond the last one, last."""
    before = commitment.volet
    commitment.volet = volet
    _renumber(_with(commitment, volet.commitments.exclude(pk=commitment.pk), place))
    if before.pk != volet.pk:
        close_up(before.commitments.exclude(pk=commitment.pk))


@transaction.atomic
def step(row: Volet | Commitment, direction: str) -> bool:
    """Move a row by one place; a commitment at the end of its volet goes into the next one.

    Return whether it moved: the first does not go up.
    """
    by = 1 if direction == DOWN else -1
    place = row.order + by
    if isinstance(row, Volet):
        if not 1 <= place < next_place(row.contract.volets.all()):
            return False
        put_volet(row, place)
        return True
    if 1 <= place < next_place(row.volet.commitments.all()):
        put_commitment(row, row.volet, place)
        return True
    neighbour = row.volet.contract.volets.filter(order=row.volet.order + by).first()
    if neighbour is None:
        return False
    put_commitment(row, neighbour, 1 if direction == DOWN else next_place(neighbour.commitments.all()))
    return True


@transaction.atomic
def delete(row: Volet | Commitment) -> None:
    """Delete a row; those after it come up."""
    if isinstance(row, Volet):
        contract = row.contract
        row.delete()
        close_up(contract.volets.all())
    else:
        volet = row.volet
        row.delete()
        close_up(volet.commitments.all())


def close_up(rows: QuerySet[Placed]) -> None:
    """Leave no gap between the places of these rows."""
    _renumber(list(rows.order_by("order", "pk")))


def _with(row: Placed, others: QuerySet[Placed], place: int) -> list[Placed]:
    rows = list(others.order_by("order", "pk"))
    rows.insert(max(place, 1) - 1, row)
    return rows


def _renumber(rows: Sequence[Volet | Commitment]) -> None:
    for place, row in enumerate(rows, start=1):
        row.order = place
    Volet.objects.bulk_update([row for row in rows if isinstance(row, Volet)], ["order"])
    Commitment.objects.bulk_update([row for row in rows if isinstance(row, Commitment)], ["volet", "order"])
