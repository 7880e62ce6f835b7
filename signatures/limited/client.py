"""The side that has a file to read: finds or starts the resident process, and waits."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import selectors
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from signatures.errors import TransientError
from signatures.limited.limits import (
    MAX_ANSWER,
    MAX_BYTES,
    MAX_CPU_SECONDS,
    MAX_SECONDS,
    OUT_OF_MEMORY,
)

ROOT = Path(__file__).resolve().parents[2]
# files read at the same time by one process of ours, each may take 512 MB: two in all, or one a process
AT_ONCE = max(1, 2 // int(os.environ.get("WEB_PROCESSES_BESIDE") or 1))
WAIT_SECONDS = 90.0
TRIES = 3
# all that the resident process is given of our environment: no address, no key, no password
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONHASHSEED")

log = structlog.get_logger(__name__)


class Exhausted(Exception):
    """The file took more than one file may; ``of`` is « memory », « cpu » or « crash »."""

    def __init__(self, of: str) -> None:
        super().__init__(of)
        self.of = of


class NotAFile(OSError):
    """The path is no ordinary file (a device, a folder, a pipe): nothing of it was read."""

    def __init__(self) -> None:
        super().__init__(0, _("ce n’est pas un fichier ordinaire"))


class Unavailable(TransientError):
    """The limited process could not be had, or the machine was too busy: the file is not at fault."""

    code = "verification_unavailable"

    def __init__(self) -> None:
        super().__init__(_("La vérification n’a pu se faire : le serveur est trop occupé."))


@dataclass(frozen=True)
class Usage:
    """What reading one file took: seconds of processor, resident bytes at most, seconds by the clock."""

    cpu_seconds: float
    peak_bytes: int
    seconds: float


@dataclass
class _Zygote:
    """The resident process of one process of ours."""

    process: subprocess.Popen[bytes]
    control: socket.socket
    owner: int = field(default_factory=os.getpid)

    @property
    def usable(self) -> bool:
        return self.owner == os.getpid() and self.process.poll() is None


_lock = threading.Lock()
_places = threading.BoundedSemaphore(AT_ONCE)
_current: _Zygote | None = None
_measured = threading.local()


def run(task: str, file: bytes | Path, options: dict[str, Any]) -> Any:
    """Do ``task`` on ``file`` in a limited process and return its answer (JSON data).

    At most 50 MB and one byte of the file are read. Blocks. Raises Exhausted, Unavailable, NotAFile
    or OSError (a path that cannot be read).
    """
    message = json.dumps({"task": task, "options": options, "language": get_language() or "fr"}).encode()
    started = time.monotonic()
    if not _places.acquire(timeout=WAIT_SECONDS):
        raise Unavailable
    try:
        for _try in range(TRIES):
            with _opened(file) as descriptor, _opened(message) as asked:
                ended, answer = _ask(asked, descriptor)
            if ended is not None:
                break
        else:
            raise Unavailable
    finally:
        _places.release()
    used = Usage(ended["cpu_seconds"], ended["peak_bytes"], time.monotonic() - started)
    _measured.usage = used
    return _answer_of(task, ended["status"], answer, used)


def last_usage() -> Usage | None:
    """Return what the last call of this thread took; None before any."""
    return getattr(_measured, "usage", None)


def _answer_of(task: str, status: int, answer: bytes, used: Usage) -> Any:
    """Tell an answer from a death, and what the death was of."""
    if status == 0 and len(answer) <= MAX_ANSWER:
        with contextlib.suppress(ValueError):
            return json.loads(answer)
    if status == -signal.SIGALRM and used.cpu_seconds < MAX_CPU_SECONDS / 2:
        raise Unavailable  # it had hardly any processor in all that time
    of = {OUT_OF_MEMORY: "memory", -signal.SIGXCPU: "cpu", -signal.SIGALRM: "cpu", -signal.SIGKILL: "cpu"}
    log.info("limited.exhausted", task=task, status=status, cpu=used.cpu_seconds, peak=used.peak_bytes)
    raise Exhausted(of.get(status, "crash"))


def _ask(message: int, file: int) -> tuple[dict[str, Any] | None, bytes]:
    """Send one file and what is asked of it, both by their descriptors.

    Return how its child ended (None when the resident process died) and its answer.
    """
    try:
        zygote = _zygote()
    except OSError:
        return None, b""
    answer_r, answer_w = os.pipe()
    status_r, status_w = os.pipe()
    told = answer = b""
    try:
        try:
            socket.send_fds(zygote.control, [b"ask"], [file, answer_w, status_w, message])
        finally:
            os.close(answer_w)
            os.close(status_w)
        told, answer = _listen(status_r, answer_r)
    except OSError:
        pass  # it died before it took the message
    finally:
        os.close(answer_r)
        os.close(status_r)
    try:
        return json.loads(told), answer
    except ValueError:
        zygote.process.kill()  # dead, or as good as dead: the next try finds another, not this one dying
        zygote.process.wait()
        return None, b""


def _listen(status: int, answer: int) -> tuple[bytes, bytes]:
    """Read both pipes to their ends, and no more than an answer may have."""
    read: dict[int, bytearray] = {status: bytearray(), answer: bytearray()}
    until = time.monotonic() + MAX_SECONDS + 5
    with selectors.DefaultSelector() as selector:
        for descriptor in read:
            selector.register(descriptor, selectors.EVENT_READ)
        while selector.get_map() and (left := until - time.monotonic()) > 0:
            for key, _events in selector.select(left):
                part = os.read(key.fd, 1 << 16)
                read[key.fd] += part
                if not part or len(read[key.fd]) > MAX_ANSWER:
                    selector.unregister(key.fd)
    return bytes(read[status]), bytes(read[answer])


@contextmanager
def _opened(file: bytes | Path) -> Iterator[int]:
    """Yield a descriptor of the file's content; of a path nothing is read here."""
    if isinstance(file, bytes):
        descriptor = os.memfd_create("file", os.MFD_CLOEXEC)
        with open(descriptor, "r+b", buffering=0, closefd=False) as memory:
            left = memoryview(file)[: MAX_BYTES + 1]
            while left:
                left = left[memory.write(left) :]
            memory.seek(0)
    else:
        descriptor = _open_ordinary(file)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_ordinary(path: Path) -> int:
    """Open an ordinary file, asked before and after so that opening wakes no device; raises NotAFile."""
    for_reading = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    if not stat.S_ISREG(os.stat(path).st_mode):
        raise NotAFile
    descriptor = os.open(path, for_reading)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotAFile
    return descriptor


def _zygote() -> _Zygote:
    """Return the resident process, started if there is none, or none that is ours and alive."""
    global _current
    with _lock:
        if _current is None or not _current.usable:
            if _current is not None:
                _current.control.close()
            _current = _start()
        return _current


def _start() -> _Zygote:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            [sys.executable, "-m", "signatures.limited.zygote", str(theirs.fileno())],
            cwd=ROOT,
            env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # a Ctrl-C is for us; it ends when our socket closes
        )
    ours.settimeout(60)
    try:
        if ours.recv(16) != b"ready":
            raise OSError("the limited process did not start")
    except OSError:
        process.kill()
        process.wait()
        ours.close()
        raise
    return _Zygote(process, ours)


@atexit.register
def _end() -> None:
    """Leave no process behind (a killed process leaves none either: its socket closes)."""
    if _current is not None and _current.owner == os.getpid():
        _current.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            _current.process.wait(2)
