"""The worker looks at the terms, each day; stopped, it makes up for the days it missed."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from signatures.jobs import in_transaction
from workflow.engine.jobs import RETRY
from workflow.reminders import striking


@app.periodic(cron="4-59/10 * * * *")
@app.task(name="workflow.look_at_terms", pass_context=False)
def look_at_terms(timestamp: int) -> None:
    """Queue what the day's terms bring, contract by contract, as soon as a worker is there."""
    with transaction.atomic():
        for contract in striking.contracts_due(timezone.now()):
            in_transaction(strike_terms, f"terms-{contract}").defer(contract_id=contract)


@app.task(name="workflow.strike_terms", retry=RETRY)
def strike_terms(contract_id: int) -> None:
    """Send the reminders of one contract; run again, it finds what was sent."""
    striking.strike(contract_id)
