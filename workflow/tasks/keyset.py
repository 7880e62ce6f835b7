"""Long lists by pages: each page starts where the last one ended, whatever came meanwhile.

A page is found by its position in the order, never by how many rows to skip: its cost does
not grow with the length of the list, and rows that appear between two pages are neither
repeated nor missed. What a person may see comes by several ways (their offices, the powers
of each); each way is a branch, read along an index that stops as soon as the page is full, and what
several ways find is shown once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import EmptyResultSet
from django.db import connection, models
from django.db.models import Q, QuerySet

from stakeholders.prepared import Framed

PAGE = 50  # rows shown at once
COUNTED_AT_MOST = 1000  # beyond, a list says « 1 000+ »
WRITTEN_AT_MOST = 2000  # queries of which a process keeps the SQL
SIGNER = signing.Signer(salt="contreseing.page")
Row = TypeVar("Row", bound=models.Model)


@dataclass(frozen=True)
class Order:
    """The order of a list: names of fields or aliases, the last of which is unique.

    ``keys`` are the names in the branches, ``shown`` the same values in the rows shown;
    ``target`` is what a branch finds: the primary key of the row shown.
    """

    keys: tuple[str, ...]
    shown: tuple[str, ...]
    target: str
    descending: bool = False

    def names(self, names: tuple[str, ...], *, back: bool) -> list[str]:
        """Return the names as Django orders by them, from the last to the first if ``back``."""
        return [f"-{name}" if self.descending != back else name for name in names]

    def beyond(self, position: Sequence[Any], *, back: bool) -> Q:
        """Return the condition that a row comes after a position in this order (before, if ``back``)."""
        sign = "lt" if self.descending != back else "gt"
        first, value = self.keys[0], position[0]
        if len(self.keys) == 1:
            return Q(**{f"{first}__{sign}": value})
        second, tie = self.keys[1], position[1]
        # the first condition is what the index reads, the second settles what is equal
        return Q(**{f"{first}__{sign}e": value}) & (
            Q(**{f"{first}__{sign}": value}) | Q(**{f"{second}__{sign}": tie})
        )


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows, and where to go on: the cursors of the pages before and after, or nothing."""

    rows: list[Row]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Listing(Generic[Row]):
    """A list that one person may read: the rows shown, and the branches that find them.

    Both are made when they are asked for. ``key`` holds every value that decides what the branches find:
    their SQL is then written once a process for all lists of that key, which takes Django longer than
    PostgreSQL takes to answer. Nothing that a branch depends on may be left out of it; None keeps nothing.
    Where there is a key, ``make_rows`` is a function of a module, and depends on nothing.
    """

    make_rows: Callable[[], QuerySet[Row]]
    make_branches: Callable[[], Sequence[QuerySet[Any]]]
    order: Order
    key: Hashable = None

    def page(self, cursor: str = "", size: int = PAGE) -> Page[Row]:
        """Return the page at a cursor; the first page for none, or for one that is not ours."""
        back, position = _read(cursor)
        found = self._found(position, back=back, limit=size + 1)
        more, rows = len(found) > size, found[:size]
        if (back and not more) or (position and not rows):
            return self.page(size=size)  # nothing is left before, or after: the first page, whole
        if back:
            return Page(rows[::-1], self._cursor(rows[-1], back=True), self._cursor(rows[0], back=False))
        return Page(
            rows,
            self._cursor(rows[0], back=True) if position else "",
            self._cursor(rows[-1], back=False) if more else "",
        )

    def count(self) -> int:
        """Return how many rows there are; at most one more than COUNTED_AT_MOST."""
        return counts([self])[0]

    def values(self, name: str) -> QuerySet[Any]:
        """Return one value of each row that the list holds, to seek others by."""
        return _united([branch.order_by().values(name) for branch in self.make_branches()])

    def counted(self) -> tuple[str, tuple[Any, ...]]:
        """Return the SQL of what is counted, and its values: at most COUNTED_AT_MOST rows and one."""

        def bounded() -> QuerySet[Any]:
            limit = COUNTED_AT_MOST + 1
            branches = [
                branch.order_by().values(self.order.target)[:limit] for branch in self.make_branches()
            ]
            return _united(branches)[:limit]

        return _sql(self.key and (self.order.target, self.key), bounded)

    def _found(self, position: Sequence[Any], *, back: bool, limit: int) -> list[Row]:
        order = self.order

        def united() -> QuerySet[Any]:
            beyond = [order.beyond(position, back=back)] if position else []
            names = order.names(order.keys, back=back)
            return _united(
                [
                    branch.filter(*beyond).order_by(*names).values(order.target)[:limit]
                    for branch in self.make_branches()
                ]
            )

        def framed(within: Any) -> QuerySet[Row]:
            rows = self.make_rows().filter(pk__in=within)
            return rows.order_by(*order.names(order.shown, back=back))[:limit]

        if not self.key or position:
            return list(framed(united()))
        frame = _framed((self.make_rows, order, limit), framed)
        return frame.rows(*_sql((self.key, order.keys, order.descending, limit), united))

    def _cursor(self, row: Row, *, back: bool) -> str:
        return SIGNER.sign_object([back, [getattr(row, name) for name in self.order.shown]])


def counts(listings: Sequence[Listing[Any]]) -> list[int]:
    """Return how many rows each list holds, in one query; at most one more than COUNTED_AT_MOST each."""
    columns: list[str] = []
    values: list[Any] = []
    for listing in listings:
        sql, given = listing.counted()
        columns.append(f"(SELECT count(*) FROM ({sql}) counted)")  # noqa: S608 (as Django writes it)
        values += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)}", values)
        return list(cursor.fetchone() or ())


_written: dict[Hashable, tuple[str, tuple[Any, ...]]] = {}  # the SQL of lists, by their key
_writing = threading.Lock()
_frames: dict[Hashable, Framed[Any]] = {}  # a few: one for each way of reading the rows of a list


def _sql(key: Hashable, make: Callable[[], QuerySet[Any]]) -> tuple[str, tuple[Any, ...]]:
    """Return the SQL of a query and its values, as they were written for this key, or write them."""
    if not key:
        return _compiled(make())
    if (found := _written.get(key)) is None:
        found = _compiled(make())
        with _writing:
            while len(_written) >= WRITTEN_AT_MOST:
                _written.pop(next(iter(_written)))
            _written[key] = found
    return found


def _framed(key: Hashable, make: Callable[[Any], QuerySet[Row]]) -> Framed[Row]:
    """Return the query around what a list finds, as it was written: how rows are read, and how many."""
    if (found := _frames.get(key)) is None:
        found = _frames[key] = Framed(make)
    return found


def _compiled(query: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    try:
        sql, given = query.query.sql_with_params()
    except EmptyResultSet:  # a list that can hold nothing
        return "SELECT 1 WHERE false", ()
    return sql, tuple(given)


def _read(cursor: str) -> tuple[bool, Sequence[Any]]:
    """Return which way a cursor goes and from where; forward from the start for none of ours."""
    try:
        back, position = SIGNER.unsign_object(cursor) if cursor else (False, ())
    except signing.BadSignature:
        return False, ()
    return back, position


def _united(branches: Sequence[QuerySet[Any]]) -> QuerySet[Any]:
    """Return what all the branches find, once each."""
    return branches[0].union(*branches[1:]) if len(branches) > 1 else branches[0]
