"""Two roles: one owns the tables and migrates, the other serves and can neither rewrite nor erase.

The owner is named by ``DATABASE_OWNER_URL`` (or is the embedded server's own) and used by
``migrate`` and ``grant_runtime`` alone; the pages and the worker only ever hold
``DATABASE_URL``. Whoever takes over the application takes the runtime role: PostgreSQL
itself then keeps the journal, the acts and the frozen versions (:mod:`config.privileges`).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import sql

from config import database, plans, privileges
from config.database import OneRole, RolesUnfit
from config.environment import environment

log = structlog.get_logger(__name__)


# What PostgreSQL lets a role do beyond the grants that we make, as sentences; a row is a fault.
_POWERS = """
    WITH RECURSIVE mine AS (
        SELECT oid FROM pg_roles WHERE rolname = %(role)s
        UNION
        SELECT roleid FROM pg_auth_members JOIN mine ON member = mine.oid
    )
    SELECT 'est superutilisateur' FROM pg_roles WHERE oid IN (TABLE mine) AND rolsuper
    UNION ALL SELECT 'peut créer des rôles ou des bases, ou copier le serveur'
        FROM pg_roles WHERE oid IN (TABLE mine)
        AND (rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls)
    UNION ALL SELECT 'est membre du rôle ' || rolname FROM pg_roles
        WHERE oid IN (TABLE mine) AND rolname <> %(role)s
    UNION ALL (SELECT 'possède la table ' || relname FROM pg_class
        WHERE relowner IN (TABLE mine) AND relnamespace = 'public'::regnamespace ORDER BY relname LIMIT 1)
    UNION ALL (SELECT 'possède la fonction ' || proname FROM pg_proc
        WHERE proowner IN (TABLE mine) AND pronamespace = 'public'::regnamespace ORDER BY proname LIMIT 1)
    UNION ALL SELECT 'possède la base' FROM pg_database
        WHERE datname = current_database() AND datdba IN (TABLE mine)
    UNION ALL SELECT 'peut créer dans le schéma public'
        WHERE has_schema_privilege(%(role)s, 'public', 'CREATE')
    UNION ALL SELECT 'peut créer dans la base'
        WHERE has_database_privilege(%(role)s, current_database(), 'CREATE')
    UNION ALL (SELECT 'peut vider la table ' || relname || ' ou y poser un déclencheur' FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        AND has_table_privilege(%(role)s, oid, 'TRUNCATE, TRIGGER') ORDER BY relname LIMIT 1)
"""


def owner_settings() -> dict[str, Any] | None:
    """Return Django's settings of the owner's connection, or None when none was given.

    Read from the environment only when asked for: the settings of pages and worker never hold it.
    """
    if url := environment("DATABASE_OWNER_URL"):
        return database.settings_from_url(url)
    if settings.DATABASE_URL:
        return None
    return database.settings_from_url(database.embedded_url(settings.STATE_DIR, owner=True))


@contextmanager
def as_owner(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Have this connection be the owner's for the time of a block, on the same database.

    Without an owner of its own (``owner_settings``) it stays what it is.
    """
    owner = owner_settings()
    if owner is None:
        yield
        return
    kept = {name: connection.settings_dict[name] for name in ("USER", "PASSWORD", "HOST", "PORT")}
    _asked.add(owner["USER"])  # it may do what it likes: that is what it is for
    _reconnect(connection, {name: owner[name] for name in kept})
    try:
        yield
    finally:
        _reconnect(connection, kept)


def _reconnect(connection: BaseDatabaseWrapper, changes: dict[str, Any]) -> None:
    """Have the next connection made with ``changes``."""
    if all(connection.settings_dict[name] == value for name, value in changes.items()):
        return
    plans.let_go(connection)
    connection.settings_dict.update(changes)


def grant(connection: BaseDatabaseWrapper) -> None:
    """Make the runtime role if it is missing, and let it do exactly what the table of privileges says.

    To be called as the owner. Raises RolesUnfit when a table has no line, when the runtime
    role cannot be made, or when it can do more than it should in the end.
    """
    role, password = settings.DATABASE_RUNTIME["USER"], settings.DATABASE_RUNTIME["PASSWORD"]
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_database()")
        owner, name = cursor.fetchone()
        if role == owner:
            raise OneRole(_same_role(role))
        _make_role(cursor, role, password)
        for statement in _statements(connection, role, name):
            cursor.execute(statement)
    if powers := excess(connection, role):
        raise RolesUnfit(_too_powerful(role, powers))


