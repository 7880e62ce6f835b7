"""What people do with the evidence of a contract: ask for it, and take it away, which is journaled."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from contracts.models import Contract
from signatures.jobs import in_transaction
from stakeholders.models import User
from stakeholders.permissions import mandates_in_force
from workflow.evidence.jobs import make_evidence
from workflow.evidence.models import EvidenceFile, Scope
from workflow.evidence.shown import is_awaited, is_current
from workflow.evidence.state import TAKEN, Source
from workflow.record import journal
from workflow.record.models import JournalEntry


@transaction.atomic
def ask(source: Source, scope: str) -> None:
    """Have the evidence file of this scope made, unless it is, or is about to be."""
    contract, state = source.contract, source.state(scope)
    EvidenceFile.objects.get_or_create(
        contract=contract, scope=scope, defaults={"asked": "", "asked_at": timezone.now()}
    )
    row = EvidenceFile.objects.select_for_update().get(contract=contract, scope=scope)
    if is_current(row, state) or is_awaited(row, state):
        return
    row.asked, row.asked_at, row.fault = state, timezone.now(), ""
    row.save(update_fields=["asked", "asked_at", "fault"])
    in_transaction(make_evidence, f"evidence-{contract.pk}").defer(contract_id=contract.pk, scope=scope)


@transaction.atomic
def note_taken(user: User, contract: Contract, row: EvidenceFile) -> None:
    """Journal that somebody takes an evidence file: once a person and a file, however often they ask."""
    facts = {"person": str(user), "scope": Scope(row.scope).value, "listed_sha256": row.listed}
    journal.take_order_lock()
    if JournalEntry.objects.filter(contract=contract, actor=user, verb=TAKEN, payload=facts).exists():
        return
    held = next((mandate for mandate in mandates_in_force(user) if mandate.covers(contract)), None)
    journal.record("evidence_taken", contract=contract, actor=user, mandate=held, payload=facts)
