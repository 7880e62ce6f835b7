"""Counters move only when somebody is told of it: by an event whose verb says that it moves baskets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from stakeholders.actions import end_absence
from stakeholders.kinds import Power
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.stage import run_jobs
from tests.workflow.organisations.test_absences import away, mandate
from workflow.drafting import acts as drafting_acts
from workflow.inbox.baskets import Baskets
from workflow.opinions import acts as opinions_acts
from workflow.procedures.recall import recall_version
from workflow.record import events
from workflow.record.models import Event
from workflow.record.verbs import VERBS
from workflow.tasks import access, transfers
from workflow.tasks import acts as tasks_acts


@dataclass
class Counters:
    """What the baskets of some people count, looked at after each act."""

    people: list[User]
    counts: dict[int, dict[str, int]] = field(default_factory=dict)
    moved: int = 0

    def look(self) -> dict[int, dict[str, int]]:
        self.last = events.last_identifier()
        return {
            person.pk: {slug: basket.count for slug, basket in Baskets(person).items()}
            for person in self.people
        }

    def after(self, act: Callable[..., Any], *args: Any, **facts: Any) -> None:
        """Act; whoever's counters moved was told by an event that says so."""
        before, since = self.counts or self.look(), self.last
        act(*args, **facts)
        self.counts = self.look()
        moving = [verb for verb, row in VERBS.items() if row.moves_baskets]
        for person in self.people:
            if before[person.pk] == self.counts[person.pk]:
                continue
            self.moved += 1
            heard = Q(recipient=person) | Q(recipient=None, contract__in=access.contracts_of(person))
            told = Event.objects.filter(heard, pk__gt=since).values_list("kind", flat=True)
            assert set(told) & set(moving), (person, before[person.pk], self.counts[person.pk], list(told))


def test_counters_follow_a_contract_from_its_opening_to_its_end(cast: Cast) -> None:
    names = ("pilote_ville", "pilote_prefecture", "prefete", "maire", "greffe", "bailleur_oh", "rtac", "ddpn")
    counters = Counters([getattr(cast, name) for name in names])
    contract = small_contract(cast)
    counters.after(plot.opened, contract)
    for waiting in plot.tasks(contract, "draft"):
        counters.after(drafting_acts.submit_draft, plot.entitled(waiting), waiting.pk)

    def freeze() -> None:
        waiting = plot.task(contract, "freeze")
        drafting_acts.freeze_version(plot.entitled(waiting), waiting.pk)

    counters.after(freeze)
    counters.after(run_jobs)
    reviews = plot.tasks(contract, "review")
    counters.after(tasks_acts.take_task, plot.entitled(reviews[0]), reviews[0].pk)
    counters.after(recall_version, cast.pilote_ville, contract.pk, reason="Une faute de frappe.")
    counters.after(plot.draft_and_freeze, contract)
    for waiting in plot.tasks(contract, "review"):
        counters.after(plot.opine, contract, waiting)
    pdf = plot.version(contract).pdf_sha256
    for waiting in plot.tasks(contract, "approve"):
        who = plot.entitled(waiting)
        counters.after(opinions_acts.approve, who, waiting.pk, approved=True, reason="", pdf_sha256=pdf)
    counters.after(run_jobs)
    counters.after(plot.sign_next, contract)
    counters.after(plot.record_resolution, contract)
    counters.after(plot.sign_next, contract)
    contract.refresh_from_db()
    assert contract.status == "signed"
    assert counters.moved > 20


def test_counters_follow_who_may_act(cast: Cast) -> None:
    plot.opened(cast.contract)
    plot.draft_and_freeze(cast.contract)
    task = plot.task(cast.contract, "review", cast.organisation("org-ddpn")).pk
    counters = Counters([cast.ddpn, cast.commissaire, cast.ggd])
    receiver = mandate(cast.commissaire)
    counters.after(transfers.transfer_task, cast.ddpn, task, receiver=receiver, reason="Elle connaît.")
    counters.after(transfers.end_transfer, cast.ddpn, task)
    counters.after(lambda: setattr(counters, "absence", away(cast.ddpn, cast.commissaire, Power.REVIEW)))
    counters.after(run_jobs)
    counters.after(end_absence, counters.absence, actor=cast.ddpn)  # type: ignore[attr-defined]
    counters.after(run_jobs)
    counters.after(plot.withdraw, cast.ddpn, by=cast.admin)
    counters.after(run_jobs)
    assert counters.moved >= 5
