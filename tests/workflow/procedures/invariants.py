"""What a walk reads after each step, from the rows alone, and what must always hold of it.

Of these invariants nothing is asked of the code that acts: they are the rules, written a second time.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import pytest
from django.db import connection
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from viewflow.workflow.models import Task

from contracts.models import Contract, Status
from signatures import cms, keys
from signatures.demo import pki as authorities
from signatures.models import Envelope, SignatureRequest
from signatures.timestamps import forget_failures
from stakeholders.models import User
from tests import plot, snapshots
from tests.cast import Cast, small_contract
from tests.pki import ServedPki
from tests.stage import certify_signatories
from tests.workflow.gates import assert_signed_after_its_gates
from workflow.engine import tasks as engine_tasks
from workflow.news import centre
from workflow.procedures import recall_rules
from workflow.record import journal
from workflow.record.refusals import ActRefused
from workflow.standing.standings import Standing, Standings

OVER = ("DONE", "CANCELED", "REVIVED")
ROWS = """
    SELECT (SELECT status FROM contracts_contract WHERE id = %(contract)s),
        (SELECT count(*) FROM workflow_journalentry),
        (SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'),
        (SELECT string_agg(concat_ws(' ', id, status, owner_id), ',' ORDER BY id)
            FROM viewflow_task WHERE process_id = %(process)s),
        (SELECT string_agg(concat_ws(' ', id, state), ',' ORDER BY id) FROM signatures_signaturerequest),
        (SELECT string_agg(concat_ws(' ', id, state), ',' ORDER BY id) FROM signatures_envelope)
"""
HUMAN = ("draft", "freeze", "review", "approve", "council_resolution", "sign")
NEWS_EVERY = 40  # changes: what is told is asked of each person
QUIET = frozenset({"draft changed"})  # an edit of the draft is not a legal act: it is told, not journaled


@dataclass(frozen=True)
class Rows:
    """What the rows say, as far as an act may change it: two that are equal mean that nothing happened."""

    status: str = ""
    told: int = 0  # entries of the journal
    jobs: int = 0
    tasks: str = ""
    requests: str = ""
    envelopes: str = ""

    @property
    def to_be_signed(self) -> tuple[str, str]:
        """What is to be signed, and what was asked to be."""
        return self.requests, self.envelopes


def read(contract: Contract) -> Rows:
    """Read in one question all that is compared after each step."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS, {"contract": contract.pk, "process": contract.circuit.process_id})
        return Rows(*cursor.fetchone())


class Services(Protocol):
    """The services outside, as a walk has them fail."""

    def interrupted(self, path: str) -> AbstractContextManager[None]:
        """Answer nothing there for the time of a block."""

    def revoke(self, certificate: bytes) -> None:
        """Revoke a signatory's certificate."""

    def renew(self, username: str, name: str) -> None:
        """Give the signatory one that is in force."""


class RealServices:
    """A real PKI, served."""

    def __init__(self, pki: ServedPki) -> None:
        self.interrupted = pki.interrupted

    def revoke(self, certificate: bytes) -> None:
        """Revoke it at its authority, whose next OCSP answer says so."""
        authorities.revoke(int(cms.serial_of(certificate), 16))

    def renew(self, username: str, name: str) -> None:
        """Issue another."""
        authorities.person_path(username).unlink()
        authorities.issue_person(username, name, "Renouvelé", "Renouvelé")
        keys.enrol_specimen(User.objects.get_by_natural_key(username))


class Entitled:
    """Who may do a task; people's rows are read once, as no walk gives or takes away a mandate.

    The acts themselves ask everything anew: one who was wrongly thought entitled is refused there.
    """

    def __init__(self) -> None:
        self.by_task: dict[int, User] = {}
        self.by_place: dict[tuple[str, str], User] = {}  # at that step for that organisation
        self.standings: dict[int, Standings] = {}

    def __call__(self, task: Task) -> User:
        """Return somebody who may do the task; there must be one."""
        if task.pk not in self.by_task:
            place = task.flow_task.name, task.owner_permission_obj_pk
            known = self.by_place.get(place)  # asked first, again: most often the answer
            if known is None or self.standing(known, task) is None:
                known = plot.entitled(task)
            self.by_task[task.pk] = self.by_place[place] = known
        return self.by_task[task.pk]

    def standing(self, person: User, task: Task) -> Standing | None:
        """Return as what the person may do the task."""
        return self.standings_of(person).for_task(task)

    def standings_of(self, person: User) -> Standings:
        """Return the person's rows, read once."""
        if person.pk not in self.standings:
            self.standings[person.pk] = Standings(person)
        return self.standings[person.pk]


class Watched(RuleBasedStateMachine):
    """One contract after another, looked at after each step; whoever walks has the acts (walk.py)."""

    numbers: ClassVar[itertools.count[int]] = itertools.count(1)

    def __init__(
        self,
        cast: Cast,
        services: Services,
        seen: Counter[str],
        entitled: Entitled,
        run_jobs: Callable[[], None],
    ) -> None:
        super().__init__()
        self.cast, self.services, self.seen, self.entitled = cast, services, seen, entitled
        self.run_jobs = run_jobs
        self.closed: list[Task] = []
        self.checked: set[int] = set()
        self.rows = self.held = Rows()
        self.looked = itertools.count(1)

    @initialize()
    def begin(self) -> None:
        snapshots.restore(snapshots.CAST)  # what another walk left is neither read nor counted again
        self.open_a_contract()
        certify_signatories(self.contract)  # the rows of their keys went with the other walk

    def open_a_contract(self) -> None:
        self.contract = small_contract(self.cast, f"CSI-WALK-{next(self.numbers)}")
        plot.opened(self.contract)
        self.closed.clear()
        self.look()

    def look(self) -> None:
        """Read what is awaited now, unless no row has changed; offers and invariants are asked of it."""
        known, self.rows = self.rows, read(self.contract)
        if self.rows == known:
            return
        self.contract.status = self.rows.status
        self.waiting = list(
            Task.objects.filter(process=self.contract.circuit.process_id)
            .exclude(status__in=OVER)
            .select_related("owner", engine_tasks.CONTRACT)
            .order_by("pk")
        )
        self.open: dict[str, list[Task]] = defaultdict(list)
        for task in self.waiting:
            if task.flow_task_type in {"HUMAN", "JOB"}:
                self.open[task.flow_task.name].append(task)
        self.failed = [task for tasks in self.open.values() for task in tasks if task.status == "ERROR"]
        self.recallable = recall_rules.recall_carrier(self.contract) is not None

    @property
    def jobs(self) -> int:
        return self.rows.jobs

    def does(self, name: str, act: Callable[[], Any]) -> None:
        """Do an act that must succeed, count it, and look again."""
        before = self.rows.told
        act()
        self.count(name)
        assert self.rows.told > before or name in QUIET, name

    def count(self, name: str) -> None:
        self.seen[name] += 1
        self.look()

    def refused(self, kind: type[ActRefused] | tuple[type[ActRefused], ...], act: Callable[[], Any]) -> None:
        """Try an act that must be refused and change nothing."""
        before = self.rows
        with pytest.raises(kind):
            act()
        self.count("refused")
        assert self.rows == before

    # --- what always holds ---------------------------------------------------------------

    @invariant()
    def what_must_hold(self) -> None:
        if self.rows == self.held:  # the same rows hold as they did
            return
        self.it_is_never_stuck()
        self.no_step_is_open_twice()
        if self.rows.to_be_signed != self.held.to_be_signed:
            self.nothing_is_signed_before_its_gates()
        if next(self.looked) % NEWS_EVERY == 0:
            self.news_lead_to_what_is_to_be_done()
        self.held = self.rows

    def it_is_never_stuck(self) -> None:
        human = [task for step in HUMAN for task in self.open[step]]
        for task in human:
            assert self.entitled(task), f"nobody may do {task}"
        system = [task for tasks in self.open.values() for task in tasks if task.flow_task_type == "JOB"]
        assert human or self.failed or (system and self.jobs) or self.contract.status == Status.SIGNED
        running = [task for task in system if task.status != "ERROR"]
        assert not running or self.jobs, "a step of the system waits for a job that nobody queued"
        if self.contract.status == Status.SIGNED and not self.jobs:
            assert not human + system

    def no_step_is_open_twice(self) -> None:
        names = [task.flow_task.name for task in self.waiting if task.flow_task_type == "JOIN"]
        assert len(names) == len(set(names)), names
        assert not [task for task in self.waiting if task.status == "ERROR" and task not in self.failed]
        for step in (
            "freeze",
            "render",
            "final_text",
            "council_resolution",
            "sign",
            "make_signature",
            "seal",
        ):
            assert len(self.open[step]) <= 1, step

    def news_lead_to_what_is_to_be_done(self) -> None:
        """Whoever may act was told of it, and is told of nothing else that they would have to do."""
        human = {task.pk: task for step in HUMAN for task in self.open[step] if task not in self.failed}
        told: dict[int, set[int]] = {}
        people = {person.pk: person for person in self.entitled.by_place.values()}
        for person in people.values():
            news = centre.living(person, self.entitled.standings_of(person)).filter(read_at=None, kind="task")
            told[person.pk] = {task for task in news.values_list("task", flat=True) if task in human}
            others = news.filter(contract=self.contract).exclude(task__in=human)
            assert not others, f"{person} is told of what is over: {list(others)}"
            for number in told[person.pk]:
                standing = self.entitled.standing(person, human[number])
                assert standing, f"{person} is told of what they may not do: {human[number]}"
        for task in human.values():
            person = self.entitled(task)
            if task.owner_id in (None, person.pk) and person.pk in told:
                assert task.pk in told[person.pk], f"{person} was not told of {task}"

    def nothing_is_signed_before_its_gates(self) -> None:
        envelopes = Envelope.objects.filter(signing_round__version__contract=self.contract)
        assert envelopes.exclude(state=Envelope.State.VOID).count() <= 1
        asked = SignatureRequest.objects.filter(slot__envelope__in=envelopes)
        for request in asked.exclude(pk__in=self.checked):
            assert_signed_after_its_gates(request)
            self.checked.add(request.pk)

    def teardown(self) -> None:
        assert journal.first_break() is None
        forget_failures()
