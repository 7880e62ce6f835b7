"""Processes that end with ``./run``, whatever ends it: Ctrl-C, a closed terminal, a signal, a kill.

Three nets: ``./run`` ends them itself in good order; the kernel tells each that its parent died; a watchdog
(:mod:`config.watchdog`) ends what remains, and the embedded PostgreSQL.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import IO, Any

from config import watchdog

ROOT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG = 1  # prctl(2)
_libc = ctypes.CDLL(None, use_errno=True)
_watchdogs: list[subprocess.Popen[str]] = []  # that of the attached() under way


class Stopped(KeyboardInterrupt):
    """Somebody asks that all ends."""


def start(command: list[str], environment: Mapping[str, str], **given: Any) -> subprocess.Popen[Any]:
    """Start one of our programs, out of reach of the terminal's Ctrl-C, which is for ``./run`` to pass on."""
    process = subprocess.Popen(  # noqa: S603 (our own interpreter and files)
        command, env=dict(environment), cwd=ROOT, preexec_fn=_die_with_parent, **given
    )
    if _watchdogs:
        _say(_watchdogs[-1], str(process.pid))
    return process


def _die_with_parent() -> None:
    """In the new process: its own session, and a signal when its parent dies, whatever it dies of."""
    os.setsid()
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def end(processes: list[subprocess.Popen[Any]]) -> None:
    """End processes, the last started first: asked, then killed."""
    for process in reversed(processes):
        _tell(process, signal.SIGTERM)
    for process in processes:
        with suppress(subprocess.TimeoutExpired):
            process.wait(watchdog.ENDS_WITHIN)
        _tell(process, signal.SIGKILL)  # and what it started and left
        process.wait()


def _tell(process: subprocess.Popen[Any], number: signal.Signals) -> None:
    """Signal the process and what it started: each leads a session of its own."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


@contextmanager
def attached(environment: Mapping[str, str], *, output: IO[bytes] | None = None) -> Iterator[None]:
    """Watch over what a block starts; nothing of it is left afterwards, nor the server that it used.

    Within it TERM, INT and HUP raise Stopped; on the way out they wait until all has ended.
    """
    if _watchdogs:
        yield  # within another
        return
    state = "" if environment.get("DATABASE_URL") else str(state_of(environment))
    # the embedded server's output is whoever's started it: the watchdog starts none
    watching = subprocess.Popen(  # noqa: S603 (as above)
        [sys.executable, "-m", "config.watchdog", state],
        env=dict(environment),
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        text=True,
        start_new_session=True,
    )
    _watchdogs.append(watching)
    before = {number: signal.signal(number, _stop) for number in _asked()}
    try:
        yield
    finally:
        for number in before:
            signal.signal(number, signal.SIG_IGN)
        if state:
            watchdog.stop_server(Path(state))
        _watchdogs.remove(watching)
        _say(watching, watchdog.OVER)
        watching.wait()
        for number, handler in before.items():
            signal.signal(number, handler)


def state_of(environment: Mapping[str, str]) -> Path:
    """Return where an installation keeps what is its own."""
    return Path(environment.get("STATE_DIR") or ROOT / "var")


def _asked() -> list[signal.Signals]:
    """Return the signals that ask to stop; « nohup » has said that a closed terminal does not."""
    asked = [signal.SIGTERM, signal.SIGINT, signal.SIGHUP]
    return [number for number in asked if signal.getsignal(number) is not signal.SIG_IGN]


def _stop(number: int, _frame: FrameType | None) -> None:
    for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(asked, signal.SIG_IGN)  # once is enough, and ending takes its time
    raise Stopped(signal.Signals(number).name)


def _say(watching: subprocess.Popen[str], word: str) -> None:
    assert watching.stdin is not None  # noqa: S101 (it is a pipe)
    with suppress(BrokenPipeError):  # it was killed: the two other nets hold
        watching.stdin.write(f"{word}\n")
        watching.stdin.flush()
        if word == watchdog.OVER:
            watching.stdin.close()
