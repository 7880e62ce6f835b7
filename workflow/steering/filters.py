"""What is sought among many contracts, as the address says it: what cannot be understood is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from contracts.models import ContractAccess, Participation, Status
from contracts.models.contract import ENDED
from contracts.words import LONGEST, searched
from stakeholders.kinds import ContractKind
from workflow.engine.tasks import CONTRACT, DUE, OF_PEOPLE, OPEN, tasks

STEPS = [status for status in Status if status != Status.OPENING]


@dataclass(frozen=True)
class Chosen:
    """What is sought: words of the reference, title or territory; kind, step, organisation; what is late."""

    words: str = ""
    kind: str = ""
    step: str = ""
    organisation: int | None = None
    late: bool = False

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Chosen:
        """Understand the query of an address; a value that is none of ours is no filter."""
        kind, step, body = (query.get(name, "") for name in ("nature", "etape", "organisation"))
        known = body.isascii() and body.isdecimal() and len(body) <= 18
        return cls(
            words=" ".join(query.get("q", "").replace("\0", "").split())[:LONGEST],
            kind=kind if kind in ContractKind.values else "",
            step=step if step in STEPS else "",
            organisation=int(body) if known else None,
            late=query.get("retard") == "1",
        )

    @property
    def query(self) -> str:
        """The address's query, written one way whatever the order in which it was typed."""
        said = {
            "q": self.words,
            "nature": self.kind,
            "etape": self.step,
            "organisation": self.organisation or "",
            "retard": "1" if self.late else "",
        }
        return urlencode({name: value for name, value in said.items() if value})

    def without_state(self) -> Chosen:
        """Return the same contracts, wherever they stand now: what the times of the steps are taken of."""
        return Chosen(words=self.words, kind=self.kind, organisation=self.organisation)

    def keep(
        self, accesses: QuerySet[ContractAccess], *, any_state: bool = False
    ) -> QuerySet[ContractAccess]:
        """Keep the accesses to the contracts sought; those under way alone, unless a step that ends is."""
        if not any_state:
            accesses = accesses.filter(ended=self.step in ENDED)
        if self.kind:
            accesses = accesses.filter(contract__kind=self.kind)
        if self.step:
            accesses = accesses.filter(contract__status=self.step)
        if self.organisation:
            taking_part = Participation.objects.filter(
                contract=OuterRef("contract"), organisation=self.organisation
            )
            accesses = accesses.filter(Exists(taking_part))
        if self.late:
            today = timezone.localdate().isoformat()
            overdue = tasks(OPEN, OF_PEOPLE).alias(due=DUE).filter(due__lt=today).order_by()
            accesses = accesses.filter(contract__in=overdue.values(CONTRACT))
        return searched(accesses, self.words) if self.words else accesses
