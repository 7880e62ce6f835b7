"""Leaving an outside service alone for a while once it has failed again and again."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field

BREAK_AFTER = 5
BREAK_SECONDS = 60.0


@dataclass
class Breaker:
    """Leave a service alone for a minute after five failures in a row."""

    failures: int = 0
    closed_until: float = field(default=0.0)

    def count_failure(self) -> None:
        """Count one more failure; the fifth in a row, and each after it, starts the minute."""
        self.failures += 1
        if self.failures >= BREAK_AFTER:
            self.closed_until = time.monotonic() + BREAK_SECONDS * random.uniform(0.5, 1)  # noqa: S311  (jitter, not a secret)

    def count_success(self) -> None:
        """Forget the failures."""
        self.failures, self.closed_until = 0, 0.0

    @property
    def is_open(self) -> bool:
        """Whether the service is left alone for now."""
        return time.monotonic() < self.closed_until
