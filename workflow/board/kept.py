"""What many read of a contract, made once since its last event, and kept for a few seconds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from django.core.cache import caches
from django.utils import timezone
from django.utils.translation import get_language

from contracts.models import Contract
from stakeholders.models import User
from workflow.record import events

# seconds: what no event of the contract tells, a person's new name, is shown at the latest after these
KEPT_FOR = 10
Made = TypeVar("Made")
_asking = [threading.Lock() for _one in range(64)]  # by key: of those who ask at once, one makes it


def since_the_last_event(
    contract: Contract,
    reader: User,
    name: str,
    make: Callable[[], Made],
    *varies: object,
    kept_in: str = "facts",
) -> Made:
    """Return what was made under this name since the contract's last event, in this language, or make it.

    ``varies`` is what else it depends on, ``kept_in`` which of ``CACHES`` has it: « parts » for text that
    other processes may show, « facts » for what stays in this one.
    """
    last, _either = events.last_about(contract, reader)
    state = [contract.pk, name, last, get_language(), timezone.localdate(), *varies]
    key, kept = ".".join(map(str, state)), caches[kept_in]
    with _asking[hash(key) % len(_asking)]:
        found: Made | None = kept.get(key)
        if found is None:
            found = make()
            kept.set(key, found, KEPT_FOR)
        return found
