"""The queries of the inbox find their indexes in a plan for any values, which PostgreSQL then keeps."""

from __future__ import annotations

import itertools
import re
from typing import Any

from django.db import connection, transaction
from django.urls import reverse
from psycopg import sql

from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.workflow.sockets import logged_in

Asked = tuple[str, Any]
OURS = {"workflow_waiting_tasks", "workflow_open_tasks_of_seed"}


def plan_for_any(query: str, values: Any) -> str:
    """Return how PostgreSQL would answer a query without its values, if no table is read whole.

    The other indexes of tasks are put away meanwhile: of a few rows it would choose any.
    """
    number = itertools.count(1)
    numbered = re.sub("%s", lambda _match: f"${next(number)}", query)
    given = sql.SQL(", ").join([sql.Literal(getattr(value, "value", value)) for value in values])
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index"
            " WHERE indrelid = 'viewflow_task'::regclass AND NOT indisunique"
        )
        for (index,) in cursor.fetchall():
            if index not in OURS:
                cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for way in ("seqscan", "hashjoin", "mergejoin", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"PREPARE for_any AS {numbered}")
        cursor.execute(sql.SQL("EXPLAIN EXECUTE for_any({})").format(given))
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DEALLOCATE for_any")
        transaction.set_rollback(True)
    return plan


def asked_by(cast: Cast) -> list[Asked]:
    """Return what the inbox of somebody who will sign asks about tasks."""
    found: list[Asked] = []

    def kept(execute: Any, query: str, values: Any, many: bool, context: Any) -> Any:
        found.append((query, values))
        return execute(query, values, many, context)

    browser = logged_in(cast.maire)
    with connection.execute_wrapper(kept):
        assert browser.get(reverse("inbox")).status_code == 200
    return [(query, values) for query, values in found if "viewflow_task" in query and values]


def test_each_finds_the_index_of_open_tasks(cast: Cast) -> None:
    plot.at_signing(cast)
    plans = {query[:40]: plan_for_any(query, values) for query, values in asked_by(cast)}
    [counts] = [plan for query, plan in plans.items() if query.startswith("SELECT (SELECT count")]
    [rows] = [plan for query, plan in plans.items() if query.startswith('SELECT "viewflow_task"')]
    [soon] = [plan for query, plan in plans.items() if query.startswith('SELECT "contracts_signatory"')]
    assert counts.count("workflow_waiting_tasks") >= 3, counts
    assert "workflow_waiting_tasks" in rows
    assert "workflow_open_tasks_of_seed" in soon
