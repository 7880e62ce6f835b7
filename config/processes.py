"""Several processes of pages on one port: as many as there are cores, replaced when they die or freeze.

The port is opened once and each process accepts on it, one connection at a time, so that whoever has
nothing to do takes the next. uvicorn's supervisor starts, watches and ends them; here is what it does
not say or do: why one ended, that it ends for good when they cannot live, that none outlives it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors.multiprocess import Multiprocess
from uvicorn.supervisors.multiprocess import Process as Supervised

from config import limits

BY_ITSELF = 8  # processes at most where nobody says how many
AT_MOST = 64
BACKLOG = 2048  # connections that wait to be accepted
FROZEN_AFTER = 30.0  # seconds without an answer, even on a machine that does too much
DEATHS, WITHIN = 5, 60.0  # so many in so many seconds, and it is no accident
_PR_SET_PDEATHSIG = 1  # prctl(2)
_CPU_QUOTA = Path("/sys/fs/cgroup/cpu.max")


class BadNumber(ValueError):
    """``WEB_PROCESSES`` is no number of processes; the message says what to write."""


def number() -> int:
    """Return how many processes of pages to have: ``WEB_PROCESSES``, or one a core; raises BadNumber."""
    said = os.environ.get("WEB_PROCESSES", "").strip()
    if not said:
        return min(BY_ITSELF, cores())
    if not said.isdecimal() or not 1 <= int(said) <= AT_MOST:
        raise BadNumber(f"WEB_PROCESSES vaut « {said} » : écrivez un nombre de 1 à {AT_MOST}.")
    return int(said)


def cores() -> int:
    """Return how many cores this process may keep busy: those it may run on, within its container's share."""
    allowed = len(os.sched_getaffinity(0))
    try:
        quota, period = _CPU_QUOTA.read_text().split()
    except (OSError, ValueError):
        return allowed
    return allowed if quota == "max" else max(1, min(allowed, int(quota) // int(period)))


class Server(uvicorn.Server):
    """Accepts one connection each time it looks, where the loop would take all that wait (asyncio does)."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen as a server that lets one wait, then let many wait."""
        self.config.backlog = 1
        await super().startup(sockets)
        for shared in sockets or []:
            shared.listen(BACKLOG)


class Process(Supervised):
    """One process of pages."""

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self.answered = time.monotonic()

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve, in the new process."""
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        os.environ.setdefault("DATABASE_POOL", str(limits.POOL))
        super().target(sockets)

    @property
    def server(self) -> uvicorn.Server:
        """Return the server of this process."""
        if self._server is None:
            self._server = Server(self.config)
        return self._server

    def is_frozen(self) -> bool:
        """Whether it has not answered for long."""
        if self.ping(0.05):
            self.answered = time.monotonic()
        return time.monotonic() - self.answered > FROZEN_AFTER


class Processes(Multiprocess):
    """The supervisor; ``failed`` once the processes could not live."""

    failed = False

    def __init__(self, config: uvicorn.Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self.deaths: deque[float] = deque(maxlen=DEATHS)

    def init_processes(self) -> None:
        """Start them all."""
        for _number in range(self.processes_num):
            self.processes.append(self._started())

    def keep_subprocess_alive(self) -> None:
        """Replace who died or froze; end when they do nothing else."""
        for place, process in enumerate(self.processes):
            if self.should_exit.is_set() or (process.process.is_alive() and not self._is_frozen(process)):
                continue
            process.kill()
            process.join()
            self.deaths.append(time.monotonic())
            if process.exitcode == STARTUP_FAILURE or self._die_too_often():
                say(f"Les processus des pages ne tiennent pas ({_how(process)}) : tout s’arrête.")
                self.failed = True
                self.should_exit.set()
                return
            say(f"Un processus des pages s’est arrêté ({_how(process)}) : un autre prend sa place.")
            self.processes[place] = self._started()

    def handle_hup(self) -> None:
        """End: a closed terminal is no wish for new processes."""
        self.should_exit.set()

    def _started(self) -> Process:
        process = Process(self.config, self.sockets)
        process.start()
        return process

    @staticmethod
    def _is_frozen(process: Supervised) -> bool:
        return isinstance(process, Process) and process.is_frozen()

    def _die_too_often(self) -> bool:
        return len(self.deaths) == DEATHS and self.deaths[-1] - self.deaths[0] < WITHIN


def serve(config: uvicorn.Config, processes: int) -> int:
    """Serve with so many processes until told to stop; return the exit status."""
    config.workers = processes
    os.environ["WEB_PROCESSES_BESIDE"] = str(processes)
    listening = config.bind_socket()
    listening.listen(BACKLOG)
    with tempfile.TemporaryDirectory(prefix="contreseing-metrics-") as counted:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = counted  # what each counts, for whichever is asked
        supervisor = Processes(config, [listening])
        supervisor.run()
    return int(supervisor.failed)


def say(sentence: str) -> None:
    """Tell whoever started this."""
    print(sentence, file=sys.stderr, flush=True)


def _how(process: Supervised) -> str:
    code = process.exitcode or 0
    return f"par le signal {signal.Signals(-code).name}" if code < 0 else f"avec le code {code}"
