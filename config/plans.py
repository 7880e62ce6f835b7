"""A query that a connection keeps planned does not outlive a change of its tables: it is planned anew.

PostgreSQL refuses such a plan once a column that it returns has another type (« cached plan must not change
result type »), and goes on refusing it on that connection: after a migration the pages would fail until
somebody restarted them (docs/adr/0034-prepared-statements.md).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
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
