"""The queries of the inbox find their indexes in a plan for any values, which PostgreSQL then keeps."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import F
from django.urls import reverse
from psycopg import sql

from contracts.models import Participation
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.workflow.sockets import logged_in

Asked = tuple[str, Any]
OURS = {"workflow_waiting_tasks", "workflow_open_tasks_of_seed"}
ROWS = 1_000_000  # that PostgreSQL is told of each page of its tables, as after years of contracts
LONG = ("contracts_signatory", "contracts_participation", "contracts_contract", "viewflow_task")


def plan_for_any(query: str, values: Any) -> str:
    """Return how PostgreSQL would answer a query without its values, if no table is read whole.

    The other indexes of tasks are put away meanwhile: of a few rows it would choose any. It believes that the
    tables are long.
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
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for (
            table
        ) in LONG:  # as few pages as its rows need: not one that is gone, even if somebody may still read it
            written_anew = "ALTER TABLE {} ADD COLUMN anew float DEFAULT random()"
            cursor.execute(sql.SQL(written_anew).format(sql.Identifier(table)))
        cursor.execute("DELETE FROM pg_statistic")  # what it knows of a few rows, if it has looked at them
        cursor.execute(
            "UPDATE pg_class SET reltuples = %s, relpages = 1 WHERE relname = ANY(%s)", [ROWS, list(LONG)]
        )
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        for way in ("seqscan", "hashjoin", "mergejoin", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"PREPARE for_any AS {numbered}")
        cursor.execute(sql.SQL("EXPLAIN EXECUTE for_any({})").format(given))
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("DEALLOCATE for_any")
        transaction.set_rollback(True)
    return plan


def asked_by(person: User) -> list[Asked]:
    """Return what the inbox of somebody asks about tasks and what they pilot."""
    found: list[Asked] = []

    def kept(execute: Any, query: str, values: Any, many: bool, context: Any) -> Any:
        found.append((query, values))
        return execute(query, values, many, context)

    browser = logged_in(person)
    with connection.execute_wrapper(kept):
        assert browser.get(reverse("inbox")).status_code == 200
    told = ("viewflow_task", 'FROM "contracts_participation" INNER')
    return [(query, values) for query, values in found if values and any(one in query for one in told)]


def test_each_finds_the_index_of_open_tasks(cast: Cast) -> None:
    plot.at_signing(cast)
    plans = {query[:40]: plan_for_any(query, values) for query, values in asked_by(cast.maire)}
    [counts] = [plan for query, plan in plans.items() if query.startswith("SELECT (SELECT count")]
    [rows] = [plan for query, plan in plans.items() if query.startswith('SELECT "viewflow_task"')]
    [soon] = [plan for query, plan in plans.items() if query.startswith('SELECT "contracts_signatory"')]
    assert counts.count("workflow_waiting_tasks") >= 3, counts
    assert "workflow_waiting_tasks" in rows
    assert "workflow_open_tasks_of_seed" in soon


def test_no_place_is_read_but_a_task_s_own(cast: Cast) -> None:
    """News of tasks by several ways: what an office has ever signed is not read to know which are theirs.

    Nor thought to be: a plan for any values would pass for dearer than it is, and each page would be planned.
    """
    plot.at_signing(cast)
    [counts] = [
        plan_for_any(query, values)
        for query, values in asked_by(cast.maire)
        if query.startswith("SELECT (SELECT count")
    ]
    assert "contracts_signatory_pkey" in counts, counts
    assert "contracts_signatory_office" not in counts, counts


@contextmanager
def somebody_reading() -> Iterator[None]:
    """Another connection reads meanwhile: what is deleted after it began stays in the tables for it."""
    name = connection.settings_dict["NAME"]
    with psycopg.connect(**connection.get_connection_params() | {"dbname": name}) as other:
        other.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        other.execute("SELECT 1")
        yield


@pytest.mark.parametrize("turns", [0, 40], ids=["as it is", "after many changes"])
def test_what_a_body_pilots_is_found_along_its_own_index(cast: Cast, turns: int) -> None:
    """The newest first: no row of another's contracts is read, however few this one has."""
    plot.at_review(cast)
    queries = asked_by(cast.pilote_ville)
    with somebody_reading():
        for _turn in range(turns):
            Participation.objects.update(part=F("part"))
        found = [
            plan_for_any(query, values) for query, values in queries if "contracts_participation" in query
        ]
    assert found and all("piloting" in plan and "Sort" not in plan for plan in found), found
