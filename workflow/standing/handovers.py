"""The notes that whoever left an office wrote for whoever took it over."""

from __future__ import annotations

import datetime as dt

from django.utils import timezone

from stakeholders.models import Mandate

HANDOVER_SHOWN = dt.timedelta(days=60)


def handovers_for(mandates: list[Mandate]) -> list[Mandate]:
    """Return the mandates whose note is for who holds these, and took the office over in two months."""
    recent = timezone.localdate() - HANDOVER_SHOWN
    mine = {m.office_id: m.person_id for m in mandates if m.starts_on >= recent}
    if not mine:
        return []
    before = Mandate.objects.filter(office__in=mine).exclude(handover="")
    notes = before.exclude(person__in=mine.values()).select_related("person", "office").order_by("-ends_on")
    return [
        note
        for note in notes
        if note.ends_on is not None and timezone.localdate() - note.ends_on < HANDOVER_SHOWN
    ]
