"""What the record tells: an event was written."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from stakeholders.reading import afresh
from workflow.news import undelivered, writing
from workflow.notices.models import KeptMail
from workflow.notices.signals import mail_not_delivered
from workflow.record.models import Event
from workflow.record.signals import event_written


@receiver(event_written)
def tell(event: Event, **_kwargs: Any) -> None:
    """Write the notices of an event, in its transaction; by what is true now, not by what a page had read."""
    with afresh():
        writing.write(event)


@receiver(mail_not_delivered)
def not_delivered(kept: KeptMail, **_kwargs: Any) -> None:
    """Tell who can reach the person by another way."""
    undelivered.tell(kept)
