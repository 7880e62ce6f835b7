"""The invented contracts and their circuits, by COPY: some thousands a second."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone
from psycopg import sql
from viewflow.workflow.models import Process, Task

from bench.filling.people import Bodies, Department
from contracts.models import Contract, Part, Signatory, Status
from stakeholders.kinds import ContractKind, Power
from stakeholders.models import Organisation
from stakeholders.permissions import grant_many
from workflow.procedures.registry import PROCEDURES

PROCEDURE = PROCEDURES[ContractKind.CSI]
PREFIX = "CSI-INVENTE-"  # of the references of invented contracts
BATCH = 20_000  # contracts held in memory at once
# How many of a hundred contracts are at each status.
SHARES = {
    Status.SIGNED: 58,
    Status.EXPIRED: 10,
    Status.DRAFTING: 14,
    Status.IN_REVIEW: 10,
    Status.APPROVAL: 4,
    Status.SIGNING: 4,
}
SUBJECTS = (
    "Contrat de sécurité intégrée de {place}",
    "Contrat de sécurité intégrée entre l’État et {place}",
    "Contrat pour la tranquillité des quartiers de {place}",
    "Contrat de prévention de la délinquance de {place}",
    "Contrat de sécurité des transports de {place}",
)
PREAMBLE = "Contrat inventé pour éprouver les listes : il n’engage personne."
YEARS = 6  # over which the contracts were created
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Invented:
    """A contract before it is written: its columns, its bodies, its two signatories' numbers."""

    pk: int
    row: Row
    status: str
    created: dt.datetime
    parts: list[tuple[Organisation, Part]]
    signatories: tuple[int, int]


def add_contracts(wanted: int, bodies: Bodies, draw: random.Random) -> tuple[int, int]:
    """Add contracts until there are so many invented ones; return how many, and their open tasks."""
    held = Contract.objects.filter(reference__startswith=PREFIX).count()
    added = tasks = 0
    for first in range(held, wanted, BATCH):
        size = min(BATCH, wanted - first)
        pk, signatory = _reserve("contracts_contract", size), _reserve("contracts_signatory", 2 * size)
        batch = [_invent(pk + n, first + n, wanted, signatory + 2 * n, bodies, draw) for n in range(size)]
        _write(batch, bodies)
        tasks += Circuits(draw).write(batch)
        added += size
    return added, tasks


