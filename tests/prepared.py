"""A migrated database kept beside the tests' own, which each process of a run copies.

The migrations took 15 seconds of processor in each process of each run. The copy is migrated
again all the same, which finds nothing to do but the grants. On a server that is not the tests' own
it is made once a run, and the last process of the run to end takes it away.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import os
import sys
from pathlib import Path
from typing import IO

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

PREFIX = "contreseing_prepared_"
_UNFINISHED = "unfinished"  # what a run that was stopped leaves; made anew by the next
_held: list[
    tuple[str, IO[str]]
] = []  # of this run alone, and the file that its processes share while they need it


def template() -> str | None:
    """Return the database to copy, made unless it is there; None where nothing else would copy it.

    To be called as the owner, before the test database is named.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if settings.DATABASE_URL and run is None:
        return None
    prefix = f"{PREFIX}{run[:12]}_" if settings.DATABASE_URL and run else PREFIX
    name = prefix + _fingerprint()
    with Path(settings.STATE_DIR, "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if settings.DATABASE_URL:
            shared = Path(settings.STATE_DIR, f"prepared-{run}.lock").open("w")  # noqa: SIM115 (held until let_go)
            fcntl.flock(shared, fcntl.LOCK_SH)
            _held.append((name, shared))
        if name not in (kept := _kept(prefix)):
            _make(name, f"{prefix}{_UNFINISHED}", kept)
    return name


def let_go() -> None:
    """Take away what was made for this run, unless another of its processes needs it; as the owner."""
    while _held:
        name, shared = _held.pop()
        with shared, Path(settings.STATE_DIR, "prepared.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                fcntl.flock(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                fcntl.flock(shared, fcntl.LOCK_UN)
                continue
            Path(shared.name).unlink(missing_ok=True)
            with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')


def _fingerprint() -> str:
    """Tell one set of migrations from another: by their names and all that their files say."""
    digest = hashlib.sha256()
    for key, migration in sorted(MigrationLoader(None).disk_migrations.items()):
        source = inspect.getsourcefile(sys.modules[type(migration).__module__])
        digest.update(repr(key).encode() + Path(str(source)).read_bytes())
    return digest.hexdigest()[:16]


def _kept(prefix: str) -> list[str]:
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{prefix}%"])
        return [name for (name,) in cursor.fetchall()]


def _make(name: str, unfinished: str, old: list[str]) -> None:
    tests, served = connection.settings_dict["TEST"], connection.settings_dict["NAME"]
    named = tests["NAME"]
    tests["NAME"] = unfinished
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
    finally:
        tests["NAME"] = named
        settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = served
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        for database in set(old) - {unfinished}:  # it was made over what a run that was stopped left
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}"')
        cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')
