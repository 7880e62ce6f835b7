"""How long PostgreSQL waits for each kind of process of ours, and ends what it waited for.

Every writer of the journal waits for the one before (:mod:`workflow.record.journal`), so a process
that freezes inside a transaction would stop them all. The server itself ends such a transaction:
the frozen process can do nothing about it, nor those who wait. The limits travel with each
connection (libpq's ``options``); what ``DATABASE_URL`` says of them comes after, and wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connections

from config import plans


@dataclass(frozen=True)
class Patience:
    """Seconds; 0 is for ever.

    ``lock`` is for a lock held by another, ``idle`` between two statements of one transaction,
    ``connect`` for the server to answer at all. ``helpers`` are the processes that the server may start to
    answer one statement; None leaves that to it.
    """

    statement: float
    lock: float
    idle: float
    connect: int
    helpers: int | None = None


# Whoever waits on a page is answered before they give up, and a frozen page lets go soon after. A
# job may wait longer than the page that it would otherwise make wait. A migration may take its time;
# but whoever waits behind the table that it locks, or for it to wake up, may not wait for ever.
# A page asks for few rows: to start a process that helps to find them takes longer than finding them.
PAGE = Patience(statement=15, lock=5, idle=10, connect=5, helpers=0)
WORKER = Patience(statement=120, lock=20, idle=15, connect=10)
COMMAND = Patience(statement=0, lock=60, idle=60, connect=10)


def limit(settings: dict[str, Any], patience: Patience) -> None:
    """Write the limits into a database's settings; once more, they replace the former."""
    options = settings["OPTIONS"]
    own = settings.setdefault("OWN_OPTIONS", options.get("options", ""))
    options["options"] = f"{_as_options(patience)} {own}".rstrip()
    options.setdefault("connect_timeout", patience.connect)


def become(patience: Patience, alias: str = "default") -> None:
    """Have every connection that this process opens from now on keep these limits."""
    limit(connections.settings[alias], patience)
    plans.let_go(connections[alias])


def _as_options(patience: Patience) -> str:
    seconds = {
        "statement_timeout": patience.statement,
        "lock_timeout": patience.lock,
        "idle_in_transaction_session_timeout": patience.idle,
    }
    limits = {name: int(each * 1000) for name, each in seconds.items()}
    if patience.helpers is not None:
        limits["max_parallel_workers_per_gather"] = patience.helpers
    return " ".join(f"-c {name}={limit}" for name, limit in limits.items())