def _make_role(cursor: Any, role: str, password: str) -> None:
    """Create the role that logs in with this password, unless it is there."""
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [role])
    if cursor.fetchone() is not None:
        return
    statement = sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role))
    if password:  # hashed here, so that no log of the server holds it
        pgconn = cursor.connection.pgconn
        hashed = pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        statement = sql.SQL("{} PASSWORD {}").format(statement, sql.Literal(hashed))
    try:
        with transaction.atomic():
            cursor.execute(statement)
    except Exception as error:
        if isinstance(error.__cause__, psycopg.errors.DuplicateObject | psycopg.errors.UniqueViolation):
            return  # another database of this server was prepared at the same moment
        if isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege):
            raise RolesUnfit(
                f"Le rôle d’exécution « {role} » n’existe pas et celui des migrations ne peut pas le créer"
                f" : faites exécuter « CREATE ROLE {role} LOGIN PASSWORD … » par l’administrateur du "
                "serveur, avec le mot de passe de DATABASE_URL, puis recommencez."
            ) from error
        raise


def _statements(connection: BaseDatabaseWrapper, role: str, name: str) -> Iterator[sql.Composable]:
    """Yield what takes everything back, then grants line by line."""
    present = tables(connection)
    ours = present & set(connection.introspection.django_table_names(include_views=False))
    if missing := privileges.without_a_line(ours | {t for t in present if t.startswith("procrastinate_")}):
        raise RolesUnfit(
            f"Ces tables n’ont pas de ligne dans config/privileges.py\u00a0: {', '.join(missing)}. "
            "Écrivez pour chacune ce que les pages et l’exécuteur peuvent y faire : READ, KEPT (ajouter "
            "seulement), kept_but(colonnes), LASTING (sans effacer) ou FREE."
        )
    who, base = sql.Identifier(role), sql.Identifier(name)
    yield sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    yield sql.SQL("REVOKE CREATE, TEMPORARY ON DATABASE {} FROM PUBLIC").format(base)
    yield sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(base, who)
    yield sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(who)
    yield sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(who)
    yield sql.SQL("REVOKE ALL ON SCHEMA public FROM {}").format(who)
    yield sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(base, who)
    yield sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(who)
    # to read where they are is what a backup needs (config/backup)
    yield sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(who)
    yield sql.SQL("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO {}").format(who)
    for table in sorted(present & privileges.PRIVILEGES.keys()):
        granted = sql.SQL(privileges.PRIVILEGES[table])
        yield sql.SQL("GRANT {} ON public.{} TO {}").format(granted, sql.Identifier(table), who)


def tables(connection: BaseDatabaseWrapper) -> set[str]:
    """Return the names of the tables of the schema public."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class "
            "WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        return {name for (name,) in cursor.fetchall()}


def excess(connection: BaseDatabaseWrapper, role: str) -> list[str]:
    """Return what a role can do beyond grants of rows, as ends of French sentences; empty when nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_POWERS, {"role": role})
        return [said for (said,) in cursor.fetchall()]


def _same_role(role: str) -> str:
    return (
        f"Le rôle « {role} » possède la base et sert aussi les pages : qui prendrait les pages pourrait "
        "réécrire le journal. Donnez à DATABASE_URL un rôle d’exécution (il sera créé), et à "
        "DATABASE_OWNER_URL, à cette étape seulement, le rôle qui possède la base : docs/deployment.md."
    )


def _too_powerful(role: str, powers: list[str]) -> str:
    return (
        f"Le rôle d’exécution « {role} » peut trop : il {', il '.join(powers)}. "
        "Retirez-lui ce pouvoir, ou donnez un autre rôle à DATABASE_URL : docs/deployment.md."
    )


def refuse_excess(connection: BaseDatabaseWrapper, **_kwargs: Any) -> None:
    """Refuse to work, outside a demonstration, with a role that could rewrite the journal.

    Received at each connection; asks the first time that a role is used in this process.
    Raises RolesUnfit.
    """
    role = connection.settings_dict["USER"]
    if role in _asked or connection.vendor != "postgresql":
        return
    powers = excess(connection, _current(connection))
    if powers and not settings.DEMONSTRATION:
        connection.close()
        raise RolesUnfit(_too_powerful(role, powers))
    if powers:
        log.warning("database role too powerful", role=role, powers=powers)
    _asked.add(role)


_asked: set[str] = set()


def _current(connection: BaseDatabaseWrapper) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


def grant_or_say(connection: BaseDatabaseWrapper, command: BaseCommand) -> None:
    """Grant; say what keeps from it, and fail with that, except in a demonstration with one role for all."""
    try:
        grant(connection)
    except RolesUnfit as unfit:
        if settings.DEMONSTRATION and isinstance(unfit, OneRole):
            command.stderr.write(command.style.WARNING(str(unfit)))
            return
        raise CommandError(str(unfit)) from unfit
