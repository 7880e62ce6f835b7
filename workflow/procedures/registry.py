"""Which procedure a contract goes through: one line a kind of contract."""

from __future__ import annotations

from viewflow.workflow.models import Process

from contracts.models import Contract
from stakeholders.kinds import ContractKind
from workflow.engine.procedure import Procedure
from workflow.procedures.csi import CsiFlow

PROCEDURES: dict[str, type[Procedure]] = {
    ContractKind.CSI: CsiFlow,
    ContractKind.AMENDMENT: CsiFlow,
    ContractKind.OTHER: CsiFlow,
}


def procedure_of(contract: Contract) -> type[Procedure]:
    """Return the procedure that the contract goes through, or will when its circuit opens."""
    process = Process.objects.filter(circuit__contract=contract).first()
    procedure: type[Procedure] = process.flow_class if process else PROCEDURES[contract.kind]
    return procedure
