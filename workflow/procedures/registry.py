"""Which procedure a contract goes through: one line a kind of contract."""

from __future__ import annotations

from contracts.models import Contract
from stakeholders.kinds import ContractKind
from workflow.engine.procedure import Procedure
from workflow.procedures.csi import CsiFlow

PROCEDURES: dict[str, type[Procedure]] = {
    ContractKind.CSI: CsiFlow,
    ContractKind.COORDINATION: CsiFlow,
    ContractKind.AMENDMENT: CsiFlow,
    ContractKind.OTHER: CsiFlow,
}


def procedure_of(contract: Contract) -> type[Procedure]:
    """Return the procedure that the contract goes through, or will when its circuit opens."""
    circuit = getattr(contract, "circuit", None)
    procedure: type[Procedure] = circuit.process.flow_class if circuit else PROCEDURES[contract.kind]
    return procedure
