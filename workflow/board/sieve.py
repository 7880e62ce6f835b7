"""Which commitments of a contract are shown: those that somebody leads, those that are due."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contracts.models import Commitment, Volet
from stakeholders.models import Organisation

OURS = "nous"
SOON = dt.timedelta(days=92)
DUE = {"passee": _("Passée"), "proche": _("Dans les trois mois"), "absente": _("Sans date")}


@dataclass(frozen=True)
class Sieve:
    """What is asked for: of whom (« nous », or the key of an organisation), due when (a key of ``DUE``)."""

    lead: str = ""
    due: str = ""

    @classmethod
    def read(cls, asked: Mapping[str, str]) -> Sieve:
        """Read what an address asks for; what it asks without meaning keeps nothing out."""
        lead, due = asked.get("responsable", ""), asked.get("echeance", "")
        known = lead == OURS or (lead.isascii() and lead.isdecimal() and len(lead) <= 18)
        return cls(lead if known else "", due if due in DUE else "")

    def keeps(self, commitment: Commitment, ours: Collection[int]) -> bool:
        """Whether a commitment is shown; ``ours`` are the organisations for which the reader acts."""
        if self.lead == OURS and commitment.lead_id not in ours:
            return False
        if self.lead not in ("", OURS) and str(commitment.lead_id) != self.lead:
            return False
        today, due = timezone.localdate(), commitment.due_date
        if self.due == "absente":
            return due is None
        if self.due:
            return due is not None and (due < today if self.due == "passee" else today <= due <= today + SOON)
        return True


EVERY = Sieve()


def sifted(volets: list[Volet], sieve: Sieve, ours: Collection[int]) -> dict[str, Any]:
    """Return what the page shows: volets with their commitments, the choices, how many are kept."""
    leads: dict[int, Organisation] = {}
    shown, count, kept = [], 0, 0
    for volet in volets:
        commitments = list(volet.commitments.all())
        leads |= {row.lead_id: row.lead for row in commitments}
        left = [row for row in commitments if sieve.keeps(row, ours)]
        count, kept = count + len(commitments), kept + len(left)
        if sieve == EVERY or left:
            shown.append((volet, left))
    return {
        "volets": shown,
        "leads": sorted(leads.values(), key=lambda lead: lead.name),
        "is_ours": any(lead in ours for lead in leads),
        "sieve": sieve,
        "is_sifted": sieve != EVERY,
        "due_choices": DUE.items(),
        "count": count,
        "kept": kept,
    }
