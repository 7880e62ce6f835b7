"""The kinds of step of which procedures are made: an organisation's task, a split by data, a job…

Only the procedures use them (:mod:`workflow.procedures`). A step says in one place all that there is
to know of it: title, lane, page, days, and so on. A task tells the people concerned when it opens,
and moves the contract's status when it is the step that decides it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Self

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from viewflow import this
from viewflow.workflow import STATUS, Activation, FlowRuntimeError, Token, flow
from viewflow.workflow.base import Edge
from viewflow.workflow.nodes.events import ConditionalCatchActivation
from viewflow.workflow.nodes.job import AbstractJob, AbstractJobActivation
from viewflow.workflow.nodes.split import SplitActivation
from viewflow.workflow.nodes.view import ViewActivation

from contracts.models import Contract, Status
from stakeholders.kinds import Power
from stakeholders.models import Organisation
from workflow.engine.joins import JoinOfBranches
from workflow.engine.tasks import of_process, permission, tasks
from workflow.engine.timeline import Lane, Phase
from workflow.record import events


def ask_gates(process_id: int) -> None:
    """Have every gate that waits in a process ask its condition again."""
    waiting = tasks(of_process(process_id)).filter(flow_task_type=Gate.task_type, status=STATUS.NEW)
    for task in waiting.order_by("pk"):
        task.flow_task.activation_class(task).ask_again()


def enter(contract: Contract, status: Status | None) -> None:
    """Move the contract to the status that this step means, if it means one."""
    if status is not None and contract.status != status:
        Contract.objects.filter(pk=contract.pk).update(status=status)
        contract.status = status


class Step:
    """What every step of a procedure says of itself: its title, and the lane of its actor."""

    def __init__(self, title: Promise | str, *args: Any, lane: Lane, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.task_title, self.lane = title, lane


class AwaitedStep(Step):
    """A step that takes time, of a person or of the system.

    ``stage`` is the status that the contract takes when it opens; ``phase``, what the timeline
    shows as under way meanwhile; ``purpose``, by which acts find it (:mod:`workflow.engine.purposes`);
    ``recallable``, whether it may be ended by pilots who take the version back, so that the news
    reaches the join that sends the text back; ``awaited``, the state of an actor who owes it
    (« avis attendu »), its title if not given; ``only_if(contract)``, whether this contract goes there.
    """

    def __init__(
        self,
        title: Promise | str,
        *,
        lane: Lane,
        stage: Status | None = None,
        phase: Phase | None = None,
        purpose: str = "",
        recallable: bool = False,
        awaited: Promise | str = "",
        only_if: Callable[[Contract], bool] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(title, lane=lane, **kwargs)
        self.stage, self.phase, self.purpose, self.recallable = stage, phase, purpose, recallable
        self.awaited = awaited or title
        self._only_if = only_if

    def _resolve(self, instance: Any) -> None:
        super()._resolve(instance)  # type: ignore[misc]
        self._only_if = this.resolve(instance, self._only_if)

    def concerns(self, contract: Contract) -> bool:
        """Whether this contract may come to the step."""
        return self._only_if is None or self._only_if(contract)


class OrganisationTaskActivation(ViewActivation):
    """A task that one organisation owes; it says by when, and that it has opened."""

    @classmethod
    def create(
        cls, flow_task: Any, prev_activation: Any, token: Any, data: Any = None, seed: Any = None
    ) -> Any:
        """Create the task with its due date, by the contract's calendar, and tell the people concerned."""
        contract = prev_activation.process.contract
        due = contract.due(flow_task.purpose, timezone.localdate(), flow_task.days)
        activation = super().create(
            flow_task, prev_activation, token, {**(data or {}), "due_on": due.isoformat()}, seed
        )
        contract = activation.process.contract
        enter(contract, flow_task.stage)
        organisation: Organisation = activation.task.owner_permission_obj
        events.publish(
            "task_opened",
            contract,
            task=activation.task.pk,
            step=flow_task.name,
            organisation=organisation.short_name,
            organisation_id=organisation.pk,
        )
        flow_task.opened(activation)
        return activation

    @Activation.status.transition(source=[STATUS.NEW, STATUS.ASSIGNED], target=STATUS.DONE)
    def lapse(self) -> None:
        """Close the task, which nobody did by its last day: what follows opens next."""
        self.task.owner, self.task.finished = None, timezone.now()
        self.task.save()

    @Activation.status.transition(source=[STATUS.NEW, STATUS.ASSIGNED], target=STATUS.CANCELED)
    def cancel(self) -> None:
        """Take the task away, because the round it belongs to is over."""
        self.task.finished = timezone.now()
        self.task.save()


