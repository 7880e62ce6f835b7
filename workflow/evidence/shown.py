"""How the page of a signed contract says where its evidence stands, to one reader."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from contracts.models import Contract
from stakeholders.models import User
from workflow.evidence.making import path_of
from workflow.evidence.models import EvidenceFile, Scope
from workflow.evidence.state import Source, source_of
from workflow.standing.parties import mandate_to_pilot
from workflow.standing.readers import reads_restricted

AWAITED = dt.timedelta(minutes=15)  # what was asked for longer ago may be asked for again


@dataclass(frozen=True)
class Shown:
    """One file that the reader may have: its row, if anybody asked for it; whether it is ready."""

    scope: str
    row: EvidenceFile | None
    ready: bool
    awaited: bool

    @property
    def fault(self) -> str:
        """Why the last one asked for could not be made."""
        return self.row.fault if self.row and not (self.ready or self.awaited) else ""


def scope_for(user: User, contract: Contract) -> str:
    """Return the scope of the evidence that a reader of a contract is given."""
    return Scope.WHOLE if reads_restricted(user, contract) else Scope.OPEN


def is_current(row: EvidenceFile | None, state: str) -> bool:
    """Whether the file that is kept is the one of this state, and is still there."""
    if row is None or row.made != state:
        return False
    return path_of(row.contract_id, row.scope, row.archive).is_file()


def is_awaited(row: EvidenceFile | None, state: str) -> bool:
    """Whether the worker is at the file of this state, or soon will be."""
    if row is None or row.fault or row.asked != state or row.made == state:
        return False
    return row.asked_at > timezone.now() - AWAITED


def shown(user: User, contract: Contract) -> list[Shown]:
    """Return the evidence that this reader may have, for a pilot the transfer too; none before the seal."""
    source = source_of(contract)
    if source is None:
        return []
    scopes = [scope_for(user, contract)]
    if mandate_to_pilot(user, contract) is not None:
        scopes.append(Scope.TRANSFER)
    rows = {row.scope: row for row in EvidenceFile.objects.defer("token", "seal").filter(contract=contract)}
    return [_shown(source, scope, rows.get(scope)) for scope in scopes]


def _shown(source: Source, scope: str, row: EvidenceFile | None) -> Shown:
    state = source.state(scope)
    return Shown(scope, row, is_current(row, state), is_awaited(row, state))
