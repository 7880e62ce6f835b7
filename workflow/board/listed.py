"""Which contracts a reader asks for: by words, by where they stand, by who is awaited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.models import ENDED, Contract, Status
from workflow.tasks import lists
from workflow.tasks.answers import Request
from workflow.tasks.keyset import Listing

UNDER_WAY, OVER = "en-cours", "termines"
AWAITED, LATE, MINE_LATE = "moi", "retard", "mon-retard"
STANDS = {UNDER_WAY: _("En cours, tous"), OVER: _("Terminés, tous")}
AWAITS = {
    AWAITED: _("Une tâche m’attend"),
    MINE_LATE: _("Je suis en retard"),
    LATE: _("Quelqu’un est en retard"),
}


@dataclass(frozen=True)
class Asked:
    """What the address of the list asks for; what it asks without meaning keeps nothing out."""

    sought: str = ""
    stands: str = ""
    awaits: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Asked:
        """Read the words sought, where the contracts stand, who is awaited."""
        stands, awaits = given.get("etat", ""), given.get("attente", "")
        return cls(
            given.get("q", "").strip(),
            stands if stands in STANDS or stands in Status.values else "",
            awaits if awaits in AWAITS else "",
        )

    def listing(self, request: Request) -> Listing[Contract]:
        """Return the contracts asked for, of those that the reader may see."""
        today, ended, status = timezone.localdate(), None, ""
        if self.stands in STANDS:
            ended = self.stands == OVER
        elif self.stands:
            status, ended = self.stands, Status(self.stands) in ENDED
        mine = lists.task_listing(
            request.user,
            only=lists.late_by(today) if self.awaits == MINE_LATE else None,
            standings=request.standings,
        )
        return lists.contract_listing(
            request.user,
            ended=ended,
            sought=self.sought,
            status=status,
            awaiting=mine if self.awaits in (AWAITED, MINE_LATE) else None,
            late_on=today if self.awaits == LATE else None,
            mandates=request.standings.mandates,
        )

    def shown(self) -> dict[str, Any]:
        """Return what the form of the list shows: its choices, what is chosen, what its pages keep."""
        kept = {"etat": self.stands, "attente": self.awaits}
        return {
            "sought": self.sought,
            "stands": self.stands,
            "awaits": self.awaits,
            "stands_choices": [*STANDS.items(), *Status.choices],
            "awaits_choices": AWAITS.items(),
            "is_sifted": bool(self.stands or self.awaits),
            "kept": urlencode({name: value for name, value in kept.items() if value}),
        }