class OrganisationTask(AwaitedStep, flow.View):
    """A human step: which power it takes, which organisation owes it, in how many days, on which page.

    ``page(request, met)`` answers, ``met`` being a :class:`workflow.tasks.access.OpenTask`.
    The organisation is the task's seed unless ``organisation`` computes it from the
    activation. The permission is checked against the task itself, never the process, so
    one landlord's task is not another's. ``afterwards(task, person)`` says to whoever did the task and
    comes back to it what became of it.
    """

    activation_class = OrganisationTaskActivation

    def __init__(
        self,
        title: Promise | str,
        power: Power,
        *,
        page: Callable[..., HttpResponse],
        days: int,
        organisation: Callable[[Any], Organisation] | None = None,
        opened: Callable[[Any], None] | None = None,
        afterwards: Callable[..., str] | None = None,
        **said: Any,
    ) -> None:
        super().__init__(title, view=None, **said)
        self.power, self.page, self.days, self.afterwards = power, page, days, afterwards
        self._organisation, self._opened = organisation, opened
        self._owner_permission = permission(power)

    def _resolve(self, instance: Any) -> None:
        super()._resolve(instance)
        self._organisation = this.resolve(instance, self._organisation)
        self._opened = this.resolve(instance, self._opened)

    def opened(self, activation: Any) -> None:
        """Do what the flow wants done when the task opens, in the same transaction."""
        if self._opened:
            self._opened(activation)

    def calc_owner_permission_obj(self, activation: Any) -> Organisation:
        """Return the organisation that owes the task."""
        organisation: Organisation = (
            self._organisation(activation) if self._organisation else activation.task.seed
        )
        return organisation


class EachActivation(SplitActivation):
    """Opens one branch for each row that the flow's question returns."""

    @Activation.status.super()
    def activate(self) -> None:
        """List the branches to open; an empty list is an error of the flow."""
        with self.exception_guard(), transaction.atomic():
            for node, case, _data, seeds in self.flow_task._branches:
                if case and not case(self):
                    continue
                self.next_tasks += [(node, seed) for seed in seeds(self)] if seeds else [(node, None)]
            if not self.next_tasks:
                raise FlowRuntimeError(f"{self.flow_task.name} opens no branch")

    @Activation.status.super()
    def create_next(self) -> Iterator[Any]:
        """Open the branches, each with its own token."""
        tokens = Token.split_token_source(self.task.token, self.task.pk)
        for node, seed in self.next_tasks:
            yield node._create(self, next(tokens), data={}, seed=seed)


class StartHandle(Step, flow.StartHandle):
    """The opening of a circuit."""


class If(Step, flow.If):
    """An exclusive gateway."""


class Split(Step, flow.Split):
    """A parallel gateway."""


class Join(Step, flow.Join):
    """The end of a parallel gateway's branches."""

    activation_class = JoinOfBranches


class End(Step, flow.End):
    """The end of a circuit."""


