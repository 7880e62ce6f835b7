"""What every procedure shares."""

from __future__ import annotations

from typing import Any, ClassVar

from viewflow.workflow import flow, lock

from contracts.models import Contract, ContractVersion
from workflow.engine.models import CsiProcess
from workflow.engine.timeline import Lane, Phase


class Procedure(flow.Flow):
    """A way from the first draft of a contract to its end: its steps, its lanes, its phases.

    A procedure is a class of its own: one that inherited another's steps would lead to the other's.
    """

    process_class = CsiProcess
    # The default takes no lock: two posts of one task would both succeed, two branches
    # that end together would make two joins.
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    lanes: ClassVar[tuple[Lane, ...]] = ()  # from top to bottom
    phases: ClassVar[tuple[Phase, ...]] = ()  # from first to last

    @classmethod
    def steps_for(cls, purpose: str) -> list[Any]:
        """Return the steps that serve this purpose (:mod:`workflow.engine.purposes`)."""
        return [node for node in cls.instance.nodes() if getattr(node, "purpose", "") == purpose]

    def open(self, activation: Any, contract: Contract) -> None:
        """Start the circuit of one contract."""
        activation.process.artifact = contract

    @staticmethod
    def version(activation: Any) -> ContractVersion:
        """The version that the circuit speaks of: the last frozen one."""
        version: ContractVersion = activation.process.contract.versions.order_by("-number")[0]
        return version
