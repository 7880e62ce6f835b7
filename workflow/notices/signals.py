"""What the mail tells higher rooms, in the transaction that it writes in."""

from __future__ import annotations

from django.dispatch import Signal

mail_not_delivered = Signal()  # kept=KeptMail, whose fate says how
