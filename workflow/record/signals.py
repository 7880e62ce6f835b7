"""What the record tells higher rooms, in the transaction that it writes in."""

from __future__ import annotations

from django.dispatch import Signal

event_written = Signal()  # event=Event
