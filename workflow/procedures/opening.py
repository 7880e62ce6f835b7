"""Opening the circuit of a contract."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.models import User
from workflow.engine.models import Circuit
from workflow.procedures.registry import PROCEDURES
from workflow.record import journal
from workflow.record.refusals import AlreadyDone, Invalid


@transaction.atomic
def start_circuit(contract: Contract, *, actor: User | None = None) -> Circuit:
    """Open the circuit of a contract, once: the database refuses a second one."""
    Contract.objects.select_for_update().get(pk=contract.pk)  # two starts meet here, one after the other
    if Circuit.objects.filter(contract=contract).exists():
        raise AlreadyDone
    if not contract.signatories.exists():
        raise Invalid(_("Désignez au moins un signataire avant d’ouvrir le circuit."))
    journal.record(
        "circuit_started", contract=contract, actor=actor, payload={"reference": contract.reference}
    )
    start = PROCEDURES[contract.kind].start
    activation = start.activation_class.create(start, None, None)
    start.flow_class.instance.open(activation, contract)
    activation.execute()
    return Circuit.objects.create(contract=contract, process=activation.process)