class Each(Split):
    """A parallel gateway whose branches are data: ``Each(node, seeds)`` opens one per seed.

    Four-tuples make viewflow's export draw the multi-instance marker.
    """

    activation_class = EachActivation
    _activate_next: list[tuple[Any, ...]]

    def Each(self, node: Any, seeds: Any, case: Any = None) -> Self:  # noqa: N802 (viewflow's own style)
        """Open ``node`` once for each row that ``seeds(activation)`` returns."""
        self._activate_next.append((node, case, None, seeds))
        return self

    def Next(self, node: Any, case: Any = None) -> Self:  # noqa: N802
        """Open ``node`` once, if ``case(activation)`` holds."""
        self._activate_next.append((node, case, None, None))
        return self

    def _outgoing(self) -> Iterator[Edge]:
        for node, case, _data, _seeds in self._activate_next:
            yield Edge(src=self, dst=node, edge_class="cond_true" if case else "default")

    def _resolve(self, instance: Any) -> None:
        self._activate_next = [
            tuple(this.resolve(instance, part) for part in branch) for branch in self._activate_next
        ]


class GateActivation(ConditionalCatchActivation):
    """Passes at once when its condition holds, else waits to be asked again."""

    @Activation.status.transition(
        source=STATUS.NEW, target=STATUS.DONE, conditions=[lambda activation: activation.condition_met()]
    )
    def complete(self) -> None:
        """Let the token through."""
        super(ConditionalCatchActivation, self).complete.original()

    def ask_again(self) -> None:
        """Pass if the condition has come to hold; call it after what may have changed it."""
        if self.complete.can_proceed():
            self.complete()
            self.activate_next()


class Gate(Step, flow.ConditionalCatch):
    """An intermediate conditional event (BPMN) that is asked again by the act that may open it."""

    activation_class = GateActivation


class JobActivation(AbstractJobActivation):
    """A step that the worker does: queued in the transaction that reaches it."""

    @Activation.status.transition(source=STATUS.NEW, target=STATUS.SCHEDULED)
    def activate(self) -> None:
        """Queue the work; the queue lives in the same database, so both commit or neither."""
        self.task.save()
        contract = self.process.contract
        enter(contract, self.flow_task.stage)
        self.flow_task.queue(self)
        events.publish("job_queued", contract, task=self.task.pk, step=self.flow_task.name)

    @Activation.status.transition(source=STATUS.STARTED)
    def execute(self) -> None:
        """Close the step and open the next.

        An exception on the way undoes both, and the job is tried again: viewflow's own
        would leave it on the next step, out of reach.
        """
        self.complete()
        self.activate_next()

    @Activation.status.transition(source=[STATUS.SCHEDULED, STATUS.STARTED], target=STATUS.ERROR)
    def error(self, exception: Exception) -> None:
        """Keep the sentence and nothing of the memory: viewflow's own keeps every local variable."""
        self.task.data = {**(self.task.data or {}), "error": str(exception)}
        self.task.finished = timezone.now()
        self.task.save()

    @Activation.status.transition(source=STATUS.ERROR, target=STATUS.DONE)
    def pass_over(self) -> None:
        """Close failed work without its result: the questions asked next find another way."""
        self.task.save()

    @Activation.status.transition(
        source=[STATUS.SCHEDULED, STATUS.STARTED, STATUS.ERROR], target=STATUS.CANCELED
    )
    def cancel(self) -> None:
        """Take the work away; a worker that is at it will find the task cancelled and stop."""
        self.task.finished = timezone.now()
        self.task.save()


class Job(AwaitedStep, flow.NodeDetailMixin, AbstractJob):
    """A service task: ``queue(activation)`` defers the work, inside the caller's transaction.
    ``retried(contract)`` says what is to be tried again beside it, where the work is another room's.
    """

    activation_class = JobActivation
    index_view_class = detail_view_class = None

    def __init__(
        self,
        title: Promise | str,
        queue: Callable[[Any], None],
        *,
        retried: Callable[[Contract], None] | None = None,
        **said: Any,
    ) -> None:
        super().__init__(title, **said)
        self._queue, self._retried = queue, retried

    def _resolve(self, instance: Any) -> None:
        super()._resolve(instance)
        self._queue = this.resolve(instance, self._queue)
        self._retried = this.resolve(instance, self._retried)

    def retried(self, contract: Contract) -> None:
        """Try again what this step's work rests on; raises the refusal that says why it cannot be."""
        if self._retried:
            self._retried(contract)

    def queue(self, activation: Any) -> None:
        """Defer the work of this task."""
        self._queue(activation)
