"""That the installation was put back from a backup: said in the journal that came with it."""

from __future__ import annotations

from django.db import transaction

from workflow.record import journal
from workflow.record.models import JournalEntry


@transaction.atomic
def record_restoration(made_at: str, entry: int) -> JournalEntry:
    """Journal from when the backup is (ISO 8601), and which entry was its last."""
    payload = {"made_at": made_at, "entry": entry}
    return journal.record("installation_restored", contract=None, actor=None, payload=payload)
