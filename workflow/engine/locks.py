"""The lock of a contract's process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from contracts.models import Contract


@contextmanager
def locked(contract: Contract) -> Iterator[None]:
    """Hold the lock of the contract's process, and nobody else's: acts on one contract meet here."""
    process = contract.circuit.process
    with process.flow_class.lock(process.pk):
        yield
