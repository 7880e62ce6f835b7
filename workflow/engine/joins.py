"""Where the branches of a parallel round meet."""

from __future__ import annotations

from typing import Any

from viewflow.workflow.nodes.join import JoinActivation


class JoinOfBranches(JoinActivation):
    """A join that knows the process, and so the contract, of the branch that arrives."""

    @classmethod
    def create(
        cls, flow_task: Any, prev_activation: Any, token: Any, data: Any = None, seed: Any = None
    ) -> Any:
        """Find the join, or make it; the process is the branch's, read under the same lock."""
        activation = super().create(flow_task, prev_activation, token, data=data, seed=seed)
        activation.task.process = activation.process = prev_activation.process
        return activation
