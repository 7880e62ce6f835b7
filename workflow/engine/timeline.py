"""The timeline of a contract: the phases that a procedure declares, and where each stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise

from contracts.models import Contract, ContractVersion


@dataclass(frozen=True, eq=False)
class Lane:
    """An actor of a procedure, as the diagram shows it."""

    title: Promise | str


@dataclass
class Milestone:
    """One step of the timeline, past or to come, with its actor and its date."""

    code: str
    title: str
    look: str
    actor: str = ""
    detail: str = ""
    at: dt.date | None = None  # or an hour, of which pages show the day


@dataclass(frozen=True)
class Progress:
    """A contract as a phase reads it; ``is_redrafting`` while the text is being written (again)."""

    contract: Contract
    version: ContractVersion | None
    is_redrafting: bool


@dataclass(frozen=True, eq=False)
class Phase:
    """A part of a procedure on the timeline.

    ``redrafts`` marks the one to which a text comes back; without it, the first.
    ``tell`` completes its milestone, which looks « now » while one of its steps is open and
    « wait » else; it may give several (one a signatory) or none.
    """

    code: str
    title: Promise | str
    tell: Callable[[Milestone, Progress], Iterable[Milestone]]
    actor: Promise | str = ""
    redrafts: bool = False
