"""Workers in processes of their own, forked from one that has the application loaded.

A worker is what ``manage.py`` makes of its arguments and its environment: its settings are read
anew, it opens its own connections, and it can be killed. Loading everything again took four
seconds of processor for each, and Django's checks, which load the pages, one more: skip them;
tests/attacks/test_play_log.py and tests/config/test_deployment.py start the commands themselves.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest import mock

from django.conf import settings
from django.core.management import execute_from_command_line

ROOT = Path(__file__).resolve().parents[1]


def start(environment: Mapping[str, str], *arguments: str) -> BaseProcess:
    """Start ``manage.py`` with these arguments in this environment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.preloaded"])
    with mock.patch.dict(os.environ, {**environment, "PYTHONPATH": str(ROOT)}):
        forkserver.ensure_running()  # it keeps the environment of the first worker: each is told its own
    process = context.Process(target=_manage, args=(dict(environment), arguments))
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
    os.environ.clear()
    os.environ.update(environment)
    importlib.reload(sys.modules["config.settings"])
    settings._setup()  # type: ignore[misc]
    execute_from_command_line(["manage.py", *arguments])
