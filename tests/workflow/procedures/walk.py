"""Random walks over the circuit: it is never stuck, and nothing is signed before its gates.

Every step is a real act on a real database, every job of the queue is done, and the services
outside sometimes fail. What each step may do is asked of the rooms' acts; what must hold is
written here a second time, from the rows alone. Who does the jobs, with which services, and how
many walks, is the tests' choice: with a worker, a real print and a real PKI in test_stateful.py,
without the weight of either in test_rules_walk.py.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol

import pytest
from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from viewflow.workflow.models import Task

from contracts.models import Commitment, Contract, Status
from signatures import blobs, cms
from signatures.demo import pki as authorities
from signatures.jobs import MAX_ATTEMPTS
from signatures.models import Envelope, SignatureRequest
from signatures.timestamps import forget_failures
from signatures.validation import validate
from stakeholders.models import User
from tests import plot, snapshots
from tests.cast import Cast, small_contract
from tests.owner import untied
from tests.pki import ServedPki
from tests.workflow.gates import assert_signed_after_its_gates
from workflow.council import acts as council_acts
from workflow.council import rules as council_rules
from workflow.council.models import STAGES
from workflow.drafting import acts as drafting_acts
from workflow.engine import tasks as engine_tasks
from workflow.opinions import acts as opinions_acts
from workflow.procedures import recall as procedures_recall
from workflow.procedures import recall_rules
from workflow.record import journal
from workflow.record.refusals import ActRefused, AlreadyDone, Invalid, Locked, NewVersion, NotAllowed
from workflow.record.values import OpinionValue
from workflow.signing import acts as signing_acts
from workflow.standing.standings import Standing, Standings
from workflow.tasks import acts as tasks_acts

STEPS = 60  # of a walk, which may end early
VALIDATED = 2  # final files read again by the whole validation
OPINIONS = [
    *[OpinionValue.FAVOURABLE] * 5,
    *[OpinionValue.FAVOURABLE_WITH_RESERVATIONS] * 2,
    OpinionValue.CHANGES_REQUESTED,
    OpinionValue.UNFAVOURABLE,
]
DAYS = ["good"] * 6 + ["no time-stamp", "never a time-stamp", "forged text", "revoked"]


@dataclass(frozen=True)
class Rows:
    """What the rows say, as far as an act may change it: two that are equal mean that nothing happened."""

    status: str = ""
    told: int = 0  # entries of the journal
    jobs: int = 0
    tasks: str = ""
    requests: str = ""
    envelopes: str = ""


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
        return self.standings.setdefault(person.pk, Standings(person)).for_task(task)


class Walk(RuleBasedStateMachine):
    """One contract after another, by acts drawn at random among those that are open."""

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

    @initialize()
    def begin(self) -> None:
        snapshots.restore(snapshots.CAST)  # what another walk left is neither read nor counted again
        self.open_a_contract()

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

    @rule(data=st.data())
    def somebody_acts(self, data: st.DataObject) -> None:
        """Draw one of the acts that are possible now, the likely ones more often."""
        offers = {name: (weight, act) for weight, name, act in self.offers()}
        act = data.draw(
            st.sampled_from([name for name, (weight, _act) in offers.items() for _ in range(weight)])
        )
        offers[act][1](data)

    def offers(self) -> Iterator[tuple[int, str, Callable[[st.DataObject], None]]]:
        """List what may be tried now: how often, its name, how."""
        for task in itertools.chain.from_iterable(self.open[step] for step in HUMAN):
            step = task.flow_task.name
            yield 6, f"{step} {task.pk}", partial(getattr(self, step), task)
            yield 2, f"a stranger at {step} {task.pk}", partial(self.stranger, task)
            if not task.owner_id:
                yield 1, f"take {step} {task.pk}", partial(self.take, task)
        if self.jobs:
            yield 6, "work", self.work
        for task in self.failed:
            yield 4, "retry", partial(self.retry, task)
        for task in self.closed[-2:]:
            yield 3, f"an old form for {task.pk}", partial(self.old_form, task)
        if self.recallable:
            yield 1, "recall", self.recall
        if self.contract.status == Status.DRAFTING:
            yield 2, "change the draft", self.change_the_draft
        if self.contract.status == Status.SIGNED and not self.jobs:
            yield 6, "start anew", self.start_anew

    # --- the pilots ----------------------------------------------------------------------

    def draft(self, task: Task, _data: st.DataObject) -> None:
        self.does("draft submitted", lambda: drafting_acts.submit_draft(self.entitled(task), task.pk))

    def change_the_draft(self, data: st.DataObject) -> None:
        which, preamble = data.draw(st.integers(0, 20)), data.draw(st.booleans())

        def change() -> None:
            with drafting_acts.changing_draft(self.cast.pilote_ville, self.contract.pk) as held:
                draft = held.contract
                if preamble:
                    draft.preamble = f"Préambule {which}."
                    draft.save(update_fields=["preamble"])
                else:
                    commitments = Commitment.objects.filter(volet__contract=draft).order_by("pk")
                    Commitment.objects.filter(pk=commitments[which % 3].pk).update(target=which)

        self.does("draft changed", change)

    def freeze(self, task: Task, _data: st.DataObject) -> None:
        self.does("version frozen", lambda: drafting_acts.freeze_version(self.entitled(task), task.pk))

    def recall(self, data: st.DataObject) -> None:
        pilot, pk = self.cast.pilote_prefecture, self.contract.pk
        self.refused(Invalid, lambda: procedures_recall.recall_version(pilot, pk, reason=" "))
        if data.draw(st.booleans()):
            stage = self.contract.status
            self.closed += self.open["review"] + self.open["approve"]
            self.seen[f"recalled in {stage}"] += 1
            self.does(
                "version recalled", lambda: procedures_recall.recall_version(pilot, pk, reason="Une erreur.")
            )

    def retry(self, task: Task, data: st.DataObject) -> None:
        self.refused(NotAllowed, lambda: tasks_acts.retry_job(self.cast.maire, task.pk))
        forget_failures()
        self.does("job retried", lambda: tasks_acts.retry_job(self.cast.pilote_prefecture, task.pk))

    # --- the organisations, the parties, the council, the signatories --------------------

    def review(self, task: Task, data: st.DataObject) -> None:
        value, user = data.draw(st.sampled_from(OPINIONS)), self.entitled(task)
        text = plot.version(self.contract).content_sha256
        given = {"value": value, "reason": "Voici pourquoi.", "version_sha256": text}
        self.does(f"opinion {value}", lambda: opinions_acts.give_opinion(user, task.pk, **given))
        self.closed.append(task)

    def approve(self, task: Task, data: st.DataObject) -> None:
        approved, pdf = (
            data.draw(st.sampled_from([True] * 7 + [False])),
            plot.version(self.contract).pdf_sha256,
        )
        reason, user = "" if approved else "Une faute.", self.entitled(task)
        self.does(
            "approved" if approved else "sent back",
            lambda: opinions_acts.approve(user, task.pk, approved=approved, reason=reason, pdf_sha256=pdf),
        )
        self.closed.append(task)

    def council_resolution(self, task: Task, data: st.DataObject) -> None:
        facts, clerk = plot.resolution(), self.entitled(task)
        known = council_rules.awaiting_its_stages(plot.version(self.contract))
        if known is not None:
            stage: dict[str, Any] = {(name := data.draw(st.sampled_from(known.missing))): facts[name]}
            if name == "received_on":
                stage |= {"transmitted_on": facts["transmitted_on"]} if known.transmitted_on is None else {}
            self.does(
                "resolution followed",
                lambda: council_acts.record_stages(clerk, task.pk, stages=stage),
            )
            return
        outcome = data.draw(st.sampled_from(["adopted"] * 4 + ["voted", "voted", "rejected"]))
        if outcome == "rejected":
            facts |= plot.REJECTED | {"reason": "Le conseil a refusé."}
        elif outcome == "voted":
            facts |= dict.fromkeys(STAGES)
        self.does(
            f"resolution {outcome}",
            lambda: council_acts.record_resolution(clerk, task.pk, facts=facts),
        )

    def sign(self, task: Task, data: st.DataObject) -> None:
        user, how = self.entitled(task), data.draw(st.sampled_from(["sign"] * 6 + ["refuse", "wrong"]))
        if how == "refuse":
            self.does(
                "signature refused", lambda: signing_acts.refuse_signature(user, task.pk, reason="Non.")
            )
            return
        facts = plot.confirm(user, self.contract)
        if how == "wrong":
            self.refused(
                Locked, lambda: signing_acts.sign(user, task.pk, **{**facts, "document_sha256": "0" * 64})
            )
            self.refused(Locked, lambda: signing_acts.sign(user, task.pk, **{**facts, "confirmation": "x"}))
        self.does("signature asked", lambda: signing_acts.sign(user, task.pk, **facts))

    # --- the worker, on good and bad days ------------------------------------------------

    def work(self, data: st.DataObject) -> None:
        day = data.draw(st.sampled_from(DAYS))
        with connection.cursor() as cursor:  # the hour of the next try has come
            cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
            if day == "never a time-stamp":
                cursor.execute(
                    "UPDATE procrastinate_jobs SET attempts = %s WHERE status = 'todo'", [MAX_ATTEMPTS]
                )
        if day == "forged text" and self.open["final_text"]:
            version = plot.version(self.contract)
            forge(version.pk, {**version.content, "preamble": "Texte forgé."})
            self.run_jobs()
            forge(version.pk, version.content)
            self.count("final text refused")
            assert [task.flow_task.name for task in self.failed] == ["final_text"]
        elif day == "revoked" and self.open["make_signature"]:
            self.revoke_and_work()
        elif "time-stamp" in day:
            with self.services.interrupted("/tsa"):
                self.run_jobs()
            forget_failures()
            self.count("job under an outage")
        else:
            self.run_jobs()
            self.count("job")

    def revoke_and_work(self) -> None:
        """The signatory's certificate is revoked before its key is used, and replaced afterwards."""
        for asked in SignatureRequest.objects.filter(
            slot__envelope__signing_round__version__contract=self.contract, state="requested"
        ):
            self.services.revoke(bytes(asked.certificate))
            self.run_jobs()
            asked.refresh_from_db()
            if asked.state != "requested":  # a council that refused meanwhile has abandoned it
                assert (asked.state, bytes(asked.raw_signature)) == ("abandoned", b"")
            self.services.renew(asked.user.get_username(), str(asked.user))
            self.seen["signature to make again"] += 1
        self.count("job with a revoked certificate")

    # --- what must be refused ------------------------------------------------------------

    def refused(self, kind: type[ActRefused] | tuple[type[ActRefused], ...], act: Callable[[], Any]) -> None:
        """Try an act that must be refused and change nothing."""
        before = self.rows
        with pytest.raises(kind):
            act()
        self.count("refused")
        assert self.rows == before

    def stranger(self, task: Task, data: st.DataObject) -> None:
        who = data.draw(st.sampled_from([self.cast.outsider, self.cast.admin, self.cast.bailleur_cl]))
        self.refused(NotAllowed, lambda: self.attempt(who, task))

    def old_form(self, task: Task, _data: st.DataObject) -> None:
        self.refused((AlreadyDone, NewVersion), lambda: self.attempt(self.entitled(task), task))

    def attempt(self, user: User, task: Task) -> None:
        """Send the form of a task, filled in as it was long ago."""
        match task.flow_task.name:
            case "draft":
                drafting_acts.submit_draft(user, task.pk)
            case "freeze":
                drafting_acts.freeze_version(user, task.pk)
            case "review":
                opinions_acts.give_opinion(
                    user, task.pk, value="favourable", reason="", version_sha256="0" * 64
                )
            case "approve":
                opinions_acts.approve(user, task.pk, approved=True, reason="", pdf_sha256="0" * 64)
            case "council_resolution":
                council_acts.record_resolution(user, task.pk, facts=plot.resolution())
            case "sign":
                signing_acts.sign(user, task.pk, confirmation="", document_sha256="")

    def take(self, task: Task, _data: st.DataObject) -> None:
        self.does("task taken", lambda: tasks_acts.take_task(self.entitled(task), task.pk))

    def start_anew(self, _data: st.DataObject) -> None:
        # the seal itself refuses what is not valid
        if isinstance(self.services, RealServices) and self.seen["contract signed"] < VALIDATED:
            report = validate(blobs.get(plot.envelope(self.contract).sealed_sha256))
            assert report.valid, report.problems
            assert [row.field for row in report.signatures] == ["Signataire-01", "Signataire-02"]
        self.seen["contract signed"] += 1
        self.open_a_contract()

    # --- what always holds ---------------------------------------------------------------

    @invariant()
    def what_must_hold(self) -> None:
        if self.rows != self.held:  # the same rows hold as they did
            self.it_is_never_stuck()
            self.no_step_is_open_twice()
            self.nothing_is_signed_before_its_gates()
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
QUIET = frozenset({"draft changed"})  # an edit of the draft is not a legal act: it is told, not journaled


def forge(version_pk: int, content: dict[str, Any]) -> None:
    """Change a frozen text as only the database's superuser can, triggers off."""
    table = "UPDATE contracts_contractversion SET content = %s::jsonb WHERE id = %s"
    with untied(), connection.cursor() as cursor:
        cursor.execute(table, [connection.ops.adapt_json_value(content, None), version_pk])


def walk(
    walks: int, cast: Cast, services: Services, seen: Counter[str], *, run_jobs: Callable[[], None]
) -> None:
    """Make so many walks, counting in ``seen`` what was done; ``run_jobs`` does the jobs that are due."""
    run_state_machine_as_test(
        partial(Walk, cast, services, seen, Entitled(), run_jobs),  # type: ignore[arg-type]
        settings=settings(
            max_examples=walks,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            derandomize=False,  # in CI too: other walks each time, and each is said by its blob
            print_blob=True,
            phases=[Phase.generate],  # a walk is replayed as it is: shrinking one takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )
