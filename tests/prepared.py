"""A migrated database kept beside the tests' own, which each process of a run copies.

The migrations took 15 seconds of processor in each process of each run. The copy is migrated
again all the same, which finds nothing to do but the grants.
"""

from __future__ import annotations

import fcntl
import hashlib
import inspect
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader

PREFIX = "contreseing_prepared_"
_MAKING = f"{PREFIX}unfinished"  # what a run that was stopped leaves; made anew by the next


def template() -> str | None:
    """Return the database to copy, made unless it is there; None on a server that is not the tests' own.

    To be called as the owner, before the test database is named.
    """
    if settings.DATABASE_URL:
        return None
    name = PREFIX + _fingerprint()
    with Path(settings.STATE_DIR, "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if name not in (kept := _kept()):
            _make(name, kept)
    return name


def _fingerprint() -> str:
    """Tell one set of migrations from another: by their names and all that their files say."""
    digest = hashlib.sha256()
    for key, migration in sorted(MigrationLoader(None).disk_migrations.items()):
        source = inspect.getsourcefile(sys.modules[type(migration).__module__])
        digest.update(repr(key).encode() + Path(str(source)).read_bytes())
    return digest.hexdigest()[:16]


def _kept() -> list[str]:
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{PREFIX}%"])
        return [name for (name,) in cursor.fetchall()]


def _make(name: str, old: list[str]) -> None:
    tests, served = connection.settings_dict["TEST"], connection.settings_dict["NAME"]
    named = tests["NAME"]
    tests["NAME"] = _MAKING
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
        connection.close()
    finally:
        tests["NAME"] = named
        settings.DATABASES[connection.alias]["NAME"] = connection.settings_dict["NAME"] = served
    with connection.creation._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        for database in old:
            cursor.execute(f'DROP DATABASE IF EXISTS "{database}"')
        cursor.execute(f'ALTER DATABASE "{_MAKING}" RENAME TO "{name}"')
