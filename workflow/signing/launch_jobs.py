"""The worker's part of a signing that is held: look again, rehearse again, open."""

from __future__ import annotations

from django.db import transaction
from procrastinate.contrib.django import app

from contracts.models import Contract, ContractVersion
from workflow.engine.jobs import PRINT, RETRY, WorkFailed, defer_in_process
from workflow.engine.locks import locked
from workflow.engine.tasks import Task
from workflow.record import events, journal
from workflow.signing import launch, preflight
from workflow.signing.launch_opening import open_if_clear


def defer_look(contract: Contract, *, anew: bool = False) -> None:
    """Queue the look at a signing that is held, in the caller's transaction; ``anew``: rehearsed again."""
    process_id = contract.circuit.process_id
    defer_in_process(look_at_launch, process_id, contract_id=contract.pk, anew=anew)


def defer_looks() -> None:
    """Queue, in the caller's transaction, the look at each signing that is held."""
    for contract in launch.held():
        defer_look(contract)


@app.task(name="workflow.look_at_launch", queue=PRINT, retry=RETRY)
def look_at_launch(contract_id: int, anew: bool = False) -> None:
    """Open a signing that was held, once nothing stands in its way."""
    look(contract_id, anew=anew)


@app.periodic(cron="21 * * * *")
@app.task(name="workflow.look_at_launches", retry=RETRY)
def look_at_launches(timestamp: int) -> None:
    """Look once an hour at each signing that is held, for what a list or the calendar changed."""
    with transaction.atomic():
        defer_looks()


def look(contract_id: int, *, anew: bool = False) -> bool:
    """Open a signing that is held, if nothing stands in its way; return whether it did.

    Rehearsed first where the signatories' keys are of other kinds than those of the last rehearsal, or
    where ``anew`` asks for it: outside of any transaction, as it takes a second.
    """
    contract = Contract.objects.select_related("circuit__process").filter(pk=contract_id).first()
    if contract is None or not launch.held_by(contract) or (version := contract.latest_version) is None:
        return False
    rehearsed: tuple[dict[str, str], str] | None = None
    if anew or not launch.is_rehearsed(contract, version):
        try:
            rehearsed = preflight.rehearse(contract, version), ""
        except WorkFailed as error:
            rehearsed = preflight.kinds_of(contract), str(error)
    with locked(contract):
        contract.refresh_from_db()
        waiting = launch.held_by(contract)
        if not waiting or contract.latest_version != version:
            return False
        if rehearsed is not None:
            _note(contract, version, waiting[0], *rehearsed)
        return open_if_clear(contract, version, waiting, None, None, cleared=True)


def _note(
    contract: Contract, version: ContractVersion, task: Task, kinds: dict[str, str], failure: str
) -> None:
    """Keep what came of a rehearsal; one that would not do is journaled, and the pilots are told."""
    preflight.keep(version, kinds, failure)
    if failure:
        facts = {"task": task.pk, "step": task.flow_task.name, "message": failure}
        journal.record("job_failed", contract=contract, actor=None, payload=facts)
        events.publish("job_failed", contract, **facts)
