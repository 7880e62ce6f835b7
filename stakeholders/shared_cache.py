"""What all server processes count together: failed log-ins, codes asked for, codes that served.

Django's cache, in a table: tries spread over several processes, or over a restart, are counted as those
of one. Django's own ``DatabaseCache`` looks before it writes, so that two processes can both take one
lock that has expired; here each question is one statement. Keys are hashed, so that the table lists no
address; values are JSON (a pickle would run for whoever can write a row). The table is not logged
(``UNLOGGED``): no write waits for the disk, and a crash of PostgreSQL forgets the last hour's tries.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Sequence
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import connection, models

SWEEPS = 1 / 200  # of the writes also sweep
SWEPT_AT_MOST = 1000  # rows


class SharedEntry(models.Model):
    """One thing that is counted, until it expires."""

    key = models.CharField(max_length=64, primary_key=True, editable=False)
    value = models.JSONField(editable=False)
    expires_at = models.DateTimeField(null=True, db_index=True, editable=False)

    def __str__(self) -> str:
        return self.key[:8]


# the database's clock, which all processes share, and which moves within a transaction
_LATER = "clock_timestamp() + make_interval(secs => %s)"  # null for ever
_LIVING = "(expires_at IS NULL OR expires_at > clock_timestamp())"
_INSERT = f"INSERT INTO stakeholders_sharedentry AS kept (key, value, expires_at) VALUES (%s, %s, {_LATER}) "  # noqa: S608 (constants)
_REPLACE = "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at"


class SharedCache(BaseCache):
    """A cache of the database's; it takes part in the transaction under way, if there is one."""

    def __init__(self, _location: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep the value unless there is one; of two who add at once, one is told that it did."""
        if_over = " WHERE kept.expires_at <= clock_timestamp() RETURNING true"
        return bool(self._write(_INSERT + _REPLACE + if_over, key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """Return the value, or ``default``."""
        query = f"SELECT value FROM stakeholders_sharedentry WHERE key = %s AND {_LIVING}"  # noqa: S608 (constants)
        found = _ask(query, [self._hashed(key, version)])
        return default if found is None else json.loads(found[0])

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Keep the value."""
        self._write(_INSERT + _REPLACE + " RETURNING true", key, value, timeout, version)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Keep for longer what is kept."""
        change = f"UPDATE stakeholders_sharedentry SET expires_at = {_LATER} "  # noqa: S608 (constants)
        query = f"{change} WHERE key = %s AND {_LIVING} RETURNING true"
        return _ask(query, [self._seconds(timeout), self._hashed(key, version)]) is not None

    def delete(self, key: str, version: int | None = None) -> bool:
        """Forget the value; return whether there was one."""
        query = f"DELETE FROM stakeholders_sharedentry WHERE key = %s RETURNING {_LIVING}"  # noqa: S608 (constants)
        found = _ask(query, [self._hashed(key, version)])
        return found is not None and bool(found[0])

    def clear(self) -> None:
        """Forget all."""
        SharedEntry.objects.all().delete()

    def _write(self, query: str, key: str, value: Any, timeout: Any, version: int | None) -> bool:
        given = [self._hashed(key, version), json.dumps(value), self._seconds(timeout)]
        written = _ask(query, given) is not None
        if random.random() < SWEEPS:  # noqa: S311 (when to sweep is no secret)
            sweep()
        return written

    def _hashed(self, key: str, version: int | None) -> str:
        return hashlib.sha256(self.make_key(key, version).encode()).hexdigest()

    def _seconds(self, timeout: Any) -> float | None:
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        return None if seconds is None else float(seconds)


def sweep() -> int:
    """Forget what has expired, a thousand rows at most, but for what somebody else holds; return how many."""
    over = (
        "SELECT key FROM stakeholders_sharedentry WHERE expires_at <= clock_timestamp() "  # noqa: S608 (a constant)
        f"LIMIT {SWEPT_AT_MOST} FOR UPDATE SKIP LOCKED"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM stakeholders_sharedentry WHERE key IN ({over})")  # noqa: S608 (a constant)
        return int(cursor.rowcount)


def _ask(query: str, given: Sequence[Any]) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        found: tuple[Any, ...] | None = cursor.fetchone()
    return found
