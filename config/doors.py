"""Who may connect to the embedded PostgreSQL, and as what.

Its wheel makes a server that believes whoever says to be the superuser. Here both roles
have a password, drawn once, in files of ``STATE_DIR`` that only their owner reads, and
``pg_hba.conf`` asks for it. The pages never read the owner's; they run, however, under the
system user who could: to be kept from that too, give the database a server of its own
(docs/deployment.md).
"""

from __future__ import annotations

import os
import secrets
import signal
import time
from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "postgres"  # the wheel's superuser, who owns the tables
RUNTIME = "contreseing_runtime"
RULES = "# written by config/doors.py\nlocal all all scram-sha-256\n"
_OPEN = f"# config/doors.py draws new passwords\nlocal all {OWNER} trust\nlocal all all scram-sha-256\n"
RELOADED_WITHIN = 10.0  # seconds


def password_file(state: Path, role: str) -> Path:
    """Return where the password of a role is kept."""
    return state / ("database-owner" if role == OWNER else "database-runtime")


def close(data: Path, state: Path, host: str) -> None:
    """Have the server whose data is in ``data`` ask each role for its password; does nothing twice.

    A server from before the roles is closed as it is found. Passwords that were lost are
    drawn again: who can write the server's files can always come in. ``host`` is the folder
    of its socket. To be called under a lock.
    """
    rules = data / "pg_hba.conf"
    files = [password_file(state, role) for role in (OWNER, RUNTIME)]
    if rules.read_text() == RULES and all(file.exists() for file in files):
        return
    _write(rules, _OPEN)
    _reload(data)
    with _opened(host) as connection:
        for role in (OWNER, RUNTIME):
            _give_password(connection, role, password_file(state, role))
    _write(rules, RULES)
    _reload(data)


def _write(rules: Path, text: str) -> None:
    """Change the rules in place: the file stays its owner's, who may not be us."""
    with rules.open("r+") as file:
        file.write(text)
        file.truncate()


def _reload(data: Path) -> None:
    os.kill(int((data / "postmaster.pid").read_text().splitlines()[0]), signal.SIGHUP)


def _opened(host: str) -> psycopg.Connection:
    """Connect as the owner without a password, once the server has read its rules again."""
    deadline = time.monotonic() + RELOADED_WITHIN
    while True:
        try:
            return psycopg.connect(host=host, user=OWNER, dbname="postgres", password="", autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _give_password(connection: psycopg.Connection, role: str, file: Path) -> None:
    password = secrets.token_urlsafe(32)
    known = connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None
    hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    statement = "ALTER ROLE {} LOGIN PASSWORD {}" if known else "CREATE ROLE {} LOGIN PASSWORD {}"
    connection.execute(sql.SQL(statement).format(sql.Identifier(role), sql.Literal(hashed)))
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as written:
        written.write(password)
    new.replace(file)
