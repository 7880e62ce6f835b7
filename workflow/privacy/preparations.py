"""Contracts whose preparation nobody touched for long, or gave up: closed, and emptied of what people wrote.

The row stays, as the journal names it; its reference is free again. What goes is the letter, the people
proposed, who took part and who would have signed.
"""

from __future__ import annotations

import datetime as dt

from django.db.models import Q

from contracts.models import Contract, Status
from workflow.record import journal


def forget_preparations(before: dt.datetime) -> int:
    """Close and empty the preparations last touched before a moment; return how many."""
    old = Contract.objects.filter(
        status__in=(Status.OPENING, Status.ABANDONED), opening__opened_at=None, opening__changed_at__lt=before
    )
    found = old.exclude(_empty()).select_for_update(of=("self",)).order_by("pk")
    closed = list(found)
    for contract in closed:
        _forget(contract)
    return len(closed)


def _empty() -> Q:
    return Q(status=Status.ABANDONED, opening__letter_text="", opening__letter_sha256="", participations=None)


def _forget(contract: Contract) -> None:
    if contract.status == Status.OPENING:
        journal.record(
            "opening_lapsed", contract=contract, actor=None, payload={"reference": contract.reference}
        )
        contract.reference = f"{contract.reference[:40]} ({contract.pk})"
        contract.status = Status.ABANDONED
        contract.save(update_fields=["reference", "status"])
    opening = contract.opening
    opening.letter_text, opening.letter_sha256 = "", ""
    opening.save(update_fields=["letter_text", "letter_sha256"])
    contract.organisations_asked.update(contact_name="", contact_email="")
    contract.signatories.all().delete()
    contract.participations.all().delete()
    contract.volets.all().delete()
