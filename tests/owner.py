"""Who the tests are to the database: its owner to prepare it, the runtime role to act in it.

The application under test runs as the runtime role, so that a privilege it lacks
(config/privileges.py) fails a test. Each connection is opened by the owner, who takes that
role at once: what prepares a test, or forges what only a superuser can, takes it off with
:func:`as_owner`. Processes that a test starts log in as the runtime role itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, connections

from config import doors, patience, plans, roles

# no test acts with more at once; those at rest are few again soon, as all processes of a run share one server
POOL = {"min_size": 1, "max_size": 40, "max_idle": 5.0, "timeout": 20.0}  # connections, seconds


def prepare() -> None:
    """Have the test database made, migrated and granted by its owner."""
    owner = roles.owner_settings()
    if owner is None:  # DATABASE_URL names a superuser: that one prepares, a role beside it serves
        password = connection.settings_dict["PASSWORD"]
        settings.DATABASE_RUNTIME = {"USER": doors.RUNTIME, "PASSWORD": password}
    else:
        connection.settings_dict.update({name: owner[name] for name in ("USER", "PASSWORD", "HOST", "PORT")})


def hurry() -> None:
    """Have commits to the test database not wait for the disk, whoever connects: no test cuts the power.

    Each waited 2 to 9 ms; what is committed is seen by all the same, and outlives any client.
    """
    with connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")


def serve() -> None:
    """Have every connection from now on take the runtime role as it opens, from a pool as the pages have.

    Each test, and each request to a server of its own, opened one, and had every query planned anew. A plan
    is made once for any value: the tests' tables are all short.
    """
    options = f"-c role={settings.DATABASE_RUNTIME['USER']} -c plan_cache_mode=force_generic_plan"
    planned = {"options": options, "prepare_threshold": 2}
    connection.settings_dict["CONN_HEALTH_CHECKS"] = True  # some tests end a connection
    _reopen({**connection.settings_dict["OPTIONS"], **planned, "pool": POOL})


def own_again() -> None:
    """Have every connection from now on be the owner's."""
    ours = {"options", "prepare_threshold", "pool"}
    _reopen({name: value for name, value in connection.settings_dict["OPTIONS"].items() if name not in ours})


def _reopen(options: dict[str, object]) -> None:
    leave()
    connection.settings_dict["OPTIONS"] = options


def leave() -> None:
    """Close every connection, and the pool: those that come are made with the settings of then."""
    for known in connections.all(initialized_only=True):
        plans.let_go(known)


@contextmanager
def limited_to(limits: patience.Patience) -> Iterator[None]:
    """Have every connection keep these limits for the time of a block, as the same role."""
    settings_dict = connection.settings_dict
    kept = dict(settings_dict["OPTIONS"])
    own, settings_dict["OWN_OPTIONS"] = settings_dict["OWN_OPTIONS"], kept["options"]
    try:
        patience.become(limits)
        yield
    finally:
        settings_dict["OWN_OPTIONS"] = own
        _reopen(kept)


@contextmanager
def as_owner() -> Iterator[None]:
    """Take the runtime role off for the time of a block, in the transaction there is, if any."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE none")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("RESET ROLE")


@contextmanager
def untied() -> Iterator[None]:
    """Forge as only the database's superuser can: triggers and foreign keys rest for the time of a block."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            cursor.execute("SET session_replication_role = origin")
