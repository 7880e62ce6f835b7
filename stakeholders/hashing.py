"""Passwords, hashed at the cost that OWASP gives, and never more than a few at a time.

Argon2id with 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet; RFC 9106).
Django's own cost, 100 MiB and eight lanes each, let thirty people who log in together take
3 GB and every core.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, PBKDF2PasswordHasher

# in one process, of those that share the machine; a core stays for whoever is logged in, if there are three
AT_ONCE = max(1, ((os.cpu_count() or 2) - 1) // settings.WEB_PROCESSES)
PATIENCE = 6.0  # seconds

_places = threading.BoundedSemaphore(AT_ONCE)


class HashingBusy(Exception):
    """Too many passwords are being checked: answered 503, to be tried again."""


@contextmanager
def place() -> Iterator[None]:
    """Hold one of the places for the time of a hash; raises HashingBusy after a while."""
    if not _places.acquire(timeout=PATIENCE):
        raise HashingBusy
    try:
        yield
    finally:
        _places.release()


class Argon2(Argon2PasswordHasher):
    """Django's hasher at OWASP's cost; hashes of another cost are renewed when their owner logs in."""

    time_cost = 2
    memory_cost = 19_456  # KiB
    parallelism = 1

    def encode(self, password: str, salt: str) -> str:
        """Hash a password, one of a few at a time."""
        with place():
            encoded: str = super().encode(password, salt)
            return encoded

    def verify(self, password: str, encoded: str) -> bool:
        """Check a password, one of a few at a time."""
        with place():
            return bool(super().verify(password, encoded))


class Pbkdf2(PBKDF2PasswordHasher):
    """Hashes of older installations: only ever verified, then renewed by the first hasher."""

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        """Hash a password, one of a few at a time; verifying does so too."""
        with place():
            encoded: str = super().encode(password, salt, iterations)
            return encoded
