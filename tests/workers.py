"""Workers and servers in processes of their own, forked from one that has the application loaded.

Each is what ``manage.py`` or ``config.serve`` makes of its arguments and its environment: its
settings are read anew, it opens its own connections, and it can be killed. Loading everything again
took four seconds of processor for each, and Django's checks, which load the pages, one more: skip
them; tests/attacks/test_play_log.py and tests/config/test_deployed_commands.py start the commands
themselves.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.core.cache import caches
from django.core.management import execute_from_command_line
from django.db import connections
from django.utils.functional import empty

from config import serve as serving

ROOT = Path(__file__).resolve().parents[1]


def start(environment: Mapping[str, str], *arguments: str) -> BaseProcess:
    """Start ``manage.py`` with these arguments in this environment."""
    return _forked(_manage, environment, arguments)


def serve(environment: Mapping[str, str], listener: socket.socket) -> BaseProcess:
    """Start ``python -m config.serve`` on a socket that listens, in this environment."""
    return _forked(_serve, environment, listener)


def _forked(act: Callable[..., None], environment: Mapping[str, str], given: Any) -> BaseProcess:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
    with mock.patch.dict(os.environ, {**environment, "PYTHONPATH": str(ROOT)}):
        forkserver.ensure_running()  # it keeps the environment of the first worker: each is told its own
    process = context.Process(target=act, args=(dict(environment), given))
    process.start()
    return process


def ended(process: BaseProcess, within: float = 120) -> int:
    """Wait for a worker to end; return its exit status, negative if a signal ended it."""
    process.join(within)
    if process.exitcode is None:
        os.kill(process.pid or 0, signal.SIGKILL)
        raise TimeoutError(f"the worker works after {within} s")
    return process.exitcode


def _manage(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    _stand_in(environment)
    execute_from_command_line(["manage.py", *arguments])


def _serve(environment: dict[str, str], listener: socket.socket) -> None:
    _stand_in(environment)
    os.setsid()
    serving.main(["--fd", str(listener.fileno()), "--log-level", "critical"])


def _stand_in(environment: dict[str, str]) -> None:
    """Have the environment of a new process, and settings that nobody has read yet, not even these two."""
    os.environ.clear()
    os.environ.update(environment)
    del sys.modules["config.settings"]
    settings._wrapped = empty
    for handler in (connections, caches):
        handler.__dict__.clear()
        handler.__init__()  # type: ignore[misc]
