"""The line of strangers' files: few are read at one time, few wait behind, the others come again.

A contract that is being signed is validated too, by the same limited processes: of the places of this
process one at most serves this page.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 1  # files of strangers read at one time by one process of pages
WAITING = 3  # that wait behind, each holding a request in hand
PATIENCE = 15.0  # seconds
RETRY_AFTER = 30  # seconds, said to whoever is refused

_places = threading.BoundedSemaphore(AT_ONCE)
_line = threading.BoundedSemaphore(AT_ONCE + WAITING)


class Full(Exception):
    """Enough files are being read, and enough wait: this one was not read."""


@contextmanager
def place() -> Iterator[None]:
    """Hold a place for the time of a block; raises Full."""
    if not _line.acquire(blocking=False):
        raise Full
    try:
        if not _places.acquire(timeout=PATIENCE):
            raise Full
        try:
            yield
        finally:
            _places.release()
    finally:
        _line.release()
