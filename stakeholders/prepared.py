"""Queries that every page asks, written once a process: only their values change.

Django builds a query and writes its SQL each time that it is asked; for those of who somebody is and what
they may do, that takes longer than PostgreSQL takes to answer, on every page.
"""

from __future__ import annotations

import copy
import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Generic, TypeVar, cast

from django.db import connections, models
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Lookup
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row", bound=models.Model)
MARKER = 2_147_480_001  # a key that no row will have; the next ones, where a query takes several
A_DAY = dt.date(1814, 6, 4)  # a day that no row will have


@models.ForeignKey.register_lookup
class Among(Lookup[Any]):
    """``contract__among=keys``: as ``__in``, of keys alone, in SQL that is the same however many they are."""

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the comparison with one value, an array."""
        column, params = self.process_lhs(compiler, connection)
        return f"{column} = ANY(%s)", (*params, list(self.rhs))


class Written(models.Value):
    """A word of ours, or the number of a kind of rows, that stands in the SQL itself, not among its values.

    PostgreSQL keeps a plan for any values only if it is as good as one for these: it cannot use an index of
    some rows (« WHERE status = 'NEW' ») for a status that it is not told, nor know how few rows are of a
    kind. Raises ValueError for what is no plain word: nothing that somebody typed is ever written.
    """

    def __init__(self, word: str | int) -> None:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", str(word)):
            raise ValueError("only a plain word is written in SQL")
        super().__init__(word if isinstance(word, int) else str(word))

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[str | int, ...]]:
        """Return the word between quotes, or the number, and no value."""
        return (str(self.value) if isinstance(self.value, int) else f"'{self.value}'"), ()


class Prepared(Generic[Row]):
    """A query, made by ``make`` of as many values as there are ``markers``.

    ``markers`` are values of the same types that nothing else in the query equals: where the SQL takes one,
    it takes the value given in its place. No marker may be what would have Django write other SQL (None).
    """

    def __init__(self, make: Callable[..., QuerySet[Row]], *markers: Any) -> None:
        self.make, self._markers = make, markers
        self._kept: tuple[QuerySet[Row], SQLCompiler, str, list[tuple[Any, int | None]]] | None = None

    def rows(self, *values: Any) -> list[Row]:
        """Return the rows for these values, in the order of the markers."""
        query, compiler, sql, marked = self._kept or self._write()
        params = tuple(each if place is None else _as(each, values[place]) for each, place in marked)
        return _rows(query, compiler, sql, params)

    def _write(self) -> tuple[QuerySet[Row], SQLCompiler, str, list[tuple[Any, int | None]]]:
        query = self.make(*self._markers)
        compiler = query.query.get_compiler(using=query.db)
        sql, params = compiler.as_sql()
        missing = [marker for marker in self._markers if marker not in params]
        if missing:
            raise ValueError(f"the query takes no {missing}")
        marked = [(each, self._markers.index(each) if each in self._markers else None) for each in params]
        self._kept = query, compiler, sql, marked
        return self._kept


class Framed(Generic[Row]):
    """A query of the rows that another finds: written once, with the SQL of the other put in its place.

    ``make`` takes what stands for the other, a value for ``pk__in``.
    """

    _PLACE = f"SELECT {MARKER}"

    def __init__(self, make: Callable[[RawSQL], QuerySet[Row]]) -> None:
        self._query = make(RawSQL(self._PLACE, ()))  # noqa: S611 (our own)
        self._compiler = self._query.query.get_compiler(using=self._query.db)
        sql, self._params = self._compiler.as_sql()
        self._before, place, self._after = sql.partition(self._PLACE)
        if not place or self._PLACE in self._after:
            raise ValueError("the query takes the other once")
        self._ahead = self._before.replace("%%", "").count("%s")

    def rows(self, sql: str, params: Sequence[Any]) -> list[Row]:
        """Return the rows that this SQL finds, in the order of the frame."""
        given = (*self._params[: self._ahead], *params, *self._params[self._ahead :])
        return _rows(self._query, self._compiler, f"{self._before}{sql}{self._after}", given)


def _rows(query: QuerySet[Row], compiler: SQLCompiler, sql: str, params: tuple[Any, ...]) -> list[Row]:
    asking = copy.copy(compiler)
    asking.connection = connections[query.db]  # this thread's
    asking.get_converters = _converters(compiler)  # type: ignore[method-assign]
    asking.as_sql = lambda *_args, **_kwargs: (sql, params)  # type: ignore[method-assign]
    return list(ModelIterable(QuerySet(query.model, cast(Any, _Written(asking)), query.db)))


def _converters(compiler: SQLCompiler) -> Callable[..., Any]:
    """Return what gives the converters of the columns: those of one query never change."""
    kept = cast(Any, compiler)

    def converters(columns: Any) -> Any:
        if not hasattr(kept, "converters"):
            kept.converters = compiler.get_converters(columns)
        return kept.converters

    return converters


class _Written:
    """What of a query an iteration asks: who reads its rows."""

    def __init__(self, compiler: SQLCompiler) -> None:
        self._compiler = compiler

    def get_compiler(self, using: str) -> SQLCompiler:
        return self._compiler


def of_some(query: Prepared[Row], some: Sequence[models.Model]) -> Iterable[Row]:
    """Return the rows of a query about some rows, by their keys: as it was written where it is about one."""
    keys = [row.pk for row in some]
    return query.rows(*keys) if len(keys) == 1 else query.make(*keys)


def _as(marked: Any, value: Any) -> Any:
    """Return the value as the database adapter had wrapped the marker in its place."""
    return value if type(marked) is type(value) else type(marked)(value)
