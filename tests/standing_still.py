"""Where a test waits for something to stand in the database, behind what the test holds."""

from __future__ import annotations

import time

import psycopg

from tests.database_address import owner_address

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


def stands() -> int:
    """Wait until one waits for another's lock; return the number of its connection's server process."""
    deadline = time.monotonic() + 60
    # a transaction goes on seeing who was there when it first looked
    with psycopg.connect(owner_address(), autocommit=True) as looking:
        while (row := looking.execute(WAITING).fetchone()) is None:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return int(row[0])
