"""Fill a database with invented contracts, so that lists are tried at their real length.

Organisations and people by the ORM, contracts and circuits by COPY. Contracts that are
being drafted can be played; the later steps have their tasks but neither version nor
document: they are there to be listed.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from django.db import connection, transaction

from bench.filling.contracts import add_contracts
from bench.filling.people import Bodies, add_people

__all__ = ["FILLED", "Filled", "fill"]
FILLED = (
    "stakeholders_organisation",
    "contracts_contract",
    "contracts_contractaccess",
    "contracts_contractgrouppermission",
    "contracts_participation",
    "contracts_signatory",
    "viewflow_process",
    "viewflow_task",
    "workflow_circuit",
)


@dataclass(frozen=True)
class Filled:
    """What was added: how many contracts and open tasks, among which bodies."""

    contracts: int
    open_tasks: int
    bodies: Bodies


def fill(*, contracts: int, organisations: int, users: int, seed: int = 1) -> Filled:
    """Bring the invented contracts to so many; what an earlier filling made is kept.

    All or nothing. The statistics of the planner are up to date in the end if the tables' owner
    fills; the runtime role may not see to them, and PostgreSQL does so within minutes. ``seed``
    makes the same names and the same contracts again.
    """
    draw = random.Random(seed)  # noqa: S311 (invented names, not secrets)
    with transaction.atomic():
        bodies = add_people(organisations, users, draw)
        added, tasks = add_contracts(contracts, bodies, draw)
    # a vacuum, which also lets an index answer alone, is refused inside a caller's transaction
    upkeep = "ANALYZE" if connection.in_atomic_block else "VACUUM (ANALYZE)"
    with connection.cursor() as cursor:
        cursor.execute(f"{upkeep} {', '.join(FILLED)}")
        cursor.execute("ANALYZE")  # of people, mandates and texts too, which are fewer
    return Filled(added, tasks, bodies)
