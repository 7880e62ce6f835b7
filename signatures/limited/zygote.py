"""The resident process: loads the parsers once, then forks a limited child for each file.

Run by ``client``: ``python -m signatures.limited.zygote SOCKET``. Each message on the socket brings
four descriptors: the file, where the child writes its answer, where we write how the child ended, and
what is asked, ``{"task", "options", "language"}`` in JSON. It ends when the socket closes, that is
when whoever started it ends, however that happens, and after ten idle minutes.
"""

from __future__ import annotations

import array
import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.utils import translation

from signatures import asn1
from signatures.limited import limits
from signatures.limited.tasks import TASKS

# what the parsers load when they first need it: once here, not once in each child
LOADED_LATE = ("cryptography.hazmat.backends.openssl.backend", "pyhanko.pdf_utils.filters")
IDLE_SECONDS = 600
MAX_MESSAGE = 16
DESCRIPTORS = 4


@dataclass(frozen=True)
class Child:
    """One child under way: its number, and where to tell how it ended."""

    pid: int
    status: int


def main() -> None:
    """Prepare, say that we are ready, then serve until the socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    tasks = _prepare()
    with contextlib.suppress(OSError):
        control.send(b"ready")
        _serve(control, tasks)


def _prepare() -> dict[str, Any]:
    """Load what a child needs: translations and parsers, no setting of the installation."""
    settings.configure(
        USE_I18N=True,
        LANGUAGE_CODE="fr",
        LANGUAGES=[("fr", "fr"), ("en", "en")],
        LOCALE_PATHS=[Path(__file__).resolve().parents[2] / "locale"],
        USE_TZ=True,
        TIME_ZONE="Europe/Paris",
        TRUST_ROOTS=[],
        LOGGING_CONFIG=None,
    )
    django.setup()
    asn1.apply()
    for late in LOADED_LATE:
        importlib.import_module(late)
    for language in ("en", "fr"):
        with translation.override(language):
            translation.gettext("VALIDE")
    gc.collect()
    gc.freeze()
    return dict(TASKS)


def _serve(control: socket.socket, tasks: dict[str, Any]) -> None:
    """Fork for each message; reap each child when its last descriptor closes."""
    selector = selectors.DefaultSelector()
    selector.register(control, selectors.EVENT_READ)
    running = 0
    while True:
        ready = selector.select(IDLE_SECONDS)
        if not ready and not running:
            return
        for key, _events in ready:
            if key.fileobj is not control:
                selector.unregister(key.fileobj)
                os.close(key.fd)
                _bury(key.data)
                running -= 1
                continue
            message, descriptors = _receive(control)
            if not message:
                return
            alive, child = _fork(tasks, descriptors)
            selector.register(alive, selectors.EVENT_READ, child)
            running += 1


def _receive(control: socket.socket) -> tuple[bytes, list[int]]:
    message, ancillary, _flags, _address = control.recvmsg(MAX_MESSAGE, socket.CMSG_SPACE(DESCRIPTORS * 4))
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    return message, list(descriptors)


def _fork(tasks: dict[str, Any], descriptors: list[int]) -> tuple[int, Child]:
    """Start one child; return a descriptor that ends with it."""
    file, answer, status, asked = descriptors
    alive, held = os.pipe()
    zygote = os.getpid()
    pid = os.fork()
    if pid == 0:
        _be_a_child(zygote, tasks, (file, answer, held, asked))
    os.close(held)
    os.close(file)
    os.close(asked)
    os.close(answer)
    return alive, Child(pid, status)


def _be_a_child(zygote: int, tasks: dict[str, Any], kept: tuple[int, int, int, int]) -> None:
    """Keep nothing but the file and where to answer, take the limits, work, and end."""
    code = 1
    try:
        _close_all_but(kept)
        limits.confine(zygote)
        code = _work(tasks, asked=kept[3], file=kept[0], answer=kept[1])
    except MemoryError:
        code = limits.OUT_OF_MEMORY
    finally:
        os._exit(code)


def _close_all_but(kept: tuple[int, ...]) -> None:
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 4096)


def _work(tasks: dict[str, Any], *, asked: int, file: int, answer: int) -> int:
    with open(asked, "rb", buffering=0) as source:
        message = json.loads(_read(source.fileno()))
    with open(file, "rb", buffering=0) as source:
        data = _read(source.fileno())
    with translation.override(message["language"]):
        result = tasks[message["task"]](data, message["options"])
    octets = json.dumps(result).encode()
    while octets:
        octets = octets[os.write(answer, octets) :]
    return 0


def _read(descriptor: int) -> bytes:
    """Return the file, or one byte more than is read of any."""
    parts, left = [], limits.MAX_BYTES + 1
    while left and (part := os.read(descriptor, min(left, 1 << 20))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _bury(child: Child) -> None:
    """Tell how a child ended and what it used."""
    _pid, status, usage = os.wait4(child.pid, 0)
    told = {
        "status": os.waitstatus_to_exitcode(status),
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_bytes": usage.ru_maxrss * 1024,
    }
    with contextlib.suppress(OSError):
        os.write(child.status, json.dumps(told).encode())
    os.close(child.status)


if __name__ == "__main__":
    main()
