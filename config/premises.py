"""What ``./run`` looks at before it sets anything up: room, a disk that can be written, free ports.

Each is said in one sentence, at once, rather than by a stack in the middle of the work.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

ROOM = 300 * 1024 * 1024  # bytes that a first installation of the database and its data takes
FULL = {errno.ENOSPC, errno.EDQUOT}
CLOSED = {errno.EROFS, errno.EACCES, errno.EPERM}


class Unfit(RuntimeError):
    """It cannot start here; the message says why and what to do."""


class Occupied(Unfit):
    """The same is under way already."""


def refuse_disk(state: Path) -> None:
    """Raise Unfit where nothing can be written, or too little."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=state, prefix=".room-") as probe:
            probe.write(b"\0" * 65536)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise Unfit(of_disk(error, state) or f"{state} ne peut pas servir : {error.strerror}.") from error
    if shutil.disk_usage(state).free < ROOM:
        raise Unfit(
            f"Le disque de {state} est presque plein : libérez au moins {ROOM // 1024 // 1024} Mo, "
            "puis recommencez."
        )


def of_disk(error: OSError, place: Path | str = "") -> str:
    """Return the sentence for a disk that is full or closed to us; empty for any other error."""
    where = error.filename or place
    if error.errno in FULL:
        return f"Le disque est plein ({where}) : libérez de la place, puis recommencez."
    if error.errno in CLOSED:
        return (
            f"{where} ne peut pas être écrit ({error.strerror}) : le dossier est en lecture seule ou "
            "appartient à quelqu’un d’autre. Donnez à STATE_DIR un dossier qui vous appartient."
        )
    return ""


def refuse_port(host: str, port: int, name: str) -> None:
    """Raise Unfit where somebody listens on a port, with who, as far as it is known; ``name`` sets it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except (OSError, UnicodeError) as error:
            known = {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}
            if not isinstance(error, OSError) or error.errno not in known:
                whose = name.replace("PORT", "HOST")
                raise Unfit(
                    f"Rien ne peut être servi sur « {host} » : donnez à {whose} un nom ou une adresse IPv4 "
                    "de cette machine, comme 127.0.0.1."
                ) from error
            reason = f"est déjà pris{_by(port)}" if error.errno == errno.EADDRINUSE else "ne peut pas servir"
            raise Unfit(
                f"Le port {port} de {host} {reason} : libérez-le, ou choisissez-en un autre avec {name}."
            ) from error


def _by(port: int) -> str:
    """Return « par python (processus 12, dans /srv/x) », or nothing when it is not ours to know."""
    try:
        for wire in psutil.net_connections("tcp"):
            if wire.status == psutil.CONN_LISTEN and wire.laddr.port == port and wire.pid:
                holder = psutil.Process(wire.pid)
                return f" par {holder.name()} (processus {holder.pid}, lancé dans {holder.cwd()})"
    except (psutil.Error, OSError):
        pass
    return ""


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Hold a place that only one process has at a time; raises Occupied."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied(f"{lock} est tenu par un autre processus.") from None
        yield
