"""A site of the bench's own, served by a command as ``./run`` serves, and what it uses."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import httpx
import psutil
from django.db import connection

from config.run import free_port
from tests.workflow.sockets import SERVER, environment

READY_WITHIN = 120.0  # seconds
PAGES = ("-m", "config.serve")  # as many processes as ./run has


class Site:
    """Where it is, and what it and its database have used."""

    def __init__(self, url: str, process: subprocess.Popen[bytes]) -> None:
        self.url, self._process = url, psutil.Process(process.pid)

    def used(self) -> tuple[float, float]:
        """Return the seconds of processor of the pages, and of PostgreSQL for them."""
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [SERVER])
                servers = [pid for (pid,) in cursor.fetchall()]
        finally:
            connection.close()
        return _seconds(each.pid for each in self._processes()), _seconds(servers)

    def memory(self) -> float:
        """Return the resident megabytes of its processes."""
        return float(sum(each.memory_info().rss for each in self._processes()) / 1e6)

    def _processes(self) -> list[psutil.Process]:
        return [self._process, *self._process.children(recursive=True)]


def _seconds(pids: Iterable[int]) -> float:
    spent = 0.0
    for pid in pids:
        with suppress(psutil.NoSuchProcess):  # it ended since it was counted
            times = psutil.Process(pid).cpu_times()
            spent += times.user + times.system
    return spent


@contextmanager
def served(command: Iterable[str] = PAGES, path: str = "/sante/", **changes: str) -> Iterator[Site]:
    """Serve by a command of Python's; yield once the path answers.

    What it logs goes nowhere, and costs what it costs in ``./run``.
    """
    port = free_port()
    process = subprocess.Popen(  # noqa: S603 (our own interpreter and files)
        [sys.executable, *command, "--port", str(port)],
        env=environment(LOG_LEVEL="INFO", PGAPPNAME=SERVER, **changes),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + READY_WITHIN
    try:
        while not _answers(url + path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} does not serve")
            time.sleep(0.1)
        yield Site(url, process)
    finally:
        process.terminate()
        process.wait(30)


def _answers(address: str) -> bool:
    try:
        return httpx.get(address, trust_env=False, timeout=30).status_code == 200
    except httpx.HTTPError:
        return False
