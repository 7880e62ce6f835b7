"""A migration changes what a page reads, and the page goes on: no plan of former tables is kept."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import NotSupportedError, connection
from django.db.backends.postgresql.base import DatabaseWrapper
from psycopg import _queries

from config import plans
from tests.owner import as_owner

ASKED = "SELECT word FROM former WHERE number = %s"


def as_owner_do(statement: str) -> None:
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def pages(transactional_db: None) -> Iterator[Any]:
    """Return a connection of the pages' pool, which has a query planned once it came twice."""
    as_owner_do("CREATE TABLE former AS SELECT 1 AS number, 'mot'::varchar(10) AS word")
    as_owner_do("GRANT SELECT ON former TO PUBLIC")
    settings = copy.deepcopy(connection.settings_dict)
    settings["CONN_HEALTH_CHECKS"] = True
    settings["OPTIONS"] |= {"prepare_threshold": 2, "pool": {"min_size": 1, "max_size": 1, "timeout": 5.0}}
    pooled = DatabaseWrapper(settings, "pages")
    yield pooled
    pooled.close()
    pooled.close_pool()
    as_owner_do("DROP TABLE former")


def asked(pages: Any, query: str = ASKED) -> list[Any]:
    with pages.cursor() as cursor:
        cursor.execute(query, [1])
        found: list[Any] = cursor.fetchall()
    return found


def planned(pages: Any) -> int:
    """Ask until the query is planned; return the number of the server's process."""
    for _turn in range(4):
        assert asked(pages) == [("mot",)]
    assert asked(
        pages, "SELECT count(*) FROM pg_prepared_statements WHERE statement ~ 'former' AND 1 = %s"
    ) == [(1,)]
    return int(asked(pages, "SELECT pg_backend_pid() WHERE 1 = %s")[0][0])


def change() -> None:
    as_owner_do("ALTER TABLE former ALTER word TYPE varchar(20)")


def test_what_a_migration_changed_is_read_at_once_and_afterwards(pages: Any) -> None:
    server = planned(pages)
    change()
    assert asked(pages) == [("mot",)], "asked again without the plan"
    pages.close()  # the request is over
    assert planned(pages) != server, "the connection that held former plans is replaced"


def test_in_a_transaction_the_request_fails_and_the_next_goes_on(pages: Any) -> None:
    server = planned(pages)
    change()
    pages.set_autocommit(False)
    with pytest.raises(NotSupportedError):
        asked(pages)
    pages.rollback()
    pages.set_autocommit(True)
    pages.close()
    assert planned(pages) != server


def test_what_else_postgresql_does_not_do_is_told_as_it_is(pages: Any) -> None:
    server = planned(pages)
    with pytest.raises(NotSupportedError, match="FOR UPDATE"):
        asked(pages, "SELECT count(*) FROM former WHERE number = %s FOR UPDATE")
    pages.close()
    assert planned(pages) == server


def test_the_connection_returned_last_is_taken_first_and_the_longest_at_rest_closed(pages: Any) -> None:
    pages.ensure_connection()
    pool = pages.pool
    pages.close()
    pool.resize(1, 3)
    three = [pool.getconn() for _one in range(3)]
    for each in three:
        pool.putconn(each)
    for _turn in range(3):
        again = pool.getconn()
        assert again is three[2], "whoever asks alone is given the same, which knows their queries"
        pool.putconn(again)
    pool._shrink_pool()  # as the pool does every ten minutes; the first time it only takes note
    pool._shrink_pool()
    assert [each.closed for each in three] == [True, False, False]
    assert pool.getconn() in three[1:]


def test_a_connection_that_keeps_no_plan_is_not_watched(transactional_db: None) -> None:
    settings = copy.deepcopy(connection.settings_dict)
    del settings["OPTIONS"]["pool"]
    alone = DatabaseWrapper(settings, "alone")
    alone.ensure_connection()
    assert plans.plan_anew not in alone.execute_wrappers
    alone.close()


@pytest.mark.django_db
def test_a_long_query_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = ", ".join(["%s::int"] * 140)
    long = f"SELECT {columns} WHERE {' AND '.join(['1 = 1'] * 900)}"
    assert len(long) > 7000
    with connection.cursor() as cursor:
        cursor.execute(long, range(140))
        monkeypatch.setattr(_queries, "_split_query", lambda *_args, **_more: pytest.fail("read again"))
        cursor.execute(long, range(1, 141))
        assert cursor.fetchone() == tuple(range(1, 141))
