"""Where the branches of a parallel round meet."""

from __future__ import annotations

from typing import Any

from viewflow.workflow import FlowRuntimeError
from viewflow.workflow.nodes.join import JoinActivation

from workflow.engine.tasks import joins_awaiting, started_join


class JoinOfBranches(JoinActivation):
    """A join that knows the process, and so the contract, of the branch that arrives."""

    @classmethod
    def create(
        cls, flow_task: Any, prev_activation: Any, token: Any, data: Any = None, seed: Any = None
    ) -> Any:
        """Find the join, or make it; the process is the branch's, read under the same lock.

        As viewflow's own, but that the first branch to arrive writes the join once, as started: to make it
        and to start it are one act, and nobody reads it between.
        """
        process = prev_activation.process
        known = joins_awaiting(process, flow_task)
        if len(known) > 1:
            raise FlowRuntimeError("More than one join instance for process found")
        base = token.get_base_split_token() if token.is_split_token() else token
        task = known[0] if known else started_join(process, flow_task, base, data, seed)
        task.previous.add(prev_activation.task)
        task.process = process
        return cls(task)
