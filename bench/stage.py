"""What the benchmarks of the circuit stand on: a database of their own, and the cast of the tests."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connection
from django.test.utils import override_settings

from tests import owner
from tests.cast import Cast, assemble_cast


@contextmanager
def staged() -> Iterator[Cast]:
    """Make an empty database and the cast in it; remove both in the end."""
    with database():
        yield assemble_cast()


@contextmanager
def database() -> Iterator[None]:
    """Make an empty database and a folder for its documents; remove both in the end."""
    owner.prepare()  # who makes the database; the processes that a bench starts are the runtime role's
    previous = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        with tempfile.TemporaryDirectory() as folder, override_settings(BLOB_DIR=Path(folder) / "blobs"):
            yield
    finally:
        connection.creation.destroy_test_db(previous, verbosity=0)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which ``share`` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