def _invent(
    pk: int, number: int, wanted: int, signatory: int, bodies: Bodies, draw: random.Random
) -> Invented:
    department = bodies.departments[number % len(bodies.departments)]
    city = department.municipalities[number // len(bodies.departments) % len(department.municipalities)]
    created = timezone.now() - dt.timedelta(days=365 * YEARS * (wanted - number) / wanted)
    status = draw.choices(list(SHARES), weights=list(SHARES.values()))[0]
    begins = created.date() + dt.timedelta(days=180)
    row = (
        pk,
        f"{PREFIX}{department.number:02d}-{created.year}-{number:06d}",
        draw.choice(SUBJECTS).format(place=city.territory),
        city.territory,
        [city.territory],
        "",
        PREAMBLE,
        begins,
        begins + dt.timedelta(days=5 * 365),
        "",
        None,
        "[]",
        status.value,
        created,
    )
    parts = _parts(department, city, bodies, draw)
    return Invented(pk, row, status, created, parts, (signatory, signatory + 1))


def _parts(
    department: Department, city: Organisation, bodies: Bodies, draw: random.Random
) -> list[tuple[Organisation, Part]]:
    reviewers = draw.sample(department.others, min(5, len(department.others)))
    return [
        (department.prefecture, Part.STATE_PILOT),
        (city, Part.CITY_PILOT),
        *((body, Part.REVIEWER) for body in reviewers),
        (bodies.national, Part.OBSERVER),
    ]


def _write(batch: list[Invented], bodies: Bodies) -> None:
    columns = (
        "id reference title territory communes perimeter_extension preamble period_start period_end "
        "period_rule document_date frameworks status created_at kind"
    )
    _copy("contracts_contract", columns, ((*contract.row, ContractKind.CSI.value) for contract in batch))
    parts = [(contract, body, part) for contract in batch for body, part in contract.parts]
    _copy(
        "contracts_participation",
        "contract_id organisation_id part",
        ((contract.pk, body.pk, part.value) for contract, body, part in parts),
    )
    grant_many(Power.VIEW, Contract, ((body.group_id, contract.pk) for contract, body, _part in parts))
    columns = "id contract_id order office_id capacity kind required needs_council_resolution authorised_by"
    _copy("contracts_signatory", columns, _signatories(batch, bodies))
    _commitments(batch)


def _commitments(batch: list[Invented]) -> None:
    """Give each contract that is being drafted a chapter and a promise, so that it can be frozen."""
    drafts = [contract for contract in batch if contract.status == Status.DRAFTING]
    volet = _reserve("contracts_volet", len(drafts))
    _copy(
        "contracts_volet",
        "id contract_id template title order text",
        (
            (volet + n, draft.pk, "internal_security", "Sécurité intérieure", 1, "")
            for n, draft in enumerate(drafts)
        ),
    )
    columns = "volet_id order title description party lead_id indicator unit direction periodicity"
    promise = "Porter la police municipale à 34 agents"
    _copy(
        "contracts_commitment",
        f"{columns} publishable",
        (
            (volet + n, 1, promise, "", "city", draft.parts[1][0].pk, "", "", "", "", True)
            for n, draft in enumerate(drafts)
        ),
    )


def _signatories(batch: list[Invented], bodies: Bodies) -> Iterator[Row]:
    """The prefect, then the mayor, who waits for the council."""
    for contract in batch:
        for order, key in enumerate(contract.signatories):
            office = bodies.heads[contract.parts[order][0].pk]
            yield key, contract.pk, order + 1, office.pk, office.title, "party", True, order == 1, ""


class Circuits:
    """The running circuits: of each, the tasks that led to what is asked now, and what is asked."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        types = ContentType.objects.get_for_models(Organisation, Signatory, Contract)
        self.organisation, self.signatory, self.contract = (
            types[model].pk for model in (Organisation, Signatory, Contract)
        )
        self.tasks: list[Row] = []
        self.links: list[tuple[int, int]] = []
        self.open = 0

    def write(self, batch: list[Invented]) -> int:
        """Write the circuits of the contracts that are under way; return how many tasks are open."""
        running = [contract for contract in batch if contract.status not in (Status.SIGNED, Status.EXPIRED)]
        process = _reserve("viewflow_process", len(running))
        self.numbers = count(_reserve("viewflow_task", 9 * len(running)))
        flow_class = Process._meta.get_field("flow_class").get_prep_value(PROCEDURE)
        _copy(
            "viewflow_process",
            "id flow_class status created data artifact_content_type_id artifact_object_id",
            (
                (process + n, flow_class, "NEW", contract.created, "{}", self.contract, contract.pk)
                for n, contract in enumerate(running)
            ),
        )
        _copy(
            "workflow_circuit",
            "contract_id process_id",
            ((contract.pk, process + n) for n, contract in enumerate(running)),
        )
        for n, contract in enumerate(running):
            self._circuit(process + n, contract)
        columns = (
            "id process_id flow_task flow_task_type status created finished token data owner_permission "
            "owner_permission_content_type_id owner_permission_obj_pk seed_content_type_id seed_object_id"
        )
        _copy("viewflow_task", columns, self.tasks)
        _copy("viewflow_task_previous", "from_task_id to_task_id", self.links)
        return self.open

    def _circuit(self, process: int, contract: Invented) -> None:
        start = self._passed(process, contract, "start", "START")
        state, city, *reviewers = (body for body, part in contract.parts if part != Part.OBSERVER)
        if contract.status == Status.DRAFTING:
            self._asked(process, contract, start, "drafting", "draft", Power.DRAFT, [state, city])
        elif contract.status == Status.IN_REVIEW:
            self._asked(process, contract, start, "reviewing", "review", Power.REVIEW, reviewers)
        elif contract.status == Status.APPROVAL:
            self._asked(process, contract, start, "approving", "approve", Power.APPROVE, [state, city])
        else:
            split = self._passed(process, contract, "signing", "PARALLEL_GATEWAY", start)
            self._open(process, contract, split, 1, "council_resolution", Power.RECORD_RESOLUTION, city)
            self._open(process, contract, split, 2, "sign", Power.SIGN, state, contract.signatories[0])

    def _asked(
        self,
        process: int,
        contract: Invented,
        start: int,
        split_step: str,
        step: str,
        power: Power,
        bodies: list[Organisation],
    ) -> None:
        split = self._passed(process, contract, split_step, "PARALLEL_GATEWAY", start)
        for branch, body in enumerate(bodies, start=1):
            self._open(process, contract, split, branch, step, power, body)

    def _passed(
        self, process: int, contract: Invented, step: str, kind: str, previous: int | None = None
    ) -> int:
        key = next(self.numbers)
        name = _named(step)
        when = contract.created
        self.tasks.append(
            (key, process, name, kind, "DONE", when, when, "start", "{}", None, None, None, None, None)
        )
        if previous is not None:
            self.links.append((key, previous))
        return key

    def _open(
        self,
        process: int,
        contract: Invented,
        split: int,
        branch: int,
        step: str,
        power: Power,
        body: Organisation,
        signatory: int | None = None,
    ) -> None:
        key = next(self.numbers)
        asked = timezone.now() - dt.timedelta(days=self.draw.randrange(40))
        due = asked.date() + dt.timedelta(days=30)
        seed = (self.signatory, signatory) if signatory else (self.organisation, body.pk)
        permission = (f"stakeholders.{power.value}", self.organisation, str(body.pk))
        data = json.dumps({"due_on": due.isoformat()})
        token = f"start/{split}_{branch}"
        name = _named(step)
        self.tasks.append((key, process, name, "HUMAN", "NEW", asked, None, token, data, *permission, *seed))
        self.links.append((key, split))
        self.open += 1


def _named(step: str) -> str:
    """Return the name by which the database knows a step."""
    return str(Task._meta.get_field("flow_task").get_prep_value(getattr(PROCEDURE, step)))


def _reserve(table: str, number: int) -> int:
    """Take so many keys of a table at once, one after the other; return the first.

    Another try when somebody took one in between: the runtime role may not set a sequence.
    """
    keys = (
        "SELECT min(key), max(key) FROM "
        "(SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS key FROM generate_series(1, %s)) AS taken"
    )
    with connection.cursor() as cursor:
        while True:
            cursor.execute(keys, [table, max(number, 1)])
            first, last = cursor.fetchone()
            if last - first + 1 == max(number, 1):
                return int(first)


def _copy(table: str, columns: str, rows: Iterable[Row]) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
