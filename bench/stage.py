"""What the benchmarks of the circuit stand on: a database of their own, and the cast of the tests.

Filling a database with a hundred thousand contracts takes minutes; what was filled is kept beside, in the
same server, and copied by the next run: PostgreSQL copies files, in a second or two.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.test.utils import override_settings

from bench.filling import Filled, fill
from tests import owner
from tests.cast import Cast, assemble_cast

KEPT = "bench_filled"  # what the names of the databases that are kept begin with


@contextmanager
def staged() -> Iterator[Cast]:
    """Make an empty database and the cast in it; remove both in the end."""
    with database():
        yield assemble_cast()


@contextmanager
def staged_among(*, contracts: int, organisations: int, users: int) -> Iterator[tuple[Cast, Filled, bool]]:
    """Make a database with so many invented contracts, and the cast in it; remove both in the end.

    Yields the cast, what was filled, and whether it had been kept since an earlier run. What is kept is one
    database for each size, made anew when the migrations or the filling changed.
    """
    size = {"contracts": contracts, "organisations": organisations, "users": users}
    name = f"{KEPT}_{contracts}_{_digest(size)}"
    owner.prepare()
    kept = _exists(name)
    with database(name if kept else None):
        if not kept:
            fill(**size)
            _keep(name, f"{KEPT}_{contracts}_")
        filled = fill(**size)  # adds nothing: says who is there
        yield assemble_cast(), filled, kept


@contextmanager
def database(copied: str | None = None) -> Iterator[None]:
    """Make a database, empty or a copy, and a folder for its documents; remove both in the end."""
    owner.prepare()  # who makes the database; the processes that a bench starts are the runtime role's
    previous, tests = connection.settings_dict["NAME"], connection.settings_dict["TEST"]
    connection.settings_dict["TEST"] = {**tests, "TEMPLATE": copied}
    try:
        # not written out for each test, as Django would: a hundred thousand contracts
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.settings_dict["TEST"] = tests
    try:
        with tempfile.TemporaryDirectory() as folder, override_settings(BLOB_DIR=Path(folder) / "blobs"):
            yield
    finally:
        connection.creation.destroy_test_db(previous, verbosity=0)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _digest(size: dict[str, int]) -> str:
    """Tell apart what the migrations and the filling make: 12 hexadecimal digits."""
    told = hashlib.sha256(repr(sorted(size.items())).encode())
    migrations = MigrationLoader(None).disk_migrations
    sources = {Path(str(import_module(one.__module__).__file__)) for one in migrations.values()}
    for source in [*sorted(sources), *sorted((Path(__file__).parent / "filling").glob("*.py"))]:
        told.update(source.name.encode() + source.read_bytes())
    return told.hexdigest()[:12]


def _exists(name: str) -> bool:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        return cursor.fetchone() is not None


def _keep(name: str, like: str) -> None:
    """Copy the database that is open under a name; drop what was kept under another that begins alike."""
    source = connection.settings_dict["NAME"]
    quoted = connection.ops.quote_name
    connection.close()
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [like])
        for (former,) in cursor.fetchall():
            cursor.execute(f"DROP DATABASE {quoted(former)}")
        cursor.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(source)}")
