"""The draft as it would be printed, marked « PROJET », for whoever takes part in writing it.

The worker prints it when somebody asks, once for each state of the text; the last one is kept, and
shown only as long as the draft still says the same.
"""

from __future__ import annotations

import datetime as dt
import hashlib

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from contracts import canonical
from contracts.models import Contract
from contracts.printed import RenderError, edition_in_force, render
from signatures.jobs import in_transaction, when_lost
from workflow.drafting.models import DraftPrint
from workflow.engine.jobs import PRINT, RETRY
from workflow.record import events

log = structlog.get_logger(__name__)
AWAITED = dt.timedelta(minutes=5)  # a print asked for longer ago may be asked for again


def state_of(content: canonical.Content) -> str:
    """Return what tells two prints of a draft apart, 64 hexadecimal digits: the text, and what prints it."""
    parts = [canonical.digest(content), edition_in_force(), str(_specimen())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def last_print(contract: Contract) -> DraftPrint | None:
    """Return where the print of the draft stands, without its bytes; None where nobody ever asked."""
    return DraftPrint.objects.defer("pdf").filter(contract=contract).first()


def is_current(row: DraftPrint | None, state: str) -> bool:
    """Whether the PDF that is kept says what the draft says now."""
    return row is not None and row.printed == state


def is_awaited(row: DraftPrint | None, state: str) -> bool:
    """Whether the worker is at the print of this state, or soon will be."""
    if row is None or row.fault or row.asked != state or row.printed == state:
        return False
    return row.asked_at > timezone.now() - AWAITED


@transaction.atomic
def ask(contract: Contract) -> None:
    """Have the draft printed as it stands, unless it is, or is about to be."""
    state = state_of(canonical.content_of(contract))
    DraftPrint.objects.get_or_create(
        contract=contract, defaults={"asked": "", "asked_at": timezone.now(), "pdf": b""}
    )
    row = DraftPrint.objects.select_for_update().defer("pdf").get(contract=contract)
    if is_current(row, state) or is_awaited(row, state):
        return
    row.asked, row.asked_at, row.fault = state, timezone.now(), ""
    row.save(update_fields=["asked", "asked_at", "fault"])
    in_transaction(print_draft, f"draft-print-{contract.pk}").defer(contract_id=contract.pk)


@app.task(name="workflow.print_draft", queue=PRINT, retry=RETRY)
def print_draft(*, contract_id: int) -> None:
    """Print the draft as it stands now, and keep that print in place of the last one."""
    contract = Contract.objects.get(pk=contract_id)
    content = canonical.content_of(contract)
    made = timezone.now()
    try:
        pdf, fault = render(content, specimen=_specimen(), frozen_at=made, draft=True).pdf, ""
    except RenderError as error:
        pdf, fault = b"", str(error)
    _keep(contract, fault, printed="" if fault else state_of(content), printed_at=made, pdf=pdf)


@when_lost(print_draft)
def print_lost(contract_id: int) -> None:
    """Say that the draft could not be printed: it killed every worker that took it."""
    with translation.override("fr"):
        fault = _("La composition n’a pas abouti. Relisez les textes les plus longs, puis recommencez.")
    _keep(Contract.objects.get(pk=contract_id), fault)


@transaction.atomic
def _keep(contract: Contract, fault: str, **made: object) -> None:
    DraftPrint.objects.filter(contract=contract).update(fault=fault, **made)
    events.publish("draft_printed", contract)


def _specimen() -> bool:
    return settings.DEMONSTRATION
