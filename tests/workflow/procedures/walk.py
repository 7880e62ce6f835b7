"""Random walks over the circuit: it is never stuck, and nothing is signed before its gates.

Every step is a real act on a real database, every job of the queue is done, and the services
outside sometimes fail. What each step may do is asked of the rooms' acts; what must hold is
written here a second time, from the rows alone. Who does the jobs, with which services, and how
many walks, is the tests' choice: with a worker, a real print and a real PKI in test_stateful.py,
without the weight of either in test_rules_walk.py.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import rule, run_state_machine_as_test
from viewflow.workflow.models import Task

from contracts.models import Commitment, Status
from signatures import blobs
from signatures.jobs import MAX_ATTEMPTS
from signatures.models import SignatureRequest
from signatures.timestamps import forget_failures
from signatures.validation import validate
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.owner import untied
from tests.workflow.procedures.invariants import HUMAN, Entitled, RealServices, Services, Watched
from workflow.council import acts as council_acts
from workflow.council import rules as council_rules
from workflow.council.models import STAGES
from workflow.drafting import acts as drafting_acts
from workflow.opinions import acts as opinions_acts
from workflow.procedures import recall as procedures_recall
from workflow.record.refusals import AlreadyDone, Invalid, Locked, NewVersion, NotAllowed
from workflow.record.values import OpinionValue
from workflow.signing import acts as signing_acts
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


class Walk(Watched):
    """One contract after another, by acts drawn at random among those that are open."""

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
        known = council_rules.awaiting_its_stages(plot.version(self.contract), None)
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
