"""Workers at work in processes of their own, and what a test waits for from them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

from django.conf import settings

from tests import workers
from tests.pki import ServedPki
from tests.workflow.sockets import environment


def until(happens: Callable[[], bool], within: float) -> float:
    """Wait until it happens; return how many seconds that took, fail after ``within``."""
    began = time.monotonic()
    while not happens():
        assert time.monotonic() - began < within, "it did not happen in time"
        time.sleep(0.1)
    return time.monotonic() - began


def start_worker(pki: ServedPki, *arguments: str, **variables: str) -> BaseProcess:
    """Start ``run_worker`` with these arguments on the test's database, documents and authorities."""
    known = environment(
        PKI_URL=pki.url, TRUST_ROOTS=str(pki.root), PKI_PASSPHRASE=settings.PKI_PASSPHRASE, **variables
    )
    folder = Path(known["STATE_DIR"], "pki")
    if not folder.exists():
        folder.symlink_to(pki.folder)
    return workers.start(known, "run_worker", "--skip-checks", *arguments)


@contextmanager
def worker_at_work(pki: ServedPki, **variables: str) -> Iterator[BaseProcess]:
    """Keep a worker at work; it stops well when it is told to."""
    process = start_worker(pki, **variables)
    try:
        yield process
        os.kill(process.pid or 0, signal.SIGTERM)
        assert workers.ended(process, within=55) == 0
    finally:
        process.kill()
