"""Which connection a page is given, and what becomes of the queries that it keeps planned.

A query that a connection keeps planned does not outlive a change of its tables: it is planned anew.

PostgreSQL refuses such a plan once a column that it returns has another type (« cached plan must not change
result type »), and goes on refusing it on that connection: after a migration the pages would fail until
somebody restarted them (docs/adr/0034-prepared-statements.md).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import psycopg
import psycopg_pool
import structlog
from django.db import NotSupportedError
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import _queries

# What psycopg has read of a query it keeps, if it is short; the counts of the inbox are long, and asked on
# every page.
_queries.MAX_CACHED_STATEMENT_LENGTH = 16_384  # bytes, of 4,096
_queries.MAX_CACHED_STATEMENT_PARAMS = 300  # values, of 50

FORGOTTEN_BY = "RevalidateCachedQuery"  # the function of PostgreSQL that refuses, whatever language it speaks

log = structlog.get_logger(__name__)


class _Returned(deque[Any]):
    """Connections at rest: what is returned is the first to be taken, and the last to be closed."""

    closing = False

    def append(self, connection: Any, /) -> None:
        self.appendleft(connection)

    def popleft(self) -> Any:
        return self.pop() if self.closing else super().popleft()


class NewestFirst(psycopg_pool.ConnectionPool):
    """A pool that gives the connection returned last, and closes the one that rested longest.

    Each connection plans a query seven times before it keeps the plan. Of a dozen, given in turn as psycopg
    does, none ever had, however busy: PostgreSQL took more time to plan than to answer. This way a few do all
    of what is usual, and the others what is not.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._pool = self._resting = _Returned(self._pool)

    def _shrink_pool(self) -> None:
        # a page that asks meanwhile is given the one that rested longest: no harm
        self._resting.closing = True
        try:
            super()._shrink_pool()
        finally:
            self._resting.closing = False


psycopg_pool.ConnectionPool = NewestFirst  # type: ignore[assignment,misc]  # the one that Django makes


def let_go(connection: BaseDatabaseWrapper) -> None:
    """Close a connection, and those at rest in its pool: the next is made with the settings of then.

    What others hold of that pool is closed as they return it.
    """
    connection.close()
    if close_pool := getattr(connection, "close_pool", None):
        close_pool()


def watch(connection: BaseDatabaseWrapper, **_signal: Any) -> None:
    """Have what a connection asks go through ``plan_anew``, where queries are kept planned (a receiver)."""
    if getattr(connection, "pool", None) and plan_anew not in connection.execute_wrappers:
        connection.execute_wrappers.append(plan_anew)


def plan_anew(
    execute: Callable[..., Any], query: str, values: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Ask; where the plan kept for it is of former tables, ask without it, and replace every connection.

    In a transaction, which has failed, nothing can be asked again: the error goes on, and the next request
    finds other connections.
    """
    try:
        return execute(query, values, many, context)
    except NotSupportedError as error:
        connection: Any = context["connection"]
        if not _is_of_former_tables(error):
            raise
        log.warning("database.former_plans")
        connection.pool.drain()
        if many or not connection.get_autocommit():
            raise
        with connection.wrap_database_errors:
            return context["cursor"].cursor.execute(query, values, prepare=False)


def _is_of_former_tables(error: NotSupportedError) -> bool:
    cause = error.__cause__
    return (
        isinstance(cause, psycopg.errors.FeatureNotSupported) and cause.diag.source_function == FORGOTTEN_BY
    )
